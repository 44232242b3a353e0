// Trained networks of others on whole test sets: the engine, and ONNX Runtime on what we export, get as many images
// right as the networks' source says. The CIFAR sets are read from the folders PARE_CIFAR10 and PARE_CIFAR100 (official
// binary layout), where those are set.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/data/dataset.h"
#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "tests/support/ort.h"
#include "tests/support/torch_engine.h"

namespace pare::testing {
namespace {

struct Published {
  const char *file, *data;
  int64_t correct;  // of the 10,000 test images
  double scale = 1.0 / 255;
  std::vector<double> mean = {}, std = {};
};
void PrintTo(const Published& p, std::ostream* out) { *out << p.file; }

const std::vector<double> kImageNetMean = {.485, .456, .406}, kImageNetStd = {.229, .224, .225};
const std::vector<double> kCifarMean = {.4914, .4822, .4465};
const Published kPublished[] = {
    {"lenet5_mnist_original", "mnist", 9909, 1.0 / 256},
    {"lenet5_mnist_sparse", "mnist", 9909, 1.0 / 256},
    {"lenet300100_mnist_original", "mnist", 9772, 1.0 / 256},
    {"lenet300100_mnist_sparse", "mnist", 9801, 1.0 / 256},
    {"resnet20_cifar10", "cifar10", 9173, 1.0 / 255, kImageNetMean, kImageNetStd},
    {"resnet32_cifar10", "cifar10", 9263, 1.0 / 255, kImageNetMean, kImageNetStd},
    {"resnet56_cifar10", "cifar10", 9339, 1.0 / 255, kImageNetMean, kImageNetStd},
    {"resnet56b_cifar100", "cifar100", 6679, 1.0 / 255, {.5071, .4865, .4409}, {.2673, .2564, .2762}},
    {"vgg16bn_cifar10", "cifar10", 9308, 1.0 / 255, kCifarMean, {.2470, .2435, .2616}},
    {"vit_cifar10_pgd_2_3_16", "cifar10", 5978, 1.0 / 255, kCifarMean, {.2023, .1994, .2010}},
};

std::string folder_of(const std::string& data) {
  if (data == "mnist") return pare::test::shared_folder() + "/data/mnist";
  const char* folder = std::getenv(data == "cifar10" ? "PARE_CIFAR10" : "PARE_CIFAR100");
  return folder ? folder : "";
}

int64_t correct(const Tensor& logits, const Batch& batch) {
  int64_t count = 0;
  const auto values = logits.view<float>();
  const auto classes = static_cast<size_t>(logits.dim(1));
  for (size_t i = 0; i < static_cast<size_t>(batch.size); ++i) {
    const auto row = values.subspan(i * classes, classes);
    count += std::max_element(row.begin(), row.end()) - row.begin() == batch.target.view<int64_t>()[i];
  }
  return count;
}

class SharedAccuracy : public ::testing::TestWithParam<Published> {};

TEST_P(SharedAccuracy, IsThePublishedOneHereAndInOnnxRuntime) {
  const Published& published = GetParam();
  if (pare::test::shared_folder().empty()) GTEST_SKIP() << "no shared folder (PARE_SHARED)";
  if (folder_of(published.data).empty()) GTEST_SKIP() << "no folder for " << published.data;
  PARE_NEED_ORT();
  const Graph graph = load_model(pare::test::shared_folder() + "/models/" + published.file + ".onnx");
  const std::string exported = serialize_onnx(graph);
  DataOptions options;
  options.preprocessing_override.scale = published.scale;
  options.preprocessing_override.mean = published.mean;
  options.preprocessing_override.std = published.std;
  const Data data = open_data(std::string(published.data) + ":" + folder_of(published.data), options);
  Loader::Options batches;
  batches.batch = 1000;
  Loader loader(data.test, batches);
  int64_t here = 0, there = 0;
  for (Batch batch; loader.next(batch);) {
    here += correct(engine().run(graph, batch.inputs).at(0), batch);
    OrtBatch judge;
    judge.add_bytes(exported, named_inputs(graph, batch.inputs));
    const auto outcome = judge.run().at(0);
    ASSERT_EQ(outcome.error, "");
    there += correct(outcome.outputs.at(0), batch);
  }
  EXPECT_EQ(here, published.correct);
  EXPECT_EQ(there, published.correct);
}
INSTANTIATE_TEST_SUITE_P(Models, SharedAccuracy, ::testing::ValuesIn(kPublished),
                         [](const auto& test) { return std::string(test.param.file); });

}  // namespace
}  // namespace pare::testing
