// The ONNX checker and ONNX's own shape inference on what we export: op by op and network by network, opset 11 to 17.
#include <gtest/gtest.h>

#include "core/onnx/onnx.h"
#include "core/zoo/zoo.h"
#include "tests/support/op_cases.h"
#include "tests/support/ort.h"

namespace pare::testing {
namespace {

class Checker : public ::testing::TestWithParam<int64_t> {
 protected:
  // Writes a model in the opset under test; what that opset cannot say is left out.
  void write(const Graph& graph, const std::string& name) {
    ExportOptions options;
    options.opset = GetParam();
    const std::string path = folder_ / (name + ".onnx");
    try {
      export_onnx(graph, path, options);
      paths_.push_back(path);
    } catch (const Error& e) {
      ASSERT_EQ(e.code(), Code::unsupported) << name << ": " << e.what();
      refused_.push_back(name);
    }
  }
  void expect_clean() const {
    const Findings findings = check_onnx(paths_);
    if (findings.status == 77) GTEST_SKIP() << "python3-onnx is not installed";
    EXPECT_EQ(findings.status, 0) << findings.text;
    EXPECT_EQ(findings.text, "");
  }
  pare::test::TempFolder folder_;
  std::vector<std::string> paths_, refused_;
};

TEST_P(Checker, AcceptsEveryOp) {
  for (const OpCase& c : op_cases()) write(c.graph, c.name);
  std::vector<std::string> expected;  // what came later
  for (const OpCase& c : op_cases())
    if (c.since > GetParam()) expected.push_back(c.name);
  EXPECT_EQ(refused_, expected);
  expect_clean();
}

TEST_P(Checker, AcceptsTheZoo) {
  const bool all = GetParam() == 17;
  for (const Architecture* a : architecture_list()) {
    // Large ones once: they use the same ops.
    if (a->parameters > 30'000'000 || (!all && a->parameters > 2'000'000)) continue;
    write(build(a->name), std::string(a->name));
  }
  EXPECT_TRUE(refused_.empty());
  expect_clean();
}

INSTANTIATE_TEST_SUITE_P(Opsets, Checker, ::testing::Values(11, 12, 13, 14, 15, 16, 17));

}  // namespace
}  // namespace pare::testing
