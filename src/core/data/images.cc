// Folders of JPEG and PNG images, one folder per class.
#include <algorithm>
#include <array>
#include <filesystem>

#include "core/data/image_files.h"
#include "core/data/names.h"
#include "core/data/source.h"
#include "core/data/split.h"
#include "core/error.h"

namespace pare {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSplitSeed = 0;  // which images are for test never changes

struct ImagesOptions {
  int64_t size = 0, cache = 1024;
  double crop = 1, test = 0.2;
  template <class V>
  void visit(V& v) {
    v.field("size", size, "height and width of the images; 0 for what the model takes", {0, 16384});
    v.field("crop", crop, "share of the sides of the middle that is used; networks for ImageNet: 0.875", {0.01, 1});
    v.field("test", test, "share of each class kept for test where the folder has no parts", {0.01, 0.9});
    v.field("cache", cache, "megabytes of decoded images kept in memory", {0, 1e7});
  }
};

std::string lower_case_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return ending;
}

// Files that are no images (notes, thumbnails of file managers) are passed over; images that cannot be read are not,
// since leaving them out would change the data behind the user's back.
bool is_image(const fs::path& path) {
  constexpr std::array kRead = {".jpg", ".jpeg", ".png"};
  constexpr std::array kOther = {".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2", ".avif", ".heic"};
  const std::string ending = lower_case_ending(path);
  if (path.filename().string().starts_with('.')) return false;
  if (std::find(kOther.begin(), kOther.end(), ending) != kOther.end())
    fail(Code::unsupported, "{}: only JPEG and PNG images are read", path.string());
  return std::find(kRead.begin(), kRead.end(), ending) != kRead.end();
}

template <class Iterator, class Keep>
std::vector<std::string> listed(const fs::path& folder, Keep&& keep) {
  std::vector<std::string> found;
  try {
    for (const fs::directory_entry& entry : Iterator(folder))
      if (keep(entry)) found.push_back(entry.path().string());
  } catch (const fs::filesystem_error& e) {
    fail(Code::invalid, "{}: {}", folder.string(), e.code().message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> class_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const std::string& path : listed<fs::directory_iterator>(folder, [](const fs::directory_entry& entry) {
         return entry.is_directory() && !entry.path().filename().string().starts_with('.');
       }))
    names.push_back(fs::path(path).filename().string());
  return names;
}

// The images below folder/NAME for each class, in the order of their names.
ImageFiles list_images(const fs::path& folder, const ClassNames& classes) {
  ImageFiles files;
  for (const std::string& name : class_names(folder)) {
    const int64_t label = classes.index(name, folder.string());
    auto paths = listed<fs::recursive_directory_iterator>(folder / name, [](const fs::directory_entry& entry) {
      return entry.is_regular_file() && is_image(entry.path());
    });
    if (paths.empty()) fail(Code::invalid, "{}: holds no JPEG or PNG image", (folder / name).string());
    files.labels.insert(files.labels.end(), paths.size(), label);
    std::move(paths.begin(), paths.end(), std::back_inserter(files.paths));
  }
  if (files.paths.empty()) fail(Code::invalid, "{}: holds no folders of images, one per class", folder.string());
  return files;
}

// Height and width: as said with the data, as the model's metadata has it, as its input is.
std::pair<int64_t, int64_t> image_size_for(const SourceRequest& request, const ImagesOptions& options) {
  if (options.size > 0) return {options.size, options.size};
  if (request.size.size() == 2) return {request.size[0], request.size[1]};
  if (request.input && request.input->shape.size() == 3 && request.input->shape[1] > 0 && request.input->shape[2] > 0)
    return {request.input->shape[1], request.input->shape[2]};
  fail(Code::invalid, "images:{}: the model does not say how large images should be: add ,size=N", request.argument);
}

fs::path part_of(const fs::path& folder, std::initializer_list<std::string_view> names) {
  std::error_code error;
  for (const std::string_view name : names)
    if (fs::is_directory(folder / name, error)) return folder / name;
  return {};
}

Source open_images(const SourceRequest& request) {
  ImagesOptions options;
  read_params(request.options, options);
  const fs::path folder = request.argument;
  std::error_code error;
  if (!fs::is_directory(folder, error)) fail(Code::invalid, "{}: no such folder", folder.string());
  const auto [height, width] = image_size_for(request, options);
  const bool grey = request.order == "L" || (request.order.empty() && request.input &&
                                             request.input->shape.size() == 3 && request.input->shape[0] == 1);
  auto dataset = [&, height = height, width = width](ImageFiles files) {
    files.channels = grey ? 1 : 3;
    files.height = height, files.width = width;
    files.crop = options.crop;
    files.cache_bytes = static_cast<uint64_t>(options.cache) << 20;
    return image_files(std::move(files));
  };

  const fs::path train = part_of(folder, {"train"}), test = part_of(folder, {"test"}),
                 validation = part_of(folder, {"val", "valid", "validation"});
  const fs::path classes_in = train.empty() ? folder : train;
  ensure(!train.empty() || (test.empty() && validation.empty()), "{}: has parts, but no folder train", folder.string());
  const ClassNames classes(class_names(classes_in), request.classes, classes_in.string());
  Source source;
  ImageFiles all = list_images(classes_in, classes);
  if (train.empty()) {
    const auto held = static_cast<size_t>(options.test * static_cast<double>(all.labels.size()));
    Split parts = split_by_class(all.labels, held, kSplitSeed);
    ensure(!parts.validation.empty(), "{}: too few images to keep some for test", folder.string());
    const DatasetPtr both = dataset(std::move(all));
    source.train = take(both, std::move(parts.train));
    source.test = take(both, std::move(parts.validation));
  } else {
    // Where only two parts are told apart, the second is the one that no choice may see.
    ensure(!test.empty() || !validation.empty(), "{}: has a folder train, but no folder test", folder.string());
    source.train = dataset(std::move(all));
    source.test = dataset(list_images(test.empty() ? validation : test, classes));
    if (!test.empty() && !validation.empty()) source.validation = dataset(list_images(validation, classes));
  }
  source.by_class = true;
  source.classes = classes.count();
  source.preprocessing.order = grey ? "L" : "RGB";
  source.preprocessing.mean = grey ? std::vector{0.449} : std::vector{0.485, 0.456, 0.406};  // of ImageNet
  source.preprocessing.std = grey ? std::vector{0.226} : std::vector{0.229, 0.224, 0.225};
  source.preprocessing.size = {height, width};
  source.preprocessing.classes = classes.names();
  return source;
}

}  // namespace

extern const SourceDef source_images;
const SourceDef source_images = {
    "images",    "JPEG and PNG images, one folder per class, in folders train, val and test or without parts",
    "DIR",       true,
    open_images, [] { return params_info(ImagesOptions{}); }};

}  // namespace pare
