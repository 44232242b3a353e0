// pare transfer, learning rates per layer and metric commands, as a user types them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"

namespace pare::test {
namespace {

using Json = nlohmann::json;

void expect_error(const CommandResult& result, int status, const std::string& part) {
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_NE(result.err.find(part), std::string::npos) << "wanted '" << part << "' in: " << result.err;
}

std::string other_classes(const TempFolder& folder, const std::string& architecture = "lenet5-caffe") {
  const std::string net = folder / (architecture + ".onnx");
  EXPECT_EQ(pare("new " + architecture + " --classes 37 -o " + net).status, 0);
  return net;
}

TEST(Transfer, LearnsOtherClassesAndWritesTheModelWithItsPreprocessing) {
  TempFolder folder;
  const std::string net = other_classes(folder), out = folder / "out.onnx";
  const auto run = pare("transfer " + net +
                        " --data digits:1200 --validation 200 --head-epochs 1 --epochs 3 --rate 0.05 "
                        "--backbone-rate-factor 1 --batch 32 --threads 1 --json -o " +
                        out);
  ASSERT_EQ(run.status, 0) << run.err;
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json["classifier"]["layer"], "fc2");
  EXPECT_EQ(json["classifier"]["classes_before"], 37);
  EXPECT_EQ(json["epochs"].size(), 4U);
  EXPECT_GT(json["test"]["top1"].get<double>(), 0.5);
  EXPECT_FALSE(std::filesystem::exists(out + ".checkpoint"));
  // The written model is evaluated without another word.
  const auto again = pare("eval " + out + " --data digits:1200 --split test --threads 1 --json");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(Json::parse(again.out)["correct"], json["test"]["correct"]);
}

TEST(Transfer, ChangesTheSizeWhereTheNetworkAllowsIt) {
  TempFolder folder;
  const std::string net = other_classes(folder, "resnet20"), out = folder / "out.onnx";
  const std::string run = " --data digits:300 --validation 50 --head-epochs 1 --epochs 0 --threads 1 -o " + out;
  const auto small = pare("transfer " + net + " --input-size 16" + run);
  ASSERT_EQ(small.status, 0) << small.err;
  const auto again = pare("eval " + out + " --data digits:300 --split test");
  EXPECT_EQ(again.status, 0) << again.err;
  expect_error(pare("transfer " + other_classes(folder) + " --input-size 20" + run), 2, "20x20");
}

TEST(Transfer, SaysWhatIsWrong) {
  TempFolder folder;
  const std::string net = other_classes(folder), out = " -o " + folder / "out.onnx";
  expect_error(pare("transfer " + net + out), 2, "--data");
  expect_error(pare("transfer " + net + " --data digits:300"), 2, "-o FILE.onnx");
  expect_error(pare("transfer " + net + " --data digits:300 --head fc9" + out), 2, "did you mean 'fc");
  expect_error(pare("transfer " + net + " --data digits:300 --freeze conv9" + out), 2, "did you mean 'conv");
  EXPECT_FALSE(std::filesystem::exists(folder / "out.onnx.checkpoint"));
  write_text(folder / "out.onnx.checkpoint", "something");
  expect_error(pare("transfer " + net + " --data digits:300" + out), 2, "--resume");
  expect_error(pare("transfer " + net + " --data digits:300 --resume" + out), 2, "not a checkpoint");
}

TEST(Transfer, KilledInAnEpochResumesToTheSameBytes) {
  TempFolder folder;
  const std::string net = other_classes(folder, "lenet-300-100");
  const std::string run = "transfer " + net +
                          " --data digits:1200 --validation 200 --batch 10 --head-epochs 3 --epochs 4 "
                          "--no-evaluate-each-epoch --threads 1 -o ";
  ASSERT_EQ(pare(run + folder / "whole.onnx").status, 0);
  CommandResult last;
  int kills = 0;
  for (double seconds = 0.6; kills < 40; seconds += 0.3, ++kills) {
    const bool started = std::filesystem::exists(folder / "cut.onnx.checkpoint");
    last = pare(run + folder / "cut.onnx" + (started ? " --resume" : ""), "timeout -s KILL " + std::to_string(seconds));
    if (last.status == 0) break;
    ASSERT_EQ(last.status, 137) << last.err;
  }
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_EQ(read_text(folder / "whole.onnx"), read_text(folder / "cut.onnx"));
}

TEST(Train, TakesRatesAndFrozenLayers) {
  TempFolder folder;
  const std::string net = folder / "net.onnx", out = folder / "out.onnx";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  const std::string train = "train " + net + " --data digits:300 --validation 50 --epochs 1 --threads 1 -o " + out;
  const auto run = pare(train + " --freeze fc1,fc2 --rates '{fc3: 0.5}' --layer-decay 0.9");
  ASSERT_EQ(run.status, 0) << run.err;
  expect_error(pare(train + " --freeze fc1 fc2 fc3"), 2, "frozen");
  expect_error(pare(train + " --rates '{fc5: 0.5}'"), 2, "rates: no layer matches 'fc5'");
}

TEST(Metric, CommandsJudgeWithoutData) {
  TempFolder folder;
  const std::string net = folder / "net.onnx";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  write_text(folder / "size.sh", "echo measuring\nwc -c < \"$1\"\n");
  const std::string command = " --metric-command 'sh " + folder / "size.sh" + "'";
  const auto judged = pare("eval " + net + command + " --json");
  ASSERT_EQ(judged.status, 0) << judged.err;
  const Json json = Json::parse(judged.out);
  EXPECT_EQ(json["metric"]["name"], "command");
  EXPECT_NEAR(json["metric"]["value"].get<double>(), static_cast<double>(std::filesystem::file_size(net)), 1000);

  write_text(folder / "recipe.yaml", "steps:\n  - prune_weights: {sparsity: 0.5}\n");
  const auto run = pare("compress " + net + " --recipe " + folder / "recipe.yaml" + command + " -o " + folder / "out");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("metric: command"), std::string::npos) << run.out;
  EXPECT_TRUE(Json::parse(read_text(folder / "out/report.json"))["rows"][0]["after"].contains("metric"));
}

TEST(Metric, FailuresAreSaidWithTheCommandsOwnWords) {
  TempFolder folder;
  const std::string net = folder / "net.onnx";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  const std::string eval = "eval " + net + " --metric-command ";
  expect_error(pare(eval + "'echo no gpu >&2; exit 9 #'"), 2, "status 9; stderr ends: no gpu");
  expect_error(pare(eval + "'echo fine #'"), 2, "'fine'");
  expect_error(pare(eval + "'sleep 30 #' --metric-timeout 0.3"), 2, "--metric-timeout");
}

}  // namespace
}  // namespace pare::test
