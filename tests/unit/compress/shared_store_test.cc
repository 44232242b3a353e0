// What one process keeps, and all of them read.
#include "compress/shared_store.h"

#include <gtest/gtest.h>

#include <deque>

#include "compress/checkpoint.h"
#include "tests/support/compress_fixture.h"

namespace pare {
namespace {

// What the main process shares waits for the other one.
class HalfEngine : public testing::ToyEngine {
 public:
  HalfEngine(int rank, std::deque<std::vector<std::byte>>& wire) : wire_(wire) {
    world_.rank = rank;
    world_.size = 2;
  }
  const World& world() const override { return world_; }
  std::vector<std::byte> share(std::vector<std::byte> bytes) override {
    if (world_.is_main()) {
      wire_.push_back(bytes);
      return bytes;
    }
    bytes = wire_.front();
    wire_.pop_front();
    return bytes;
  }

 private:
  World world_;
  std::deque<std::vector<std::byte>>& wire_;
};

class Shared : public testing::CompressTest {};

TEST_F(Shared, DecisionsOfTheMainProcessReachAll) {
  std::deque<std::vector<std::byte>> wire;
  HalfEngine main(0, wire), other(1, wire);
  StepCheckpoint files(out());
  MemoryStore nothing;
  SharedStore first(main, files), second(other, nothing);
  const std::vector<std::byte> choice = {std::byte{4}, std::byte{2}}, another = {std::byte{7}};
  EXPECT_TRUE(first.decision(0).empty());
  EXPECT_TRUE(second.decision(0).empty());
  first.decide(0, choice);
  second.decide(0, another);
  EXPECT_EQ(first.decision(0), choice);
  EXPECT_EQ(second.decision(0), choice);
  EXPECT_TRUE(first.decision(1).empty());
  EXPECT_TRUE(second.decision(1).empty());
  EXPECT_TRUE(wire.empty());
}

}  // namespace
}  // namespace pare
