// MNIST and the sets that share its form (Fashion-MNIST, KMNIST): four idx files, http://yann.lecun.com/exdb/mnist.
#include "core/data/image_set.h"
#include "core/data/input_file.h"
#include "core/data/source.h"
#include "core/error.h"

namespace pare {
namespace {

constexpr int64_t kClasses = 10;
constexpr int64_t kMostPixelsPerSide = 4096;

struct IdxArray {
  Shape shape;
  std::vector<uint8_t> bytes;
};

// idx: two zero bytes, the element type (0x08: u8), the rank, big-endian dimensions, the elements.
IdxArray read_idx(const std::string& path, size_t rank) {
  InputFile file(path);
  uint8_t magic[4];
  file.read(magic);
  if (magic[0] != 0 || magic[1] != 0) fail(Code::invalid, "{}: not an idx file", path);
  if (magic[2] != 8)
    fail(Code::unsupported, "{}: idx element type 0x{:02x} (only bytes, 0x08, are read)", path, magic[2]);
  if (magic[3] != rank) fail(Code::invalid, "{}: {} dimensions where {} belong", path, magic[3], rank);
  IdxArray array;
  for (size_t i = 0; i < rank; ++i) {
    uint8_t d[4];
    file.read(d);
    array.shape.push_back(int64_t{d[0]} << 24 | int64_t{d[1]} << 16 | int64_t{d[2]} << 8 | int64_t{d[3]});
  }
  const auto count = element_count(array.shape);
  if (!count || static_cast<uint64_t>(*count) > file.most_bytes())
    fail(Code::corrupt, "{}: the header announces more than the file can hold", path);
  array.bytes = file.read(static_cast<uint64_t>(*count));
  file.expect_end();
  return array;
}

DatasetPtr read_part(const std::string& folder, const std::string& part) {
  const std::string images_path = find_in_folder(folder, {part + "-images-idx3-ubyte", part + "-images.idx3-ubyte"});
  const std::string labels_path = find_in_folder(folder, {part + "-labels-idx1-ubyte", part + "-labels.idx1-ubyte"});
  IdxArray images = read_idx(images_path, 3);
  IdxArray labels = read_idx(labels_path, 1);
  for (size_t axis : {1, 2})
    ensure(images.shape[axis] >= 1 && images.shape[axis] <= kMostPixelsPerSide, "{}: images of {} x {} pixels",
           images_path, images.shape[1], images.shape[2]);
  ensure(images.shape[0] > 0, "{}: holds no images", images_path);
  ensure(images.shape[0] == labels.shape[0], "{}: {} labels for the {} images of {}", labels_path, labels.shape[0],
         images.shape[0], images_path);
  for (size_t i = 0; i < labels.bytes.size(); ++i)
    ensure(labels.bytes[i] < kClasses, "{}: label {} at {} (0 to {} are possible)", labels_path, labels.bytes[i], i,
           kClasses - 1);
  return in_memory({1, images.shape[1], images.shape[2], std::move(images.bytes), std::move(labels.bytes)});
}

Source open_mnist(const SourceRequest& request) {
  const std::string& folder = request.argument;
  Source source;
  source.train = read_part(folder, "train");
  source.test = read_part(folder, "t10k");
  source.preprocessing = {.order = "L"};
  source.classes = kClasses;
  return source;
}

}  // namespace

extern const SourceDef source_mnist;
const SourceDef source_mnist = {"mnist", "grey digits in idx files, plain or .gz (also Fashion-MNIST and KMNIST)",
                                "DIR", true, open_mnist};

}  // namespace pare
