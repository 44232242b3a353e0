#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/cost.h"
#include "core/data/dataset.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
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
    Published{"resnet18", {}, 11'689'512, "torchvision resnet18"},
    Published{"resnet34", {}, 21'797'672, "torchvision resnet34"},
    Published{"resnet50", {}, 25'557'032, "torchvision resnet50"},
    Published{"resnet18", options({{"stem", "small"}, {"size", "32"}, {"classes", "10"}}), 11'173'962, "kuangliu/pytorch-cifar ResNet18"},
    Published{"resnet34", options({{"stem", "small"}, {"size", "32"}, {"classes", "10"}}), 21'282'122, "kuangliu/pytorch-cifar ResNet34"},
    Published{"resnet50", options({{"stem", "small"}, {"size", "32"}, {"classes", "10"}}), 23'520'842, "kuangliu/pytorch-cifar ResNet50"},
    Published{"mobilenet-v1", {}, 4'231'976, "keras MobileNet, trainable; '4.2 million', Howard et al. 2017, table 8"},
    Published{"mobilenet-v1", options({{"width", "0.5"}}), 1'331'592, "'1.3 million', Howard et al. 2017, table 6"},
    Published{"mobilenet-v1", options({{"width", "0.25"}}), 470'072, "keras MobileNet(alpha=0.25), trainable; '0.5 million'"},
    Published{"mobilenet-v2", {}, 3'504'872, "torchvision mobilenet_v2"},
    Published{"mobilenet-v2", options({{"width", "1.4"}}), 6'108'776, "timm mobilenetv2_140 6.11M"},
    Published{"mobilenet-v2", options({{"width", "0.5"}}), 1'968'680, "timm mobilenetv2_050 1.97M"},
    Published{"squeezenet1.0", {}, 1'248'424, "torchvision squeezenet1_0"},
    Published{"squeezenet1.1", {}, 1'235'496, "torchvision squeezenet1_1"},
    Published{"densenet121", {}, 7'978'856, "torchvision densenet121"},
    Published{"densenet121", options({{"stem", "small"}, {"size", "32"}, {"classes", "10"}}), 6'956'298 + 128, "kuangliu/pytorch-cifar DenseNet121, and a norm behind its first convolution"},
    Published{"vit-tiny", {}, 5'717'416, "timm vit_tiny_patch16_224, deit_tiny_patch16_224"},
    Published{"vit-tiny", options({{"width", "384"}, {"heads", "6"}}), 22'050'664, "timm deit_small_patch16_224"},
    // Per direction, gates of 4 hidden: 4h (features + h) and two biases of 4h.
    Published{"lstm", {}, 512 * (28 + 128) + 1024 + 1290, "torch.nn.LSTM(28, 128) and Linear(128, 10)"},
    Published{"lstm", options({{"layers", "2"}, {"bidirectional", "true"}}),
              2 * (512 * (28 + 128) + 1024) + 2 * (512 * (256 + 128) + 1024) + 2570, "torch.nn.LSTM(28, 128, 2, bidirectional=True) and Linear(256, 10)"},
    Published{"cnn1d", {}, 192 + 10 * 5152 + 2080 + 165, "convolutions of 1 and 32 maps, 64-32-5 at the end"},
    Published{"resnet20", options({{"shortcut", "B"}}), 269'722 + 16 * 32 + 64 + 32 * 64 + 128, "two 1x1 convolutions with batch norm more"}),
    [](const auto& instance) {
      std::string name = std::to_string(instance.index) + "_" + instance.param.name;
      for (char& c : name)
        if (c == '-' || c == '.') c = '_';
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
  EXPECT_EQ(names.size(), 28U);
  // Batch norm adds a scale and a shift per map.
  EXPECT_EQ(find_architecture("vgg11-bn")->parameters - find_architecture("vgg11")->parameters, 2 * 2752);
  EXPECT_EQ(find_architecture("vgg13-bn")->parameters - find_architecture("vgg13")->parameters, 2 * 2944);
  EXPECT_EQ(find_architecture("vgg16-bn")->parameters - find_architecture("vgg16")->parameters, 2 * 4224);
  EXPECT_EQ(find_architecture("vgg19-bn")->parameters - find_architecture("vgg19")->parameters, 2 * 5504);
}

TEST(Zoo, InputsAndOutputsHavePublicNames) {
  for (const char* name :
       {"lenet-300-100", "lenet5", "lenet5-caffe", "mnist-conv", "resnet20", "squeezenet1.1", "lstm", "cnn1d"}) {
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

// What a file does not say, import finds again: class token and position embedding among others.
TEST(Zoo, FilesHaveTheSameParameters) {
  for (const auto& [name, params] : {std::pair{"lenet5", options({{"pooling", "subsampling"}})},
                                     std::pair{"mobilenet-v2", options({{"width", "0.1"}})},
                                     std::pair{"vit-tiny", options({{"size", "32"}, {"patch", "8"}, {"depth", "2"}})},
                                     std::pair{"lstm", options({{"layers", "2"}})}, std::pair{"cnn1d", Param()}}) {
    const Graph graph = build(name, params);
    Graph back = parse_onnx(serialize_onnx(graph), name);
    EXPECT_EQ(cost(back).parameters, trainable(graph)) << name;
    EXPECT_EQ(cost(back).macs, cost(graph).macs) << name;
    mark_trainable(back);
    EXPECT_EQ(trainable(back), trainable(graph)) << name;
  }
}

// Multiply-accumulates of the papers, to the digits they give.
TEST(Zoo, CostsAreAsPublished) {
  EXPECT_EQ(cost(build("mobilenet-v1")).macs, 568'740'352) << "'569 million', Howard et al. 2017, table 8";
  EXPECT_EQ(cost(build("mobilenet-v2")).macs, 300'774'272) << "'300M', Sandler et al. 2018, table 4";
  EXPECT_EQ(cost(build("resnet18")).macs, 1'814'073'344) << "'1.8e9', He et al. 2016, table 1";
}

TEST(Zoo, GateBiasesMakeTheCellRemember) {
  const Graph graph = build("lstm", options({{"hidden", "2"}}));
  EXPECT_THAT(graph.value(graph.find_value("lstm1.bias")).constant->view<float>(),
              testing::ElementsAre(0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Zoo, ResidualBlocksCanStartAsTheIdentity) {
  for (const auto& [zero_init, scale] : {std::pair{"false", 1.0F}, std::pair{"true", 0.0F}}) {
    const Graph graph = build("resnet18", options({{"zero_init", zero_init}, {"stem", "small"}, {"size", "32"}}));
    for (const auto& [part, expected] : {std::pair{"bn1", 1.0F}, std::pair{"bn2", scale}})
      EXPECT_THAT(graph.value(graph.find_value(fmt::format("stage1.block2.{}.weight", part))).constant->view<float>(),
                  testing::Each(expected));
  }
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
  EXPECT_EQ(message_of("cnn1d", options({{"length", "20"}})),
            "cnn1d: block3.pool: the series is too short (2 steps left)");
  EXPECT_EQ(message_of("cnn1d", options({{"kernel", "4"}})),
            "cnn1d: a kernel of 4 steps has no middle: choose an odd one");
  EXPECT_EQ(message_of("vit-tiny", options({{"size", "32"}, {"patch", "5"}})),
            "vit-tiny: patches of 5 pixels do not cover 32 pixels");
  EXPECT_EQ(message_of("vit-tiny", options({{"heads", "5"}})),
            "vit-tiny: a width of 192 cannot be split between 5 heads");
}

}  // namespace
}  // namespace pare
