// Several processes on this machine: the same curve as one, and what happens when one of them dies.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/command.h"

namespace pare::test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// `pare` with arguments as typed, in the background.
class Background {
 public:
  Background(const std::string& arguments, const std::string& errors) {
    const std::string command = "exec '" PARE_BINARY_DIR "/pare' " + arguments + " > /dev/null 2> '" + errors + "'";
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  int wait() const {
    int raw = 0;
    ::waitpid(pid_, &raw, 0);
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  }
  pid_t pid() const { return pid_; }
  // The process of `rank` that this one started; 0 when there is none yet.
  pid_t child(int rank) const {
    const std::string wanted = std::string("\0RANK=", 6) + std::to_string(rank) + '\0';
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const pid_t pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
      if (pid <= 0) continue;
      const std::string stat = read_text(entry.path() / "stat");
      const size_t end = stat.rfind(')');  // of the name, which may hold anything
      if (end == std::string::npos || end + 4 > stat.size() || std::atoi(stat.c_str() + end + 4) != pid_) continue;
      if (('\0' + read_text(entry.path() / "environ")).find(wanted) != std::string::npos) return pid;
    }
    return 0;
  }

 private:
  pid_t pid_;
};

bool wait_for(const std::function<bool()>& condition, int seconds) {
  for (int i = 0; i < seconds * 20 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return condition();
}

std::vector<double> losses(const CommandResult& result) {
  std::vector<double> all;
  const Json json = Json::parse(result.out);
  for (const Json& epoch : json["epochs"]) all.push_back(epoch["train_loss"]);
  return all;
}

TEST(Launch, TheCurveIsThatOfOneProcess) {
  TempFolder folder;
  const std::string net = folder / "net.onnx";
  ASSERT_EQ(pare("new resnet20 --size 28 --set channels=1 -o " + net).status, 0);
  const std::string train = "train " + net +
                            " --data digits:300 --validation 50 --batch 40 --epochs 3 --rate 0.02 --json --augment "
                            "'{shift: 2}' -o ";
  const auto one = pare(train + folder / "one.onnx --threads 2");
  ASSERT_EQ(one.status, 0) << one.err;
  const auto two = pare("launch -n 2 -- " + train + folder / "two.onnx");
  ASSERT_EQ(two.status, 0) << two.err;
  const std::vector<double> a = losses(one), b = losses(two);
  ASSERT_EQ(a.size(), 3U);
  ASSERT_EQ(b.size(), 3U);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(b[i], a[i], 5e-3 * a[i]) << "epoch " << i;
  EXPECT_NE(Json::parse(two.out)["engine"].get<std::string>().find("2 processes (gloo) of"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder / "two.onnx"));

  // Evaluation gives the figures of one process, printed once.
  const std::string eval = "eval " + folder / "two.onnx" + " --data digits:300 --validation 50 --json --batch 16";
  const auto alone = pare(eval), together = pare("launch -n 2 -- " + eval);
  ASSERT_EQ(together.status, 0) << together.err;
  EXPECT_EQ(Json::parse(together.out)["correct"], Json::parse(alone.out)["correct"]);
  EXPECT_NEAR(Json::parse(together.out)["loss"].get<double>(), Json::parse(alone.out)["loss"].get<double>(), 1e-6);
}

TEST(Launch, AKilledProcessEndsAllAndTheRunGoesOn) {
  TempFolder folder;
  const std::string net = folder / "net.onnx", out = folder / "cut.onnx", checkpoint = out + ".checkpoint";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  const std::string train = "train " + net + " --data digits:2000 --validation 100 --batch 10 --epochs 12 -o ";
  const auto whole = pare("launch -n 2 -- " + train + folder / "whole.onnx");
  ASSERT_EQ(whole.status, 0) << whole.err;

  Background run("launch -n 2 -- " + train + out, folder / "errors");
  ASSERT_TRUE(wait_for([&] { return fs::exists(checkpoint); }, 120));
  const pid_t victim = run.child(1);
  ASSERT_GT(victim, 0);
  ::kill(victim, SIGKILL);
  EXPECT_EQ(run.wait(), 4);
  const std::string errors = read_text(folder / "errors");
  EXPECT_NE(errors.find("rank 1 of 2 was ended by signal 9"), std::string::npos) << errors;
  EXPECT_NE(errors.find("--resume goes on"), std::string::npos) << errors;
  EXPECT_FALSE(fs::exists(out));
  EXPECT_TRUE(fs::exists(checkpoint));
  for (const auto& file : fs::directory_iterator(folder.path()))
    EXPECT_FALSE(file.path().string().ends_with(".part")) << file.path();

  const auto resumed = pare("launch -n 2 -- " + train + out + " --resume");
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(read_text(out), read_text(folder / "whole.onnx"));
  EXPECT_FALSE(fs::exists(checkpoint));
}

TEST(Launch, AnInterruptReachesAll) {
  TempFolder folder;
  const std::string net = folder / "net.onnx", out = folder / "out.onnx";
  ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
  Background run("launch -n 2 -- train " + net + " --data digits:2000 --batch 10 --epochs 500 -o " + out,
                 folder / "errors");
  ASSERT_TRUE(wait_for([&] { return fs::exists(out + ".checkpoint"); }, 120));
  ::kill(run.pid(), SIGINT);
  EXPECT_EQ(run.wait(), 130) << read_text(folder / "errors");
  EXPECT_TRUE(fs::exists(out + ".checkpoint"));
  EXPECT_FALSE(fs::exists(out));
}

TEST(Launch, CompressesToTheSameNetworkEverywhere) {
  TempFolder folder;
  write_text(folder / "recipe.yaml", R"(
data: {source: "digits:600", validation: 100}
train: {batch: 50, rate: 0.05}
steps:
  - train: {epochs: 1}
  - prune_weights: {scope: global, sparsity: 0.8, schedule: cubic, every: 3, epochs: 2}
  - share_weights: {bits: 4, finetune_epochs: 1, rate: 0.002}
  - pack: {codec: auto}
)");
  const std::string compress =
      "launch -n 2 -- compress lenet-300-100 --recipe " + folder / "recipe.yaml" + " --seed 3 --json -o ";
  const auto first = pare(compress + folder / "first"), second = pare(compress + folder / "second");
  ASSERT_EQ(first.status, 0) << first.err;
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(Json::accept(first.out));
  EXPECT_EQ(read_text(folder / "first/model.pare"), read_text(folder / "second/model.pare"));
  const auto again = pare(compress + folder / "first --resume");
  EXPECT_EQ(again.status, 0) << again.err;
}

TEST(Launch, WrongUsageIsOneSentence) {
  const auto expect = [](const std::string& arguments, const std::string& part) {
    const auto result = pare(arguments);
    EXPECT_EQ(result.status, 2) << arguments << ": " << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
  };
  expect("launch -- train x.onnx", "say how many processes: -n 2");
  expect("launch -n 2", "say what they do");
  expect("launch -n 0 -- train x.onnx", "say how many processes");
  expect("launch -n two -- train x.onnx", "--processes");
  expect("launch -n 2 -- trian x.onnx", "unknown command 'trian'");
  expect("launch -n 2 -- inspect x.onnx", "'inspect' runs in one process");
  expect("launch -n 2 -- train nowhere.onnx -o y.onnx --data digits:100", "nowhere.onnx");
}

TEST(Launch, TheEnvironmentIsChecked) {
  const auto result = pare("eval x.onnx --data digits", "WORLD_SIZE=2 RANK=5");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("RANK is '5', not a number of 0 to 1"), std::string::npos) << result.err;
  const auto other = pare("list architectures", "WORLD_SIZE=2 RANK=1 MASTER_ADDR=localhost MASTER_PORT=1234");
  EXPECT_EQ(other.status, 0) << "commands of one process run in the main one";
  EXPECT_EQ(other.out, "");
}

}  // namespace
}  // namespace pare::test
