// Series and other rows of numbers with a label, as text.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/data/array_set.h"
#include "core/data/csv_file.h"
#include "core/data/input_file.h"
#include "core/data/names.h"
#include "core/data/source.h"
#include "core/data/split.h"
#include "core/error.h"

namespace pare {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostCsvBytes = uint64_t{1} << 34;
constexpr uint64_t kSplitSeed = 0;  // which rows are for test never changes

struct CsvSourceOptions : CsvOptions {
  std::string target = "class";
  double test = 0.2;
  template <class V>
  void visit(V& v) {
    v.field("label", label, "column of the label: last, first, a name of the header, or a number from 1");
    v.field("header", header, "whether the first line names the columns", {"auto", "yes", "no"});
    v.field("target", target, "what the label is: a class, or a number to predict", {"class", "value"});
    v.field("test", test, "share kept for test of a single file", {0.01, 0.9});
  }
};

struct Part {
  std::string path;
  CsvTable table;
  bool empty() const { return table.labels.empty(); }
};

Part read_part(const std::string& path, const CsvOptions& options) {
  InputFile file(path);
  const std::vector<uint8_t> bytes = file.read_all(kMostCsvBytes);
  return {path, parse_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path, options)};
}

// The first of NAME.csv and NAME.csv.gz that is there, or "".
std::string part_path(const fs::path& folder, std::initializer_list<std::string_view> names) {
  std::error_code error;
  for (const std::string_view name : names)
    for (const char* ending : {".csv", ".csv.gz"})
      if (const fs::path path = folder / (std::string(name) + ending); fs::exists(path, error)) return path.string();
  return {};
}

class Reader {
 public:
  Reader(const SourceRequest& request, const CsvSourceOptions& options) : request_(request), options_(options) {
    const fs::path path = request.argument;
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      train_ = read_part(path.string(), options);
      return;
    }
    train_ = read_part(find_in_folder(path.string(), {"train.csv"}), options);
    test_ = read_part(find_in_folder(path.string(), {"test.csv"}), options);
    const std::string validation = part_path(path, {"val", "valid", "validation"});
    if (!validation.empty()) validation_ = read_part(validation, options);
    for (const Part* part : {&validation_, &test_})
      ensure(part->empty() || part->table.columns == train_.table.columns, "{}: {} columns of values, {} has {}",
             part->path, part->table.columns, train_.path, train_.table.columns);
  }

  Source open() {
    Source source;
    find_classes(source);
    shape_ = fitted({1, static_cast<int64_t>(train_.table.columns)}, request_.input, true);
    set_preprocessing(source.preprocessing);
    source.train = dataset(train_);
    source.validation = dataset(validation_);
    source.test = dataset(test_);
    source.by_class = source.classes > 0;
    if (source.test) return source;
    std::vector<int64_t> labels(source.train->size());
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = source.train->label(i);
    Split parts =
        split_by_class(labels, static_cast<size_t>(options_.test * static_cast<double>(labels.size())), kSplitSeed);
    ensure(!parts.validation.empty(), "{}: too few rows to keep some for test", train_.path);
    source.test = take(source.train, std::move(parts.validation));
    source.train = take(source.train, std::move(parts.train));
    return source;
  }

 private:
  // Classes are numbers 0, 1, ... in all parts, or names.
  void find_classes(Source& source) {
    if (options_.target == "value") return;
    double value = 0;
    bool numbers = true;
    std::vector<std::string> names;
    for (const Part* part : {&train_, &validation_, &test_}) {
      for (const std::string& label : part->table.labels) {
        if (numbers && !parse_number(label, value)) numbers = false;
        if (!numbers) break;
        constexpr double kMostClasses = 1e6;
        ensure(value >= 0 && value < kMostClasses && value == std::floor(value),
               "{}: label {} is no class, which is a whole number from 0 or a name (target=value: a number to predict)",
               part->path, label);
        source.classes = std::max(source.classes, static_cast<int64_t>(value) + 1);
      }
    }
    if (numbers) return;
    classes_.emplace(train_.table.labels, request_.classes, train_.path);
    source.classes = classes_->count();
    source.preprocessing.classes = classes_->names();
  }

  // Mean and deviation of the training values, per channel.
  void set_preprocessing(Preprocessing& p) const {
    p.order = kNoImages;
    p.scale = 1;
    const auto channels = static_cast<size_t>(shape_[0]);
    const size_t length = train_.table.columns / channels, rows = train_.table.labels.size();
    p.mean.assign(channels, 0), p.std.assign(channels, 0);
    auto each = [&](auto&& body) {
      for (size_t i = 0; i < train_.table.values.size(); ++i) body(i / length % channels, train_.table.values[i]);
    };
    const double count = static_cast<double>(rows) * static_cast<double>(length);
    each([&](size_t c, double v) { p.mean[c] += v / count; });
    each([&](size_t c, double v) { p.std[c] += (v - p.mean[c]) * (v - p.mean[c]) / count; });
    for (double& v : p.std) v = v > 0 ? std::sqrt(v) : 1;
  }

  DatasetPtr dataset(const Part& part) const {
    if (part.empty()) return nullptr;
    const auto rows = static_cast<int64_t>(part.table.labels.size());
    const Tensor x = Tensor::of<float>({rows, static_cast<int64_t>(part.table.columns)}, part.table.values);
    if (options_.target == "value") {
      std::vector<float> values;
      for (size_t i = 0; i < part.table.labels.size(); ++i) {
        double value = 0;
        ensure(parse_number(part.table.labels[i], value), "{}: row {}: label '{}' is no finite number", part.path,
               i + 1, part.table.labels[i]);
        values.push_back(static_cast<float>(value));
      }
      return array_set({x, Tensor::of<float>({rows, 1}, values)}, shape_, DType::f32);
    }
    std::vector<int64_t> labels;
    for (const std::string& label : part.table.labels) {
      double value = 0;
      if (!classes_) parse_number(label, value);
      labels.push_back(classes_ ? classes_->index(label, part.path) : static_cast<int64_t>(value));
    }
    return array_set({x, Tensor::of<int64_t>({rows}, labels)}, shape_, DType::f32);
  }

  const SourceRequest& request_;
  const CsvSourceOptions& options_;
  Part train_, validation_, test_;
  Shape shape_;
  std::optional<ClassNames> classes_;
};

Source open_csv(const SourceRequest& request) {
  CsvSourceOptions options;
  read_params(request.options, options);
  return Reader(request, options).open();
}

}  // namespace

extern const SourceDef source_csv;
const SourceDef source_csv = {
    "csv",          "rows of numbers with a label: train.csv and test.csv in a folder, or one file",
    "DIR|FILE.csv", true,
    open_csv,       [] { return params_info(CsvSourceOptions{}); }};

}  // namespace pare
