// Arrays of samples and targets as NumPy saves them: a folder of .npy files or one .npz file.
#include <algorithm>
#include <array>
#include <filesystem>

#include "core/data/array_set.h"
#include "core/data/input_file.h"
#include "core/data/npy_file.h"
#include "core/data/source.h"
#include "core/data/split.h"
#include "core/error.h"
#include "core/model_file.h"

namespace pare {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostNpyBytes = uint64_t{1} << 36;
constexpr uint64_t kSplitSeed = 0;  // which samples are for test never changes

struct NpyOptions {
  int64_t ignore = -1;
  double test = 0.2;
  template <class V>
  void visit(V& v) {
    v.field("ignore", ignore, "class in maps that marks pixels without one, often 255; -1 for none", {-1, 1e6});
    v.field("test", test, "share kept for test where there is no x_test", {0.01, 0.9});
  }
};

using Found = std::map<std::string, Tensor>;
constexpr std::array<std::string_view, 8> kNames = {"x_train", "y_train", "x_val", "y_val",
                                                    "x_test",  "y_test",  "x",     "y"};

Found read_arrays(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) fail(Code::invalid, "{}: no such file or folder", path);
  if (!fs::is_directory(path, error)) {
    return parse_npz(read_file(path, kMostNpyBytes), path, [](const std::string& name) {
      return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
    });
  }
  Found found;
  for (const std::string_view name : kNames) {
    const fs::path file = fs::path(path) / (std::string(name) + ".npy");
    if (fs::exists(file, error))
      found[std::string(name)] = parse_npy(read_file(file.string(), kMostNpyBytes), file.string());
  }
  return found;
}

class Reader {
 public:
  Reader(const SourceRequest& request, const NpyOptions& options)
      : path_(request.argument), request_(request), options_(options), found_(read_arrays(path_)) {}

  Source open() {
    Source source;
    const bool parts = found_.contains("x_train");
    source.train = part(parts ? "_train" : "", true, source.classes);
    source.validation = part("_val", false, source.classes);
    source.test = part("_test", false, source.classes);
    const FieldSpec& target = source.train->spec().target;
    const FieldSpec& input = source.train->spec().inputs[0];
    for (const DatasetPtr& other : {source.validation, source.test}) {
      if (!other) continue;
      const bool same = other->spec().inputs[0].shape == input.shape && other->spec().target.shape == target.shape &&
                        other->spec().target.dtype == target.dtype;
      ensure(same, "{}: the parts differ in the shape or type of a sample", path_);
    }
    source.by_class = target.dtype == DType::i64 && target.shape.empty();
    if (target.dtype != DType::i64) source.classes = 0;
    if (!source.test) hold_out_test(source);
    source.preprocessing.scale = 1;
    source.preprocessing.order = kNoImages;
    return source;
  }

 private:
  DatasetPtr part(const std::string& ending, bool needed, int64_t& classes) {
    const std::string x = "x" + ending, y = "y" + ending;
    if (!needed && !found_.contains(x) && !found_.contains(y)) return nullptr;
    for (const std::string& name : {x, y})
      ensure(found_.contains(name), "{}: holds no array '{}'{}", path_, name,
             needed ? " (wanted: x_train, y_train, x_test, y_test, or x and y)" : "");
    Arrays arrays{std::move(found_[x]), std::move(found_[y]), options_.ignore};
    ensure(arrays.x.rank() >= 1 && arrays.x.size() > 0, "{}: '{}' holds no samples", path_, x);
    ensure(arrays.y.rank() >= 1 && arrays.x.dim(0) == arrays.y.dim(0), "{}: {} samples in '{}', {} targets in '{}'",
           path_, arrays.x.dim(0), x, arrays.y.rank() ? arrays.y.dim(0) : 0, y);
    ensure(arrays.y.size() > 0, "{}: \'{}\' holds no targets", path_, y);
    if (!is_float(arrays.y.dtype()))
      classes = std::max(classes, count_classes(arrays.y, options_.ignore, path_ + ": " + y));
    const bool indices = request_.input && is_integer(request_.input->dtype) && !is_float(arrays.x.dtype());
    const Shape row(arrays.x.shape().begin() + 1, arrays.x.shape().end());
    return array_set(std::move(arrays), fitted(row, request_.input, false),
                     indices ? request_.input->dtype : DType::f32);
  }

  void hold_out_test(Source& source) const {
    const auto held = static_cast<size_t>(options_.test * static_cast<double>(source.train->size()));
    std::vector<int64_t> labels(source.train->size());
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = source.train->label(i);
    Split parts = split_by_class(labels, held, kSplitSeed);
    ensure(!parts.validation.empty(), "{}: too few samples to keep some for test", path_);
    source.test = take(source.train, std::move(parts.validation));
    source.train = take(source.train, std::move(parts.train));
  }

  const std::string& path_;
  const SourceRequest& request_;
  const NpyOptions& options_;
  Found found_;
};

Source open_npy(const SourceRequest& request) {
  NpyOptions options;
  read_params(request.options, options);
  return Reader(request, options).open();
}

}  // namespace

extern const SourceDef source_npy;
const SourceDef source_npy = {
    "npy",          "NumPy arrays x_train, y_train, x_test, y_test in a folder or one .npz file",
    "DIR|FILE.npz", true,
    open_npy,       [] { return params_info(NpyOptions{}); }};

}  // namespace pare
