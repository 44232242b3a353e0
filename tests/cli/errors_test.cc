// Bad input, one line each: the exit status of docs/architecture.md section 4 and one clear sentence on stderr.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/command.h"

namespace pare::test {
namespace {

using ::testing::Test;

int lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

void expect_error(const CommandResult& result, int status, const std::string& part) {
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_NE(result.err.find(part), std::string::npos) << "wanted '" << part << "' in: " << result.err;
  EXPECT_EQ(lines(result.err), 1) << result.err;
  EXPECT_EQ(result.out, "");
}

class Errors : public Test {
 protected:
  static void SetUpTestSuite() {
    folder = new TempFolder;
    net = *folder / "net.onnx";
    ASSERT_EQ(pare("new lenet-300-100 -o " + net).status, 0);
    packed = *folder / "net.pare";
    ASSERT_EQ(pare("pack " + net + " -o " + packed).status, 0);
  }
  static void TearDownTestSuite() {
    delete folder;
    folder = nullptr;
  }
  static std::string recipe(const std::string& steps) {
    const std::string path = *folder / "recipe.yaml";
    write_text(path, steps);
    return path;
  }
  static inline TempFolder* folder = nullptr;
  static inline std::string net, packed;
};

TEST_F(Errors, UnknownCommandNamesTheNearest) { expect_error(pare("compres x"), 2, "did you mean 'compress'?"); }

TEST_F(Errors, UnknownFlag) { expect_error(pare("new lenet5 --frob -o " + *folder / "x.onnx"), 2, "--frob"); }

TEST_F(Errors, MissingFile) { expect_error(pare("inspect " + *folder / "none.onnx"), 2, "none.onnx"); }

TEST_F(Errors, TruncatedOnnx) {
  const std::string path = *folder / "cut.onnx";
  std::string bytes = read_text(net);
  write_text(path, bytes.substr(0, bytes.size() / 2));
  expect_error(pare("inspect " + path), 2, "cut.onnx");
}

TEST_F(Errors, TextAsOnnx) {
  const std::string path = *folder / "text.onnx";
  write_text(path, "this is not a model\n");
  expect_error(pare("inspect " + path), 2, "text.onnx");
}

TEST_F(Errors, EmptyFile) {
  const std::string path = *folder / "empty.onnx";
  write_text(path, "");
  expect_error(pare("inspect " + path), 2, "empty.onnx");
}

TEST_F(Errors, FlippedBitInPare) {
  std::string bytes = read_text(packed);
  bytes[bytes.size() * 2 / 3] ^= 4;
  const std::string path = *folder / "flipped.pare";
  write_text(path, bytes);
  expect_error(pare("unpack " + path + " -o " + *folder / "flipped.onnx"), 2, "flipped.pare");
  EXPECT_FALSE(std::filesystem::exists(*folder / "flipped.onnx"));
}

TEST_F(Errors, UnknownOptionInRecipe) {
  const std::string path = recipe("steps:\n  - prune_weights:\n      sparsty: 0.5\n");
  const auto result = pare("compress " + net + " --recipe " + path + " -o " + *folder / "out");
  expect_error(result, 2, "unknown option 'sparsty' (did you mean 'sparsity'?)");
  EXPECT_NE(result.err.find("recipe.yaml:3"), std::string::npos) << result.err;
}

TEST_F(Errors, UnknownStepInRecipe) {
  const std::string path = recipe("steps:\n  - prune_weight: {sparsity: 0.5}\n");
  expect_error(pare("compress " + net + " --recipe " + path + " -o " + *folder / "out"), 2,
               "did you mean 'prune_weights'?");
}

TEST_F(Errors, WrongDataFolder) {
  expect_error(pare("eval " + net + " --data mnist:" + *folder / "nowhere"), 2, "nowhere");
}

TEST_F(Errors, OptionOfDataThatHasNone) {
  expect_error(pare("eval " + net + " --data digits:100,take=5"), 2, "digits has no option 'take'");
}

TEST_F(Errors, UnknownDataKind) { expect_error(pare("eval " + net + " --data mnits:x"), 2, "did you mean 'mnist'?"); }

TEST_F(Errors, WrongImageSize) {
  const std::string path = *folder / "wide.onnx";
  ASSERT_EQ(pare("new resnet20 -o " + path).status, 0);
  expect_error(pare("eval " + path + " --data digits:600"), 2, "1x28x28");
}

TEST_F(Errors, WrongClassCount) {
  const std::string path = *folder / "five.onnx";
  ASSERT_EQ(pare("new lenet-300-100 --classes 5 -o " + path).status, 0);
  expect_error(pare("eval " + path + " --data digits:600"), 2, "10");
}

TEST_F(Errors, ClassCountThatDoesNotMatchTheData) {
  const std::string path = *folder / "twenty.onnx";
  ASSERT_EQ(pare("new lenet-300-100 --classes 20 -o " + path).status, 0);
  expect_error(pare("eval " + path + " --data digits:600"), 2, "20 classes");
}

TEST_F(Errors, UnknownCodecNamesTheNearest) {
  expect_error(pare("pack " + net + " --codec huffmn -o " + *folder / "x.pare"), 2, "did you mean 'huffman'?");
}

TEST_F(Errors, DeviationOfZero) {
  expect_error(pare("eval " + net + " --data digits:600 --std 0"), 2, "option 'std': 0");
}

TEST_F(Errors, EndingOfTheOtherKind) {
  expect_error(pare("pack " + net + " -o " + *folder / "packed.onnx"), 2, "packed.onnx");
  expect_error(pare("new lenet5 -o " + *folder / "net.pare"), 2, "net.pare");
}

TEST_F(Errors, OutputThatIsAFolderIsNoticedBeforeTraining) {
  std::filesystem::create_directory(*folder / "taken");
  expect_error(pare("train " + net + " --data digits:600 --epochs 1000 -o " + *folder / "taken"), 2, "taken");
}

TEST_F(Errors, CheckpointOfAnInterruptedTrainingIsNotThrownAway) {
  write_text(*folder / "half.onnx.checkpoint", "something");
  expect_error(pare("train " + net + " --data digits:600 --epochs 1 -o " + *folder / "half.onnx"), 2, "--resume");
}

TEST_F(Errors, LayersThatAreNotThereAreNoticedBeforeTraining) {
  const std::string out = " --data digits:600 -o " + *folder / "layers";
  const std::string train = "steps:\n  - train: {epochs: 1000}\n";
  expect_error(pare("compress " + net + " --recipe " +
                    recipe(train + "  - prune_weights: {sparsity: 0.5, layers: [nope]}\n") + out),
               2, "nope");
  expect_error(pare("compress " + net + " --recipe " + recipe(train + "  - share_weights: {bits: {nope: 3}}\n") + out),
               2, "nope");
  EXPECT_FALSE(std::filesystem::exists(*folder / "layers"));
}

TEST_F(Errors, BudgetWithoutValidationSamples) {
  const std::string path =
      recipe("data: {source: 'digits:600', validation: 0}\nsteps:\n  - prune_weights: {sparsity: 0.5}\n");
  expect_error(pare("compress " + net + " --recipe " + path + " --max-drop 1 -o " + *folder / "budget"), 2,
               "validation");
}

TEST_F(Errors, DiskFullLeavesNothingBehind) {
  // The shell's limit on file size stands for a full disk: writes fail in the middle.
  const std::string path = *folder / "big.onnx";
  const auto result = pare("new lenet5-caffe -o " + path, "trap '' XFSZ; ulimit -f 200;");
  expect_error(result, 4, "big.onnx");
  EXPECT_FALSE(std::filesystem::exists(path));
  for (const auto& entry : std::filesystem::directory_iterator(folder->path()))
    EXPECT_EQ(entry.path().string().find("big.onnx"), std::string::npos) << entry.path();
}

TEST_F(Errors, OutputFolderOfAnotherRun) {
  const std::string path = recipe("steps:\n  - prune_weights: {sparsity: 0.5}\n");
  const std::string out = *folder / "run";
  ASSERT_EQ(pare("compress " + net + " --recipe " + path + " -o " + out).status, 0);
  expect_error(pare("compress " + net + " --recipe " + path + " -o " + out), 2, "--restart");
}

TEST_F(Errors, JsonErrorIsOneObject) {
  const auto result = pare("inspect --json " + *folder / "none.onnx");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.out.find("\"error\""), std::string::npos);
}

TEST(Help, EveryCommandHasHelpAndExample) {
  for (const char* name : {"demo", "new", "train", "transfer", "eval", "compress", "simplify", "convert", "compare",
                           "pack", "unpack", "inspect", "list"}) {
    const auto result = pare(std::string(name) + " --help");
    EXPECT_EQ(result.status, 0) << name;
    EXPECT_NE(result.out.find("--json"), std::string::npos) << name;
    EXPECT_NE(result.out.find("Example:"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace pare::test
