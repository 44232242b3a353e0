#include "train/together.h"

#include <cstring>

#include "core/error.h"

namespace pare {
namespace {

void append(Bytes& to, const void* from, size_t size) {
  const auto* begin = static_cast<const std::byte*>(from);
  to.insert(to.end(), begin, begin + size);
}

// First byte of what travels: the code of an Error, whose text follows, or ok.
Bytes outcome(const std::function<Bytes()>& body) {
  Bytes bytes(1, static_cast<std::byte>(Code::ok));
  try {
    const Bytes result = body();
    append(bytes, result.data(), result.size());
  } catch (const Error& error) {
    bytes[0] = static_cast<std::byte>(error.code());
    const std::string_view text = error.what();
    append(bytes, text.data(), text.size());
  }
  return bytes;
}

}  // namespace

Bytes on_main(Engine* engine, const std::function<Bytes()>& body) {
  if (!engine || !engine->world().several()) return body();
  Bytes bytes = engine->share(engine->world().is_main() ? outcome(body) : Bytes{});
  if (bytes.empty()) fail(Code::internal, "the main process shared nothing");
  const Code code = static_cast<Code>(bytes[0]);
  bytes.erase(bytes.begin());
  if (code != Code::ok) throw Error(code, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return bytes;
}

void do_on_main(Engine* engine, const std::function<void()>& body) {
  on_main(engine, [&] {
    body();
    return Bytes{};
  });
}

double number_on_main(Engine* engine, const std::function<double()>& body) {
  const Bytes bytes = on_main(engine, [&] {
    const double value = body();
    Bytes result;
    append(result, &value, sizeof value);
    return result;
  });
  double value = 0;
  if (bytes.size() != sizeof value) fail(Code::internal, "the main process shared no number");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Bytes wrap(const Parcel& parcel) {
  Bytes all;
  const uint64_t size = parcel.bytes.size();
  append(all, &size, sizeof size);
  append(all, parcel.bytes.data(), parcel.bytes.size());
  append(all, parcel.text.data(), parcel.text.size());
  return all;
}

Parcel unwrap(const Bytes& bytes) {
  uint64_t size = 0;
  if (bytes.size() < sizeof size) fail(Code::corrupt, "a parcel of {} bytes", bytes.size());
  std::memcpy(&size, bytes.data(), sizeof size);
  if (size > bytes.size() - sizeof size) fail(Code::corrupt, "a parcel that ends early");
  const std::byte* begin = bytes.data() + sizeof size;
  Parcel parcel;
  parcel.bytes.assign(begin, begin + size);
  parcel.text.assign(reinterpret_cast<const char*>(begin + size), bytes.size() - sizeof size - size);
  return parcel;
}

}  // namespace pare
