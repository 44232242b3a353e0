#include "compress/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compress/checkpoint.h"
#include "core/error.h"
#include "core/model_file.h"
#include "tests/support/compress_fixture.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kSteps = R"(
seed: 5
steps:
  - train: {epochs: 2, rate: 0.2}
  - prune_weights: {sparsity: 0.7, schedule: iterative, rounds: 2, epochs: 2}
  - prune_weights: {sparsity: 0.9, scope: global, schedule: cubic, every: 2, epochs: 3}
  - share_weights: {bits: 4, finetune_epochs: 2}
  - pack
)";

class Runner : public testing::CompressTest {
 protected:
  RunResult run(const std::string& recipe, const RunOptions& how) {
    return run_recipe(parse_recipe(recipe, "test.yaml"), network(), how, Progress::quiet());
  }
  std::string error_of(const std::string& recipe, const RunOptions& how) {
    try {
      run(recipe, how);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  }
};

TEST_F(Runner, WritesModelsThatHoldWhatTheResultSays) {
  const RunResult result = run(kSteps, options(out()));
  const auto& after = result.report["rows"][0]["after"];
  EXPECT_EQ(fs::file_size(out() + "/model.pare"), after["pare_bytes"].get<uint64_t>());
  EXPECT_EQ(fs::file_size(out() + "/model.onnx"), after["onnx_bytes"].get<uint64_t>());
  EXPECT_FALSE(fs::exists(out() + "/checkpoint"));
  EXPECT_TRUE(fs::exists(out() + "/report.html"));
  const Graph packed = load_model(out() + "/model.pare"), exported = load_model(out() + "/model.onnx");
  for (size_t l = 0; l < 3; ++l) {
    EXPECT_EQ(*testing::weight_of(packed, l).constant, *testing::weight_of(result.rows[0].graph, l).constant);
  }
  EXPECT_EQ(exported.inputs.size(), 1U);
  EXPECT_EQ(nlohmann::ordered_json::parse(read(out() + "/report.json")), result.report);
}

TEST_F(Runner, TestPartIsLookedAtOnceAtTheEnd) {
  run(kSteps, options());
  std::map<const Dataset*, size_t> times;
  for (const Dataset* data : engine->evaluated) ++times[data];
  ASSERT_EQ(times.size(), 2U);
  const size_t n = engine->evaluated.size();
  EXPECT_EQ(times[engine->evaluated[n - 1]], 2U);  // before and after
  EXPECT_EQ(engine->evaluated[n - 1], engine->evaluated[n - 2]);
}

TEST_F(Runner, BeforeIsTheTrainedNetworkFromScratchAndTheStartOtherwise) {
  RunOptions how = options();
  const auto scratch = run(kSteps, how).report["rows"][0];
  EXPECT_EQ(scratch["before"]["validation"]["top1"], scratch["steps"][0]["figures"]["validation"]["top1"]);
  how.from_scratch = false;
  const auto trained = run(kSteps, how).report["rows"][0];
  EXPECT_NE(trained["before"]["validation"]["top1"], scratch["before"]["validation"]["top1"]);
  EXPECT_EQ(trained["after"]["validation"]["top1"], scratch["after"]["validation"]["top1"]);
}

TEST_F(Runner, SameBytesWithAndWithoutAFolderAndWhenRunAgain) {
  const RunResult first = run(kSteps, options(out("a")));
  const RunResult second = run(kSteps, options(out("b")));
  const RunResult memory = run(kSteps, options());
  EXPECT_EQ(read(out("a") + "/model.pare"), read(out("b") + "/model.pare"));
  EXPECT_EQ(read(out("a") + "/model.onnx"), read(out("b") + "/model.onnx"));
  EXPECT_EQ(*testing::weight_of(first.rows[0].graph, 1).constant,
            *testing::weight_of(memory.rows[0].graph, 1).constant);
}

TEST_F(Runner, DiesAtEveryCallAndEndsWithTheSameBytes) {
  run(kSteps, options(out("whole")));
  const std::string onnx = read(out("whole") + "/model.onnx"), packed = read(out("whole") + "/model.pare");
  const int64_t calls = engine->calls, epochs = engine->epochs_trained;
  ASSERT_GT(calls, 20);
  for (int64_t lives = 0; lives < calls; ++lives) {
    const std::string killed = out("killed");
    fs::remove_all(killed);
    RunOptions how = options(killed);
    engine = std::make_shared<testing::ToyEngine>();
    engine->lives = lives;
    ASSERT_THROW(run(kSteps, how), testing::Killed);
    const int64_t before = engine->epochs_trained;
    engine = std::make_shared<testing::ToyEngine>();
    how.resume = true;
    run(kSteps, how);
    ASSERT_EQ(read(killed + "/model.onnx"), onnx) << "died at call " << lives;
    ASSERT_EQ(read(killed + "/model.pare"), packed) << "died at call " << lives;
    EXPECT_LE(before + engine->epochs_trained, epochs + 1) << "finished epochs were trained again";
  }
}

TEST_F(Runner, KilledAtAnyMomentAndResumedGivesTheSameBytes) {
  run(kSteps, options(out("whole")));
  const std::string packed = read(out("whole") + "/model.pare"), onnx = read(out("whole") + "/model.onnx");
  const std::string killed = out("killed");
  RunOptions how = options(killed);
  how.resume = false;
  int kills = 0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        how.resume = fs::exists(killed + "/checkpoint/run.json") || fs::exists(killed + "/report.json");
        run(kSteps, how);
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    usleep(static_cast<useconds_t>(5000 + attempt * 997 % 40000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++kills;
  }
  how.resume = true;
  run(kSteps, how);
  EXPECT_GT(kills, 0);
  EXPECT_EQ(read(killed + "/model.pare"), packed);
  EXPECT_EQ(read(killed + "/model.onnx"), onnx);
}

TEST_F(Runner, FolderWithAnotherRunIsRefused) {
  run(kSteps, options(out()));
  EXPECT_THAT(error_of(kSteps, options(out())),
              HasSubstr("holds a finished run: --resume goes on with it, --restart throws it away"));
  RunOptions how = options(out());
  how.resume = true;
  const RunResult again = run(kSteps, how);  // nothing left to do
  EXPECT_EQ(again.rows.size(), 1U);
  how.seed = 6;
  EXPECT_THAT(error_of(kSteps, how), HasSubstr("its seed differs"));
  how = options(out());
  how.resume = true;
  EXPECT_THAT(error_of("steps: [{train: {epochs: 1}}]", how), HasSubstr("differs"));
  how.resume = false;
  how.restart = true;
  EXPECT_EQ(run("steps: [{train: {epochs: 1}}]", how).report["rows"][0]["steps"].size(), 1U);
  how.resume = true;
  EXPECT_THAT(error_of(kSteps, how), HasSubstr("exclude each other"));
}

TEST_F(Runner, FolderWithSomebodyElsesModelIsRefusedAndOtherFilesStay) {
  fs::create_directories(out());
  std::ofstream(out() + "/model.onnx") << "precious";
  std::ofstream(out() + "/notes.txt") << "mine";
  EXPECT_THAT(error_of("steps: [pack]", options(out())), HasSubstr("another result"));
  EXPECT_EQ(read(out() + "/model.onnx"), "precious");
  RunOptions how = options(out());
  how.restart = true;
  run("steps: [pack]", how);
  EXPECT_EQ(read(out() + "/notes.txt"), "mine");
}

TEST_F(Runner, FolderThatARunWorksInIsRefused) {
  const std::string steps = "steps: [pack]";
  {
    const OutputFolder live(out(), {{"seed", 1}}, false, false);
    RunOptions how = options(out());
    for (const bool restart : {false, true}) {
      how.restart = restart;
      how.resume = !restart;
      EXPECT_THAT(error_of(steps, how),
                  HasSubstr("another process (pid " + std::to_string(::getpid()) + ") is working in " + out()));
    }
    EXPECT_TRUE(fs::exists(out() + "/checkpoint/run.json"));
  }
  EXPECT_FALSE(fs::exists(out() + "/.lock"));
  std::ofstream(out() + "/.lock") << "1\n";  // left by a process that was killed
  RunOptions how = options(out());
  how.restart = true;
  EXPECT_EQ(run(steps, how).rows.size(), 1U);
  EXPECT_FALSE(fs::exists(out() + "/.lock"));
}

TEST_F(Runner, DamagedCheckpointIsNamedWithWhatToDo) {
  { const OutputFolder begun(out(), {{"seed", 1}}, false, false); }
  const std::string damaged = out() + "/checkpoint/run.json";
  fs::resize_file(damaged, 5);
  RunOptions how = options(out());
  how.resume = true;
  EXPECT_EQ(error_of("steps: [pack]", how), damaged + " is damaged: --restart throws the run away and starts anew");
}

class Stop final : public Progress {
 public:
  bool cancelled() const override { return true; }
};

TEST_F(Runner, CancelledRunKeepsItsCheckpoint) {
  Stop stop;
  try {
    run_recipe(parse_recipe(kSteps, "r"), network(), options(out()), stop);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::cancelled);
    EXPECT_THAT(e.what(), HasSubstr("the same command with --resume goes on"));
  }
  EXPECT_TRUE(fs::exists(out() + "/checkpoint/run.json"));
}

constexpr const char* kSweep = R"(
steps:
  - train: {epochs: 3}
  - prune_weights: {sparsity: 0.5, epochs: 1}
  - share_weights: {bits: 4}
sweep:
  prune_weights.sparsity: [0, 0.5, 0.9]
  share_weights.bits: [3, 4]
)";

TEST_F(Runner, SweepTrainsSharedStepsOnce) {
  const RunResult result = run(kSweep, options(out()));
  ASSERT_EQ(result.rows.size(), 6U);
  EXPECT_EQ(engine->epochs_trained, 3 + 3);
  for (const auto& row : result.report["rows"]) {
    const std::string place = out() + "/" + row["folder"].get<std::string>();
    EXPECT_EQ(fs::file_size(place + "model.pare"), row["after"]["pare_bytes"].get<uint64_t>()) << place;
    EXPECT_TRUE(fs::exists(place + "model.onnx"));
    EXPECT_EQ(row["steps"].size(), 3U);
  }
  RunOptions how = options(out());
  how.restart = true;
  run("steps: [pack]", how);
  for (const auto& entry : fs::directory_iterator(out()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("row-"));
}

TEST_F(Runner, ARowOfASweepIsTheSameAsTheRecipeAlone) {
  const RunResult sweep = run(kSweep, options());
  const RunResult alone = run(
      "steps:\n  - train: {epochs: 3}\n  - prune_weights: {sparsity: 0.9, epochs: 1}\n  - share_weights: {bits: 4}\n",
      options());
  EXPECT_EQ(*testing::weight_of(sweep.rows[5].graph, 0).constant, *testing::weight_of(alone.rows[0].graph, 0).constant);
}

TEST_F(Runner, InterruptedSweepResumes) {
  run(kSweep, options(out("whole")));
  const int64_t calls = engine->calls;
  for (int64_t lives = 3; lives < calls; lives += 7) {
    fs::remove_all(out("killed"));
    RunOptions how = options(out("killed"));
    engine = std::make_shared<testing::ToyEngine>();
    engine->lives = lives;
    ASSERT_THROW(run(kSweep, how), testing::Killed);
    engine = std::make_shared<testing::ToyEngine>();
    how.resume = true;
    const RunResult result = run(kSweep, how);
    for (const auto& row : result.report["rows"]) {
      const std::string file = "/" + row["folder"].get<std::string>() + "model.pare";
      ASSERT_EQ(read(out("killed") + file), read(out("whole") + file)) << lives;
    }
  }
}

TEST_F(Runner, BudgetThatIsMissedStillWritesTheResult) {
  RunOptions how = options(out());
  how.max_drop = 0.0;
  const RunResult result = run("steps:\n  - train: {epochs: 1}\n  - prune_weights: {sparsity: 0.95}\n", how);
  EXPECT_FALSE(result.goal_reached);  // the toy accuracy falls with every weight that goes
  EXPECT_TRUE(fs::exists(out() + "/model.pare"));
  how.output = out("kept");
  how.max_drop = 100;
  EXPECT_TRUE(run("steps:\n  - train: {epochs: 1}\n  - prune_weights: {sparsity: 0.95}\n", how).goal_reached);
  how.data.clear();
  EXPECT_THAT(error_of("steps: [pack]", how), HasSubstr("needs data"));
}

TEST_F(Runner, BestRowIsTheSmallestThatKeepsTheBudget) {
  RunOptions how = options();
  how.max_drop = 100;
  const RunResult result = run(kSweep, how);
  uint64_t smallest = UINT64_MAX;
  for (const RowResult& row : result.rows)
    smallest = std::min(smallest, row.report["after"]["pare_bytes"].get<uint64_t>());
  EXPECT_EQ(result.rows[result.best].report["after"]["pare_bytes"].get<uint64_t>(), smallest);
}

TEST_F(Runner, DataThatDoesNotFitTheModelIsAnErrorBeforeAnythingRuns) {
  const Recipe recipe = parse_recipe("steps: [{train: {epochs: 1}}]", "r");
  const auto error = [&](Graph graph) -> std::string {
    try {
      run_recipe(recipe, std::move(graph), options(out()), Progress::quiet());
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(error(network(8, 7)), HasSubstr("7 classes"));
  EXPECT_THAT(error(network(28)), HasSubstr("1x28x28"));
  EXPECT_EQ(engine->calls, 0);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(Runner, TestCurvesComeOnlyWhenAsked) {
  const auto plain = run("steps: [{train: {epochs: 2}}]", options()).report["rows"][0]["steps"][0]["history"][0];
  EXPECT_FALSE(plain.contains("test"));
  const auto curves =
      run("test_curves: true\nsteps: [{train: {epochs: 2}}]", options()).report["rows"][0]["steps"][0]["history"][0];
  EXPECT_TRUE(curves.contains("test"));
}

}  // namespace
}  // namespace pare
