// CIFAR-10 and CIFAR-100, binary version: records of label bytes and 3 planes (red, green, blue) of 32 x 32 bytes.
#include <filesystem>

#include "core/data/image_set.h"
#include "core/data/input_file.h"
#include "core/data/source.h"
#include "core/error.h"

namespace pare {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSide = 32;
constexpr size_t kImageBytes = 3 * kSide * kSide;
constexpr uint64_t kMostCifarBytes = uint64_t{1} << 30;

struct CifarForm {
  std::string_view folder;  // as the archive unpacks
  size_t label_bytes;       // the last one is the label (CIFAR-100: coarse, fine)
  int64_t classes;
  std::string_view names;         // text file of class names, one per line
  std::vector<double> mean, std;  // of the training images
};

void append_records(const std::string& path, const CifarForm& form, ImageSet& images) {
  InputFile file(path);
  const std::vector<uint8_t> bytes = file.read_all(kMostCifarBytes);
  const size_t record = form.label_bytes + kImageBytes;
  if (bytes.empty()) fail(Code::truncated, "{}: the file is empty", path);
  if (bytes.size() % record != 0)
    fail(Code::truncated, "{}: {} bytes are no whole number of records of {}", path, bytes.size(), record);
  const size_t count = bytes.size() / record;
  images.pixels.reserve(images.pixels.size() + count * kImageBytes);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* at = bytes.data() + i * record;
    const uint8_t label = at[form.label_bytes - 1];
    ensure(label < form.classes, "{}: label {} in record {} (0 to {} are possible)", path, label, i, form.classes - 1);
    images.labels.push_back(label);
    images.pixels.insert(images.pixels.end(), at + form.label_bytes, at + record);
  }
}

// Class names where the archive's text file lies beside the data; they are a courtesy, so none is no error.
std::vector<std::string> read_names(const std::string& folder, const CifarForm& form) {
  const fs::path path = fs::path(folder) / form.names;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  InputFile file(path.string());
  const std::vector<uint8_t> text = file.read_all(1 << 16);
  std::vector<std::string> names(1);
  for (uint8_t c : text) {
    if (c == '\n')
      names.emplace_back();
    else if (c >= ' ')
      names.back().push_back(static_cast<char>(c));
  }
  std::erase(names, "");
  return std::ssize(names) == form.classes ? names : std::vector<std::string>{};
}

Source open_cifar(const std::string& given, const CifarForm& form, std::initializer_list<std::string_view> train,
                  std::string_view test) {
  std::error_code error;
  const fs::path inside = fs::path(given) / form.folder;
  const std::string folder = fs::is_directory(inside, error) ? inside.string() : given;
  auto read_part = [&](std::initializer_list<std::string_view> names) {
    ImageSet images{3, kSide, kSide, {}, {}};
    for (std::string_view name : names) append_records(find_in_folder(folder, {name}), form, images);
    return in_memory(std::move(images));
  };
  Source source;
  source.train = read_part(train);
  source.test = read_part({test});
  source.preprocessing.mean = form.mean;
  source.preprocessing.std = form.std;
  source.preprocessing.classes = read_names(folder, form);
  source.classes = form.classes;
  return source;
}

Source open_cifar10(const SourceRequest& request) {
  const CifarForm form{"cifar-10-batches-bin",  1, 10, "batches.meta.txt", {0.4914, 0.4822, 0.4465},
                       {0.2470, 0.2435, 0.2616}};
  return open_cifar(
      request.argument, form,
      {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
      "test_batch.bin");
}

Source open_cifar100(const SourceRequest& request) {
  const CifarForm form{"cifar-100-binary",      2, 100, "fine_label_names.txt", {0.5071, 0.4866, 0.4409},
                       {0.2673, 0.2564, 0.2761}};
  return open_cifar(request.argument, form, {"train.bin"}, "test.bin");
}

}  // namespace

extern const SourceDef source_cifar10, source_cifar100;
const SourceDef source_cifar10 = {"cifar10", "CIFAR-10, binary version", "DIR", true, open_cifar10};
const SourceDef source_cifar100 = {"cifar100", "CIFAR-100 with fine labels, binary version", "DIR", true,
                                   open_cifar100};

}  // namespace pare
