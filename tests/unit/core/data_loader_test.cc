#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/support/memory_dataset.h"

namespace pare {
namespace {

// Sample i is (i, draw) with target i; one sample may be made to fail.
class Counting final : public Dataset {
 public:
  explicit Counting(size_t size, size_t fails_at = ~size_t{0}) : size_(size), fails_at_(fails_at) {
    spec_.inputs = {{DType::u64, {2}}};
  }
  size_t size() const override { return size_; }
  const SampleSpec& spec() const override { return spec_; }
  void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
    if (index == fails_at_) throw std::runtime_error("sample is broken");
    ++reads;
    const uint64_t values[2] = {index, draw};
    std::memcpy(out.inputs[0].data(), values, sizeof values);
    const auto target = static_cast<int64_t>(index);
    std::memcpy(out.target.data(), &target, sizeof target);
  }
  mutable std::atomic<int> reads = 0;

 private:
  size_t size_, fails_at_;
  SampleSpec spec_;
};

struct Seen {
  std::vector<int64_t> sizes, targets;
  std::vector<uint64_t> values;
  friend bool operator==(const Seen&, const Seen&) = default;
};
Seen run(const DatasetPtr& data, const Loader::Options& options) {
  Loader loader(data, options);
  Seen seen;
  Batch batch;
  while (loader.next(batch)) {
    seen.sizes.push_back(batch.size);
    const auto targets = batch.target.view<int64_t>();
    const auto values = batch.inputs[0].view<uint64_t>();
    EXPECT_EQ(batch.inputs[0].shape(), (Shape{batch.size, 2}));
    seen.targets.insert(seen.targets.end(), targets.begin(), targets.end());
    seen.values.insert(seen.values.end(), values.begin(), values.end());
  }
  EXPECT_EQ(std::ssize(seen.sizes), loader.batches());
  EXPECT_FALSE(loader.next(batch));
  return seen;
}

TEST(Loader, ReadsInOrderWithASmallerLastBatch) {
  const Seen seen = run(std::make_shared<Counting>(10), {.batch = 4});
  EXPECT_EQ(seen.sizes, (std::vector<int64_t>{4, 4, 2}));
  EXPECT_EQ(seen.targets, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(run(std::make_shared<Counting>(10), {.batch = 4, .drop_last = true}).sizes, (std::vector<int64_t>{4, 4}));
  EXPECT_TRUE(run(std::make_shared<Counting>(0), {}).sizes.empty());
}

TEST(Loader, GivesTheSameBatchesForAnyNumberOfThreads) {
  const auto data = std::make_shared<Counting>(1003);
  const Loader::Options one{.batch = 16, .shuffle = true, .seed = 5, .epoch = 2, .threads = 1, .ahead = 1};
  const Seen expected = run(data, one);
  for (int threads : {2, 3, 8})
    for (int ahead : {1, 4, 100}) {
      Loader::Options options = one;
      options.threads = threads;
      options.ahead = ahead;
      EXPECT_EQ(run(data, options), expected);
    }
}

TEST(Loader, ShufflesBySeedAndEpoch) {
  const auto data = std::make_shared<Counting>(100);
  Loader::Options options{.batch = 10, .shuffle = true, .seed = 1, .epoch = 1};
  const Seen first = run(data, options);
  std::vector<int64_t> sorted = first.targets;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted.front(), 0);
  EXPECT_EQ(sorted.back(), 99);
  EXPECT_EQ(std::ranges::unique(sorted).size(), 0U);
  options.epoch = 2;
  EXPECT_NE(run(data, options).targets, first.targets);
  options.epoch = 1;
  options.seed = 2;
  EXPECT_NE(run(data, options).targets, first.targets);
}

TEST(Loader, DrawsDifferBySampleAndEpoch) {
  const auto data = std::make_shared<Counting>(3);
  const Seen a = run(data, {.batch = 3, .seed = 1, .epoch = 1}), b = run(data, {.batch = 3, .seed = 1, .epoch = 2});
  EXPECT_EQ(a.values[1], mix({1, 1, 0}));
  for (size_t i : {1, 3, 5}) {
    EXPECT_NE(a.values[i], 0U);
    EXPECT_NE(a.values[i], b.values[i]);
  }
  EXPECT_NE(a.values[1], a.values[3]);
}

TEST(Loader, PassesOnWhatAReaderThrows) {
  for (int threads : {1, 3}) {
    Loader loader(std::make_shared<Counting>(10, 5), {.batch = 2, .threads = threads});
    Batch batch;
    EXPECT_TRUE(loader.next(batch));
    EXPECT_TRUE(loader.next(batch));
    EXPECT_THROW(loader.next(batch), std::runtime_error);
  }
}

TEST(Loader, CanBeDroppedEarlyAndReadsNoFurtherThanAsked) {
  const auto data = std::make_shared<Counting>(10'000);
  {
    Loader loader(data, {.batch = 10, .threads = 2, .ahead = 3});
    Batch batch;
    EXPECT_TRUE(loader.next(batch));
  }
  EXPECT_LE(data->reads, 10 * (1 + 3));
}

TEST(Loader, ABatchThatIsKeptIsNotOverwritten) {
  Loader loader(std::make_shared<Counting>(6), {.batch = 2});
  Batch batch;
  ASSERT_TRUE(loader.next(batch));
  const Tensor kept = batch.target;
  while (loader.next(batch)) {
  }
  EXPECT_EQ(kept.view<int64_t>()[0], 0);
  EXPECT_EQ(kept.view<int64_t>()[1], 1);
}

// Samples 0..9 in batches of 4, 4 and 2, read by three.
TEST(Loader, PartsMakeTheBatchesThatOneAloneReads) {
  const auto data = std::make_shared<Counting>(10);
  Loader::Options options{.batch = 4, .shuffle = true, .seed = 3};
  Loader whole(data, options);
  options.parts = 3;
  std::vector<std::unique_ptr<Loader>> parts;
  for (options.part = 0; options.part < 3; ++options.part) parts.push_back(std::make_unique<Loader>(data, options));
  Batch one, part;
  for (int64_t empty = 0; whole.next(one);) {
    const auto expected = one.inputs[0].view<uint64_t>();
    int64_t at = 0;
    for (const auto& loader : parts) {
      ASSERT_TRUE(loader->next(part));
      EXPECT_EQ(part.whole, one.size);
      const auto values = part.inputs[0].view<uint64_t>();
      if (part.size == 0) {  // a sample that does not count
        ++empty;
        EXPECT_EQ(values.size(), 2U);
        continue;
      }
      EXPECT_EQ(part.first, at);
      EXPECT_TRUE(std::equal(values.begin(), values.end(), expected.begin() + 2 * at)) << "samples and draws";
      at += part.size;
    }
    EXPECT_EQ(at, one.size);
    EXPECT_EQ(empty, one.size < 3 ? 1 : 0);
  }
}

// 90 samples of class 0, 9 of class 1 and 1 of class 2; the input is the number of the sample.
DatasetPtr uneven() {
  std::vector<float> inputs(100);
  std::iota(inputs.begin(), inputs.end(), 0.0F);
  std::vector<int64_t> classes(100, 0);
  std::fill(classes.begin() + 90, classes.end(), 1);
  classes.back() = 2;
  return std::make_shared<testing::MemoryDataset>(Shape{1}, inputs, classes);
}

TEST(Loader, BalancedSamplingDrawsEveryClassEquallyOften) {
  std::vector<float> first;
  for (const int64_t epoch : {1, 1, 2}) {
    Loader loader(uneven(), {.batch = 7, .seed = 3, .epoch = epoch, .balanced = true});
    std::vector<int> count(3);
    std::vector<float> seen;
    Batch batch;
    while (loader.next(batch)) {
      for (const int64_t label : batch.target.view<int64_t>()) ++count[static_cast<size_t>(label)];
      const auto values = batch.inputs[0].view<float>();
      seen.insert(seen.end(), values.begin(), values.end());
    }
    std::ranges::sort(count);
    EXPECT_EQ(count, (std::vector<int>{33, 33, 34}));
    for (float sample = 90; sample < 99; ++sample) EXPECT_GE(std::ranges::count(seen, sample), 3);
    for (float sample = 0; sample < 90; ++sample) EXPECT_LE(std::ranges::count(seen, sample), 1);
    if (first.empty())
      first = seen;
    else
      EXPECT_EQ(first == seen, epoch == 1);
  }
}

TEST(Loader, RepeatedSamplesAreDrawnAnew) {
  class One final : public Dataset {  // the draw of each sample is its input
   public:
    One() { spec_.inputs = {{DType::u64, {}}}; }
    size_t size() const override { return 20; }
    const SampleSpec& spec() const override { return spec_; }
    int64_t label(size_t index) const override { return index == 0 ? 1 : 0; }
    void read(size_t index, uint64_t draw, const SampleBuffer& out) const override {
      const int64_t target = label(index);
      std::memcpy(out.inputs[0].data(), &draw, sizeof draw);
      std::memcpy(out.target.data(), &target, sizeof target);
    }

   private:
    SampleSpec spec_;
  };
  Loader loader(std::make_shared<One>(), {.batch = 20, .seed = 1, .balanced = true});
  Batch batch;
  ASSERT_TRUE(loader.next(batch));
  const auto draws = batch.inputs[0].view<uint64_t>();
  EXPECT_EQ(std::set<uint64_t>(draws.begin(), draws.end()).size(), 20U);
}

TEST(Loader, MixupMixesInputsAndTargetsAlike) {
  // The input is the distribution itself, so each mixture must equal its target.
  std::vector<float> inputs;
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < 64; ++i) {
    classes.push_back(i % 4);
    for (int64_t c = 0; c < 4; ++c) inputs.push_back(c == i % 4 ? 1 : 0);
  }
  const auto data = std::make_shared<testing::MemoryDataset>(Shape{4}, inputs, classes);
  std::set<float> shares;
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    Loader loader(data, {.batch = 32, .shuffle = true, .seed = 9, .epoch = epoch, .mixup = 0.5, .classes = 4});
    Batch batch;
    while (loader.next(batch)) {
      EXPECT_EQ(batch.target.shape(), (Shape{32, 4}));
      EXPECT_EQ(batch.inputs[0], batch.target);
      const auto target = batch.target.view<float>();
      float sum = 0, least = 1;
      for (const float v : target) {
        sum += v;
        if (v > 0) least = std::min(least, v);
      }
      EXPECT_NEAR(sum, 32, 1e-4);
      shares.insert(least);
    }
  }
  EXPECT_GT(shares.size(), 5U);
  Loader unknown(data, {.batch = 32, .mixup = 0.5, .classes = 3});
  Batch batch;
  EXPECT_THROW(unknown.next(batch), Error);
}

TEST(Loader, PartsOfMixedBatchesMakeTheWholeBatch) {
  for (const int64_t parts : {2, 3}) {
    const Loader::Options options{.batch = 12, .shuffle = true, .seed = 2, .mixup = 1, .classes = 3};
    std::vector<float> whole, joined;
    Batch batch;
    Loader alone(uneven(), options);
    std::vector<std::unique_ptr<Loader>> together;
    for (int64_t part = 0; part < parts; ++part) {
      Loader::Options own = options;
      own.part = part, own.parts = parts;
      together.push_back(std::make_unique<Loader>(uneven(), own));
    }
    for (int64_t k = 0; k < 8; ++k) {  // all whole batches
      for (int64_t part = -1; part < parts; ++part) {
        ASSERT_TRUE(part < 0 ? alone.next(batch) : together[static_cast<size_t>(part)]->next(batch));
        std::vector<float>& seen = part < 0 ? whole : joined;
        for (const Tensor& t : {batch.inputs[0], batch.target})
          if (t.rank() == 2) seen.insert(seen.end(), t.view<float>().begin(), t.view<float>().end());
      }
    }
    std::ranges::sort(whole), std::ranges::sort(joined);
    EXPECT_EQ(whole, joined);
  }
}

}  // namespace
}  // namespace pare
