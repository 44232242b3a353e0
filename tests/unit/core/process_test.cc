#include "core/process.h"

#include <gtest/gtest.h>

#include <chrono>

#include "core/error.h"

namespace pare {
namespace {

ProcessResult run(const std::string& command, std::vector<std::string> arguments = {}, double timeout = 60) {
  return run_shell(command, arguments, timeout, Progress::quiet());
}

TEST(Process, GivesStatusAndBothStreams) {
  const ProcessResult result = run("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(run("kill -TERM $$").status, 128 + 15);
}

TEST(Process, ArgumentsAreNotReadByTheShell) {
  const std::string evil = "a b; echo $(date) 'x' \"y\" `id`";
  EXPECT_EQ(run("printf %s \"$1\"", {evil}).out, evil);
}

TEST(Process, KeepsTheEndOfMuchOutput) {
  const ProcessResult result = run("i=0; while [ $i -lt 30000 ]; do echo line $i; i=$((i+1)); done; echo last");
  EXPECT_LE(result.out.size(), 65536U);
  EXPECT_TRUE(result.out.ends_with("\nlast\n"));
}

TEST(Process, StandardInputIsEmpty) { EXPECT_EQ(run("cat; echo end").out, "end\n"); }

TEST(Process, EndsAtTheTimeOutWithAllThatItStarted) {
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = run("sleep 100 & sleep 100", {}, 0.2);
  EXPECT_TRUE(result.timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(50));
}

TEST(Process, WhatStaysInTheBackgroundIsNotWaitedFor) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run("sleep 100 & echo done").out, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(50));
}

TEST(Process, StopsWhenTheWorkIsCancelled) {
  struct Cancelled : Progress {
    bool cancelled() const override { return true; }
  } cancelled;
  EXPECT_THROW(run_shell("sleep 100", {}, 60, cancelled), Error);
}

}  // namespace
}  // namespace pare
