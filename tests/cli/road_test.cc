// The road of a user: build, train, compress, look, compare; interrupted and killed on the way.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"

namespace pare::test {
namespace {

using Json = nlohmann::json;

constexpr const char* kRecipe = R"(
data: {source: "digits:1200", validation: 200}
train: {batch: 50, rate: 0.05}
steps:
  - train: {epochs: 2}
  - prune_weights: {scope: global, sparsity: 0.9, schedule: cubic, every: 5, epochs: 2}
  - share_weights: {bits: 4, finetune_epochs: 1, rate: 0.002}
  - pack: {codec: auto, strip: true}
)";

std::string compress(const std::string& recipe, const std::string& out) {
  return "compress lenet-300-100 --recipe " + recipe + " --threads 1 --seed 3 -o " + out;
}

TEST(Road, CompressesAndProves) {
  TempFolder folder;
  write_text(folder / "recipe.yaml", kRecipe);
  const auto run = pare(compress(folder / "recipe.yaml", folder / "out") + " --json");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(Json::accept(run.out)) << run.out;
  const auto packed = std::filesystem::file_size(folder / "out/model.pare");
  EXPECT_LT(packed * 20, std::filesystem::file_size(folder / "out/model.onnx") * 4);
  EXPECT_TRUE(Json::accept(read_text(folder / "out/report.json")));
  EXPECT_NE(read_text(folder / "out/report.html").find("</html>"), std::string::npos);

  // Both files hold the same network.
  const auto same = pare("compare " + folder / "out/model.onnx" + " " +
                         folder / "out/model.pare --data digits:1200 --split test --json");
  ASSERT_EQ(same.status, 0) << same.err;
  const Json agreement = Json::parse(same.out);
  EXPECT_EQ(agreement["same_class"], agreement["samples"]);
  EXPECT_LT(agreement["largest_difference"].get<double>(), 1e-4);

  const auto inspected = pare("inspect --json " + folder / "out/model.pare");
  ASSERT_EQ(inspected.status, 0) << inspected.err;
  EXPECT_NEAR(Json::parse(inspected.out)["preprocessing"]["scale"].get<double>(), 1 / 255.0, 1e-12);
  EXPECT_EQ(Json::parse(inspected.out)["bytes"], packed);
}

TEST(Road, KilledInAnEpochResumesToTheSameBytes) {
  TempFolder folder;
  write_text(folder / "recipe.yaml", kRecipe);
  ASSERT_EQ(pare(compress(folder / "recipe.yaml", folder / "whole")).status, 0);
  const std::string cut = compress(folder / "recipe.yaml", folder / "cut");
  // kill -9 at moments of no meaning, until a run gets to its end; the work in between must survive.
  int kills = 0;
  CommandResult last;
  for (double seconds = 0.6; kills < 40; seconds += 0.35) {
    const bool started = std::filesystem::exists(folder / "cut");
    last = pare(cut + (started ? " --resume" : ""), "timeout -s KILL " + std::to_string(seconds));
    if (last.status == 0) break;
    ASSERT_EQ(last.status, 137) << last.err;
    ++kills;
  }
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_GT(kills, 0);
  EXPECT_EQ(read_text(folder / "whole/model.onnx"), read_text(folder / "cut/model.onnx"));
  EXPECT_EQ(read_text(folder / "whole/model.pare"), read_text(folder / "cut/model.pare"));
}

TEST(Road, InterruptKeepsACheckpoint) {
  TempFolder folder;
  const std::string net = folder / "net.onnx", out = folder / "trained.onnx";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  const std::string train = "train " + net + " --data digits:1200 --validation 200 --batch 20 --threads 1 --epochs ";
  const auto interrupted = pare(train + "500 -o " + out, "timeout --preserve-status -s INT 6");
  ASSERT_EQ(interrupted.status, 130) << interrupted.err;
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_TRUE(std::filesystem::exists(out + ".checkpoint"));
  // With other options the checkpoint does not fit, and says so.
  const auto other = pare(train + "3 -o " + out + " --resume");
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("belongs to a run with other options"), std::string::npos) << other.err;
}

TEST(Road, ComparesNetworksOfOtherShapes) {
  TempFolder folder;
  const std::string net = folder / "net.onnx", out = folder / "out";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  write_text(folder / "recipe.yaml", "steps: [{prune_channels: {ratio: 0.5}}]\n");
  ASSERT_EQ(pare("compress " + net + " --recipe " + (folder / "recipe.yaml") + " -o " + out).status, 0);
  const auto compared = pare("compare " + net + " " + out + "/model.onnx --data digits:1200 --threads 1");
  EXPECT_EQ(compared.status, 0) << compared.err;
  EXPECT_NE(compared.out.find("(shapes 240x300 and 240x150)"), std::string::npos) << compared.out;
}

TEST(Road, EvaluatesWithAConfusionMatrix) {
  TempFolder folder;
  const std::string net = folder / "net.onnx";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  const auto result = pare("eval " + net + " --data digits:600 --split test --confusion --json");
  ASSERT_EQ(result.status, 0) << result.err;
  const Json json = Json::parse(result.out);
  int64_t sum = 0, diagonal = 0;
  for (size_t row = 0; row < 10; ++row)
    for (size_t column = 0; column < 10; ++column) {
      const int64_t n = json["confusion"][row][column];
      sum += n;
      diagonal += row == column ? n : 0;
    }
  EXPECT_EQ(sum, json["samples"]);
  EXPECT_EQ(diagonal, json["correct"]);
}

TEST(Road, ConvertsBetweenOpsetsAndFiles) {
  TempFolder folder;
  const std::string net = folder / "net.onnx";
  ASSERT_EQ(pare("new resnet20 -o " + net).status, 0);
  for (const char* opset : {"11", "13", "17"})
    EXPECT_EQ(
        pare("convert " + net + " -o " + folder / ("out" + std::string(opset) + ".onnx") + " --opset " + opset).status,
        0)
        << opset;
  // pack and unpack give back the same file.
  ASSERT_EQ(pare("pack " + net + " -o " + folder / "net.pare").status, 0);
  ASSERT_EQ(pare("unpack " + folder / "net.pare" + " -o " + folder / "back.onnx").status, 0);
  EXPECT_EQ(read_text(net), read_text(folder / "back.onnx"));
  ASSERT_EQ(pare("simplify " + net + " -o " + folder / "simple.onnx").status, 0);
  EXPECT_LT(std::filesystem::file_size(folder / "simple.onnx"), std::filesystem::file_size(net));
}

}  // namespace
}  // namespace pare::test
