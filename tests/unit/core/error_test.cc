#include "core/error.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/progress.h"

namespace pare {
namespace {

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Error, SaysPlaceAndReason) {
  EXPECT_EQ(message_of([] {
              raise({Code::corrupt, "checksum differs", 12}, "net.pare");
            }),
            "net.pare: checksum differs (at byte 12)");
  EXPECT_EQ(message_of([] { raise({Code::corrupt, "checksum differs"}, "net.pare"); }), "net.pare: checksum differs");
  EXPECT_EQ(message_of([] { within("step prune", [] { ensure(1 > 2, "ratio {}", 3); }); }), "step prune: ratio 3");
  EXPECT_EQ(take(Result<int>(3), "x"), 3);
}

TEST(Error, EndsWithTheStatusOfItsKind) {
  EXPECT_EQ(exit_status(Code::ok), 0);
  EXPECT_EQ(exit_status(Code::invalid), 2);
  EXPECT_EQ(exit_status(Code::truncated), 2);
  EXPECT_EQ(exit_status(Code::missing), 3);
  EXPECT_EQ(exit_status(Code::internal), 3);
  EXPECT_EQ(exit_status(Code::io), 4);
  EXPECT_EQ(exit_status(Code::cancelled), 130);
}

struct Recorder : Progress {
  int open = 0;
  bool stop = false;
  void begin(std::string_view, uint64_t) override { ++open; }
  void end() override { --open; }
  bool cancelled() const override { return stop; }
};

TEST(Progress, StageClosesAndStops) {
  Recorder recorder;
  try {
    Stage stage(recorder, "training", 10);
    EXPECT_EQ(recorder.open, 1);
    stage.check();
    recorder.stop = true;
    stage.check();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::cancelled);
  }
  EXPECT_EQ(recorder.open, 0);
}

}  // namespace
}  // namespace pare
