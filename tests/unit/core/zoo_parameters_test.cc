#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

Param options(std::initializer_list<std::pair<const char*, const char*>> entries) {
  Param params = Param::map();
  for (const auto& [key, value] : entries) params.set(key, Param::text(value));
  return params;
}

int64_t trainable(const Graph& graph) {
  int64_t count = 0;
  for (const Value& value : graph.values)
    if (value.constant && value.trainable) count += value.constant->size();
  return count;
}

struct Published {
  const char* name;
  Param params;
  int64_t parameters;
  const char* source;
};

class ZooParameters : public testing::TestWithParam<Published> {};

TEST_P(ZooParameters, AreAsPublished) {
  const Published& published = GetParam();
  const Graph graph = build(published.name, published.params);
  EXPECT_EQ(trainable(graph), published.parameters) << published.source;
  verify(graph);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(All, ZooParameters, testing::Values(
    Published{"lenet-300-100", {}, 266'610, "784*300+300 + 300*100+100 + 100*10+10; 'LeNet-300-100 266K', Han et al. 2016"},
    Published{"lenet5-caffe", {}, 431'080, "Caffe examples/mnist/lenet.prototxt; 'LeNet-5 431K', Han et al. 2016"},
    Published{"lenet5", {}, 61'706, "LeNet-5 with every map connected and a linear output layer"},
    Published{"lenet5", options({{"size", "32"}}), 61'706, "the same on images of 32 pixels"},
    // 156 (C1) + 12 (S2) + 1,516 (C3) + 32 (S4) + 48,120 (C5) + 10,164 (F6) = 60,000 trained parameters in the paper;
    // its output units have fixed parameters, ours are a linear layer of 84*10+10.
    Published{"lenet5", options({{"connection_table", "true"}, {"pooling", "subsampling"}, {"activation", "scaled_tanh"}}), 60'000 + 850, "LeCun et al. 1998"},
    Published{"lenet5", options({{"connection_table", "true"}}), 61'706 - 2'416 + 1'516, "C3 by the table of LeCun et al. 1998"},
    Published{"mnist-conv", {}, 3'274'698, "832 + 64 + 51,264 + 3,212,288 + 10,250: 12.5 MB of float32"},
    Published{"vgg11", {}, 132'863'336, "torchvision vgg11"},
    Published{"vgg16", {}, 138'357'544, "torchvision vgg16; '138M', Simonyan and Zisserman 2015, table 2"},
    Published{"vgg19-bn", {}, 143'678'248, "torchvision vgg19_bn"},
    Published{"vgg16", options({{"head", "small"}, {"size", "32"}, {"classes", "10"}}), 14'719'818, "14,714,688 of the convolutions + 5,130"},
    Published{"vgg16-bn", options({{"head", "small"}, {"size", "32"}, {"classes", "10"}}), 14'728'266, "kuangliu/pytorch-cifar VGG16"},
    Published{"vgg11-bn", options({{"head", "small"}, {"size", "32"}, {"classes", "10"}}), 9'231'114, "kuangliu/pytorch-cifar VGG11"},
    Published{"vgg13-bn", options({{"head", "small"}, {"size", "32"}, {"classes", "10"}}), 9'416'010, "kuangliu/pytorch-cifar VGG13"},
    Published{"vgg19-bn", options({{"head", "small"}, {"size", "32"}, {"classes", "10"}}), 20'040'522, "kuangliu/pytorch-cifar VGG19"},
    Published{"resnet20", {}, 269'722, "akamaster/pytorch_resnet_cifar10; '0.27M', He et al. 2016, table 6"},
    Published{"resnet32", {}, 464'154, "akamaster/pytorch_resnet_cifar10; '0.46M'"},
    Published{"resnet44", {}, 658'586, "akamaster/pytorch_resnet_cifar10; '0.66M'"},
    Published{"resnet56", {}, 853'018, "akamaster/pytorch_resnet_cifar10; '0.85M'"},
    Published{"resnet110", {}, 1'727'962, "akamaster/pytorch_resnet_cifar10; '1.7M'"},
    Published{"resnet20", options({{"shortcut", "B"}}), 269'722 + 16 * 32 + 64 + 32 * 64 + 128, "two 1x1 convolutions with batch norm more"}),
    [](const auto& instance) {
      std::string name = std::to_string(instance.index) + "_" + instance.param.name;
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    });
// clang-format on

// Without building the largest ones: counted from their plans by the other members of the family.
TEST(Zoo, StatedCountsAreRight) {
  std::set<std::string_view> names;
  for (const Architecture* architecture : architecture_list()) {
    EXPECT_TRUE(names.insert(architecture->name).second) << architecture->name;
    EXPECT_FALSE(architecture->options().empty());
    if (architecture->parameters > 10'000'000 && architecture->name != "vgg13") continue;  // above, one at a time
    EXPECT_EQ(trainable(architecture->build(Param::map(), 1)), architecture->parameters) << architecture->name;
  }
  EXPECT_EQ(names.size(), 17U);
  // Batch norm adds a scale and a shift per map.
  EXPECT_EQ(find_architecture("vgg11-bn")->parameters - find_architecture("vgg11")->parameters, 2 * 2752);
  EXPECT_EQ(find_architecture("vgg13-bn")->parameters - find_architecture("vgg13")->parameters, 2 * 2944);
  EXPECT_EQ(find_architecture("vgg16-bn")->parameters - find_architecture("vgg16")->parameters, 2 * 4224);
  EXPECT_EQ(find_architecture("vgg19-bn")->parameters - find_architecture("vgg19")->parameters, 2 * 5504);
}

TEST(Zoo, InputsAndOutputsHavePublicNames) {
  for (const char* name : {"lenet-300-100", "lenet5", "lenet5-caffe", "mnist-conv", "resnet20"}) {
    const Graph graph = build(name, options({{"classes", "7"}}));
    const Value &input = graph.value(graph.inputs.at(0)), &output = graph.value(graph.outputs.at(0));
    EXPECT_EQ(input.name, "input");
    EXPECT_EQ(output.name, "logits");
    ASSERT_TRUE(input.dims && output.dims);
    EXPECT_FALSE((*input.dims)[0].known());
    EXPECT_EQ((*output.dims)[0], (*input.dims)[0]) << "the batch stays a symbol";
    EXPECT_EQ((*output.dims)[1], Dim(7));
  }
}

TEST(Zoo, NamesAreReadable) {
  std::vector<std::string> names;
  for (const Layer& layer : layers(build("lenet5-caffe"))) names.push_back(layer.name);
  EXPECT_THAT(names, testing::ElementsAre("conv1", "conv2", "fc1", "fc2"));
}

TEST(Zoo, WeightsComeFromTheSeed) {
  const Graph a = build("lenet5", {}, 1), b = build("lenet5", {}, 1), c = build("lenet5", {}, 2);
  const ValueId id = a.find_value("conv1.weight");
  EXPECT_EQ(*a.value(id).constant, *b.value(id).constant);
  EXPECT_FALSE(*a.value(id).constant == *c.value(id).constant);
}

TEST(Zoo, WeightsHaveTheVarianceTheirInitWants) {
  const Graph graph = build("vgg11", options({{"head", "small"}, {"size", "32"}}), 3);
  const Tensor& weight = *graph.value(graph.find_value("conv5_2.weight")).constant;
  double sum = 0, squares = 0;
  for (float w : weight.view<float>()) {
    sum += w;
    squares += double{w} * w;
  }
  const auto n = static_cast<double>(weight.size());
  EXPECT_NEAR(sum / n, 0, 1e-4);
  EXPECT_NEAR(squares / n * (512 * 9) / 2, 1, 0.01);  // He: 2 / fan_in
}

TEST(Zoo, GreyNetworksSayHowImagesAreRead) {
  const auto p = from_metadata(build("lenet5-caffe").origin.metadata);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->scale, 1.0 / 255);
  EXPECT_EQ(p->order, "L");
  EXPECT_FALSE(from_metadata(build("resnet20").origin.metadata));
}

std::string message_of(std::string_view name, const Param& params) {
  try {
    build(name, params);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Zoo, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(message_of("lenet5-cafe", {}), "unknown architecture 'lenet5-cafe' (did you mean 'lenet5-caffe'?)");
  EXPECT_THAT(message_of("alexnet", {}),
              testing::StartsWith("unknown architecture 'alexnet' (there are lenet-300-100, "));
  EXPECT_THAT(message_of("lenet5", options({{"clases", "3"}})), testing::HasSubstr("did you mean 'classes'?"));
  EXPECT_EQ(message_of("lenet5", options({{"size", "8"}})), "lenet5: conv2: the image is too small (2 pixels left)");
  EXPECT_THAT(message_of("vgg16", options({{"size", "16"}, {"head", "small"}})),
              testing::HasSubstr("pool5: the image is too small"));
  EXPECT_THAT(message_of("lenet5", options({{"pooling", "median"}})), testing::StartsWith("lenet5: "));
}

}  // namespace
}  // namespace pare
