#include "core/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/error.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

World of(const Variables& variables) {
  return world_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string error_of(const Variables& variables) {
  try {
    of(variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid);
    return error.what();
  }
  return "no error";
}

const Variables kTorchrun = {{"RANK", "3"},
                             {"WORLD_SIZE", "4"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "2"},
                             {"MASTER_ADDR", "10.0.0.1"},
                             {"MASTER_PORT", "29500"}};
const Variables kSlurm = {{"SLURM_PROCID", "5"},
                          {"SLURM_NTASKS", "8"},
                          {"SLURM_LOCALID", "1"},
                          {"SLURM_JOB_ID", "1234"},
                          {"SLURM_STEP_NODELIST", "node[003-006,9],gpu1"},
                          {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.9"}};

Variables with(Variables all, const std::string& name, const std::string& value) {
  all[name] = value;
  return all;
}

TEST(World, IsOneProcessUnlessTheEnvironmentSaysMore) {
  for (const Variables& variables : {Variables{}, Variables{{"WORLD_SIZE", "1"}}, Variables{{"RANK", "7"}}}) {
    const World world = of(variables);
    EXPECT_FALSE(world.several());
    EXPECT_TRUE(world.is_main());
  }
}

TEST(World, ReadsWhatTorchrunSets) {
  const World world = of(kTorchrun);
  EXPECT_EQ(world.rank, 3);
  EXPECT_EQ(world.size, 4);
  EXPECT_EQ(world.local_rank, 1);
  EXPECT_EQ(world.local_size, 2);
  EXPECT_EQ(world.address, "10.0.0.1");
  EXPECT_EQ(world.port, 29500);
  EXPECT_FALSE(world.is_main());
  EXPECT_FALSE(world.has_server);
  EXPECT_TRUE(of(with(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE", "True")).has_server);
}

TEST(World, ReadsWhatSrunSets) {
  const World world = of(kSlurm);
  EXPECT_EQ(world.rank, 5);
  EXPECT_EQ(world.size, 8);
  EXPECT_EQ(world.local_rank, 1);
  EXPECT_EQ(world.address, "node003");
  EXPECT_GT(world.port, 1024);
  EXPECT_NE(of(with(kSlurm, "SLURM_JOB_ID", "1235")).port, world.port) << "jobs do not meet";
  EXPECT_EQ(of(with(kSlurm, "SLURM_STEP_NODELIST", "a1,a2")).address, "a1");
  EXPECT_EQ(of(with(kSlurm, "SLURM_STEP_NODELIST", "r[2-3]n[7,9]")).address, "r2n7");
  EXPECT_EQ(of(with(kSlurm, "MASTER_ADDR", "b")).address, "b");
  EXPECT_EQ(of(with(kSlurm, "SLURM_STEP_NUM_TASKS", "6")).size, 6);
  Variables nodeless = kSlurm;
  nodeless.erase("SLURM_STEP_NODELIST");
  EXPECT_EQ(of(nodeless).address, "10.0.0.9");
}

TEST(World, ABatchScriptIsAlone) {
  EXPECT_FALSE(of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "1"}}).several());
}

TEST(World, NamesTheVariableThatIsWrong) {
  for (const char* name : {"RANK", "MASTER_ADDR", "MASTER_PORT"}) {
    Variables cut = kTorchrun;
    cut.erase(name);
    EXPECT_THAT(error_of(cut), HasSubstr(std::string(name) + " is missing"));
  }
  EXPECT_THAT(error_of(with(kTorchrun, "RANK", "4")), HasSubstr("RANK is '4', not a number of 0 to 3"));
  EXPECT_THAT(error_of(with(kTorchrun, "WORLD_SIZE", "2x")), HasSubstr("WORLD_SIZE is '2x'"));
  EXPECT_THAT(error_of(with(kTorchrun, "MASTER_PORT", "0")), HasSubstr("MASTER_PORT"));
}

}  // namespace
}  // namespace pare
