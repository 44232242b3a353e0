// Constants that are equal in every respect become one.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/random.h"

namespace pare {
namespace {

bool same_encoding(const Encoding& a, const Encoding& b) {
  return a.grid == b.grid && a.levels == b.levels && a.mask == b.mask && a.codec == b.codec;
}

bool same_constant(const Value& a, const Value& b) {
  return a.source_dtype == b.source_dtype && a.trainable == b.trainable && *a.constant == *b.constant &&
         same_encoding(a.encoding, b.encoding);
}

// Fresh biases and batch-norm scales are all 0 or all 1 and only look alike: training tells them apart.
bool is_fresh_parameter(const Value& value) {
  if (!value.trainable) return false;
  const auto bytes = value.constant->bytes();
  const size_t size = size_of(value.constant->dtype());
  return bytes.size() <= size || std::memcmp(bytes.data(), bytes.data() + size, bytes.size() - size) == 0;
}

bool merge_duplicates(Graph& graph) {
  std::unordered_map<uint64_t, std::vector<ValueId>> seen;
  bool changed = false;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const ValueId id = static_cast<ValueId>(i);
    const Value& value = graph.value(id);
    if (!value.constant || value.users.empty() || has_public_name(graph, id) || is_fresh_parameter(value)) continue;
    const auto bytes = value.constant->bytes();
    auto& bucket = seen[hash_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()})];
    const auto twin = std::find_if(bucket.begin(), bucket.end(),
                                   [&](ValueId other) { return same_constant(graph.value(other), value); });
    if (twin == bucket.end()) {
      bucket.push_back(id);
    } else {
      replace_uses(graph, id, *twin);
      changed = true;
    }
  }
  return changed;
}

}  // namespace

extern const PassDef pass_merge_duplicates;
const PassDef pass_merge_duplicates{"merge_duplicates", "keep one copy of constants that are equal bit for bit",
                                    merge_duplicates, true};

}  // namespace pare
