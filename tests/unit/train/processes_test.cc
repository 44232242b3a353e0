// Several engines that train and evaluate together learn what one alone would. Here each is on a thread of its own, so
// that a test can look at all of them; tests/cli/launch_test.cc has real processes.
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "tests/support/free_port.h"
#include "tests/unit/train/training.h"
#include "train/together.h"

namespace pare::testing {
namespace {

using ::testing::HasSubstr;

struct Ending {
  Code code = Code::ok;
  std::string message;
};

// Runs `body` on each of `size` engines at once; an Error that leaves it closes that engine.
std::vector<Ending> together(int size, const std::function<void(Engine&, int rank)>& body, double timeout = 60) {
  engine();  // what opening the module does to the environment happens before there are threads
  ::setenv("GLOG_minloglevel", "3", 0), ::setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0);
  const int port = free_port();
  std::vector<Ending> endings(static_cast<size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      try {
        World world;
        world.rank = world.local_rank = rank;
        world.size = world.local_size = size;
        world.address = "127.0.0.1";
        world.port = port;
        const auto mine = open_engine({.device = "cpu", .threads = 1, .world = world, .timeout = timeout});
        body(*mine, rank);
      } catch (const Error& error) {
        endings[static_cast<size_t>(rank)] = {error.code(), error.what()};
      }
    });
  for (std::thread& thread : threads) thread.join();
  return endings;
}

void expect_ok(const std::vector<Ending>& endings) {
  for (const Ending& ending : endings) EXPECT_EQ(ending.code, Code::ok) << ending.message;
}

std::vector<double> losses(const Job& job) {
  std::vector<double> all;
  for (const EpochRecord& record : job.history) all.push_back(record.train_loss);
  return all;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], relative * (1e-3 + std::abs(b[i]))) << "epoch " << i;
}

constexpr double kRounding = 5e-4;  // what sums in another order make of a few dozen steps

// Batches of 24, the last of `samples` % 24: with norm, dropout, momentum and clipping.
struct Curve {
  std::vector<double> losses;
  std::string bits;
  std::vector<float> weights;
  std::optional<Evaluation> validation;
};
Curve train(Engine& engine, size_t samples) {
  Graph g = perceptron(4, true, 0.3F);
  Job job = job_for(g, clusters(samples, {8}, 4, 1), clusters(100, {8}, 4, 2));
  job.options.batch = 24;
  job.options.clip_norm = 1;
  job.options.weight_decay = 1e-3;
  engine.fit(job, Progress::quiet());
  return {losses(job), bits(g), weights(g, "fc1.weight"), job.history.back().validation};
}

TEST(Processes, LearnWhatOneAloneDoes) {
  for (const int size : {2, 3})
    for (const size_t samples : {200U, 98U}) {  // last batches of 8 and of 2, fewer than three processes
      const Curve one = train(engine(), samples);
      std::vector<Curve> curves(static_cast<size_t>(size));
      expect_ok(
          together(size, [&](Engine& mine, int rank) { curves[static_cast<size_t>(rank)] = train(mine, samples); }));
      for (const Curve& curve : curves) {
        expect_near(curve.losses, one.losses, kRounding);
        EXPECT_EQ(curve.bits, curves[0].bits) << "all end with the same bits";
        ASSERT_EQ(curve.weights.size(), one.weights.size());
        for (size_t i = 0; i < one.weights.size(); ++i) ASSERT_NEAR(curve.weights[i], one.weights[i], 1e-3);
        ASSERT_TRUE(curve.validation);
        EXPECT_EQ(curve.validation->samples, one.validation->samples);
        EXPECT_NEAR(curve.validation->loss, one.validation->loss, 1e-3);
      }
    }
}

TEST(Processes, RepeatThemselvesBitForBit) {
  const auto run = [] {
    std::string all;
    expect_ok(together(2, [&](Engine& mine, int rank) {
      const Curve curve = train(mine, 98);
      if (rank == 0) all = curve.bits;
    }));
    return all;
  };
  EXPECT_EQ(run(), run());
}

TEST(Processes, ObserversSeeTheSumOfGradients) {
  const auto first_gradient = [](Engine& mine) {
    Graph g = perceptron(4, true);
    Job job = job_for(g, clusters(64, {8}, 4, 1));
    job.options.epochs = 1;
    std::vector<float> seen;
    Watcher watcher;
    watcher.wants = [](int64_t step) { return step == 0; };
    watcher.step = [&](State& state) {
      for (const Parameter& p : state.parameters()) seen.insert(seen.end(), p.gradient.begin(), p.gradient.end());
    };
    job.observer = &watcher;
    mine.fit(job, Progress::quiet());
    return seen;
  };
  const std::vector<float> one = first_gradient(engine());
  std::vector<float> two[2];
  expect_ok(together(2, [&](Engine& mine, int rank) { two[rank] = first_gradient(mine); }));
  EXPECT_EQ(two[0], two[1]);
  ASSERT_EQ(two[0].size(), one.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(two[0][i], one[i], 1e-5);
}

TEST(Processes, EvaluateEverySampleOnce) {
  const Graph g = perceptron(4);
  const DatasetPtr data = clusters(101, {8}, 4, 3);
  for (const int64_t batch : {10, 101}) {  // with one batch, all but the first have nothing to do
    const EvaluateOptions options{.batch = batch, .confusion = true, .on_logits = {}};
    const Evaluation one = engine().evaluate(g, *data, options, Progress::quiet());
    expect_ok(together(3, [&](Engine& mine, int) {
      const Evaluation all = mine.evaluate(g, *data, options, Progress::quiet());
      EXPECT_EQ(all.samples, one.samples);
      EXPECT_EQ(all.correct, one.correct);
      EXPECT_EQ(all.confusion, one.confusion);
      EXPECT_DOUBLE_EQ(all.top5, one.top5);
      EXPECT_NEAR(all.loss, one.loss, 1e-6);
    }));
  }
}

TEST(Processes, GoOnWhereAnotherNumberOfThemStopped) {
  const auto run = [](Engine& mine, std::vector<std::byte> resume, std::vector<std::byte>* kept) {
    Graph g = perceptron(4, true, 0.2F);
    Job job = job_for(g, clusters(120, {8}, 4, 1));
    job.options.ema = 0.9;
    job.resume = std::move(resume);
    if (kept)
      job.save = [&](std::span<const std::byte> bytes, int64_t epoch) {
        if (epoch == 1) kept->assign(bytes.begin(), bytes.end());
      };
    mine.fit(job, Progress::quiet());
    return losses(job);
  };
  std::vector<std::byte> of_one, of_two;
  const std::vector<double> whole = run(engine(), {}, &of_one);
  expect_ok(together(2, [&](Engine& mine, int rank) {
    expect_near(run(mine, {}, rank == 0 ? &of_two : nullptr), whole, kRounding);
    expect_near(run(mine, of_one, nullptr), whole, kRounding);
  }));
  expect_near(run(engine(), of_two, nullptr), whole, kRounding);
}

TEST(Processes, OneThatIsToldToStopStopsAll) {
  struct Impatient : Progress {
    std::atomic<bool> stop = false;
    bool cancelled() const override { return stop; }
  };
  const auto endings = together(2, [](Engine& mine, int rank) {
    Graph g = perceptron();
    Job job = job_for(g, clusters(200, {8}, 4, 1));
    job.options.epochs = 10000;
    Impatient progress;
    Watcher watcher;
    watcher.wants = [](int64_t step) { return step == 20; };
    watcher.step = [&](State&) { progress.stop = rank == 1; };
    job.observer = &watcher;
    mine.fit(job, progress);
  });
  for (const Ending& ending : endings) EXPECT_EQ(ending.code, Code::cancelled) << ending.message;
}

TEST(Processes, OneThatFailsEndsAll) {
  const auto start = std::chrono::steady_clock::now();
  const auto endings = together(2, [](Engine& mine, int rank) {
    Graph g = perceptron();
    Job job = job_for(g, clusters(200, {8}, 4, 1));
    job.options.epochs = 10000;
    Watcher watcher;
    watcher.wants = [](int64_t step) { return step == 20; };
    watcher.step = [&](State&) { ensure(rank == 0, "something broke"); };
    job.observer = &watcher;
    mine.fit(job, Progress::quiet());
  });
  EXPECT_EQ(endings[1].message, "something broke");
  EXPECT_EQ(endings[0].code, Code::io);
  EXPECT_THAT(endings[0].message, HasSubstr("rank 0 lost another of the 2 processes"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << "long before the timeout";
}

TEST(Processes, OneThatDoesNotComeIsMissed) {
  const int port = free_port();
  World world;
  world.size = 2;
  world.address = "127.0.0.1";
  world.port = port;
  const std::string text =
      message([&] { open_engine({.device = "cpu", .threads = 1, .world = world, .timeout = 1}); }, Code::io);
  EXPECT_THAT(text, HasSubstr("rank 0 cannot meet the other 1 processes"));
}

TEST(Processes, DifferentJobsAreRefused) {
  const auto endings = together(2, [](Engine& mine, int rank) {
    Graph g = perceptron(4, true, 0, /*seed=*/rank == 0 ? 1 : 2);
    Job job = job_for(g, clusters(64, {8}, 4, 1));
    mine.fit(job, Progress::quiet());
  });
  for (const Ending& ending : endings) {
    EXPECT_EQ(ending.code, Code::invalid);
    EXPECT_THAT(ending.message, HasSubstr("different weights, options or data"));
  }
}

TEST(Processes, WhatTheMainOneDoesReachesAll) {
  std::atomic<int> calls = 0;
  std::mutex mutex;
  expect_ok(together(3, [&](Engine& mine, int) {
    const Bytes told = on_main(&mine, [&] {
      ++calls;
      return wrap({Bytes(3, std::byte{9}), "text"});
    });
    const Parcel parcel = unwrap(told);
    const std::string error =
        message([&] { do_on_main(&mine, [] { fail(Code::limit, "the disk of rank 0 is full"); }); }, Code::limit);
    const std::lock_guard lock(mutex);
    EXPECT_EQ(parcel.bytes, Bytes(3, std::byte{9}));
    EXPECT_EQ(parcel.text, "text");
    EXPECT_EQ(error, "the disk of rank 0 is full");
  }));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace pare::testing
