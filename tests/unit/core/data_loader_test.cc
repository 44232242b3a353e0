#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <stdexcept>

#include "core/data/dataset.h"
#include "core/random.h"

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

}  // namespace
}  // namespace pare
