// The ONNX project's own node tests (../shared/data/onnx_node_tests.tar.gz): every one through import, engine, export
// and import again. onnx_node_skips.txt says which cannot pass, and why; a line there that passes is a failure too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/onnx/tensor_proto.h"
#include "core/params.h"
#include "tests/support/command.h"
#include "tests/support/torch_engine.h"

namespace pare::testing {
namespace {

namespace fs = std::filesystem;

// Of ONNX's own runner.
constexpr double kRelative = 1e-3, kAbsolute = 1e-7;

struct Skip {
  std::string pattern, reason;
  bool used = false;
};

std::vector<Skip> read_skips() {
  std::ifstream file(PARE_SOURCE_DIR "/tests/ops/onnx_node_skips.txt");
  std::vector<Skip> skips;
  std::string reason;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# ")) reason = line.substr(2);
    if (!line.empty() && line[0] != '#') skips.push_back({line, reason});
  }
  return skips;
}

Tensor read_pb(const fs::path& path) {
  const std::string bytes = pare::test::read_text(path);
  WireSource wire(bytes, uint64_t{1} << 30);
  TensorSource source{wire, nullptr, ExternalFiles("")};
  return read_tensor(source, bytes).tensor;
}

// "" when they agree.
std::string difference_of(const Tensor& got, const Tensor& wanted) {
  if (got.dtype() != wanted.dtype())
    return fmt::format("type {} instead of {}", name_of(got.dtype()), name_of(wanted.dtype()));
  if (got.shape() != wanted.shape())
    return fmt::format("shape [{}] instead of [{}]", fmt::join(got.shape(), ","), fmt::join(wanted.shape(), ","));
  if (!is_float(got.dtype())) return got == wanted ? "" : "other values";
  const Tensor a = cast(got, DType::f64), b = cast(wanted, DType::f64);
  for (int64_t i = 0; i < a.size(); ++i) {
    const double x = a.view<double>()[static_cast<size_t>(i)], y = b.view<double>()[static_cast<size_t>(i)];
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    if (!(std::fabs(x - y) <= kAbsolute + kRelative * std::fabs(y)))
      return fmt::format("element {} is {} instead of {}", i, x, y);
  }
  return "";
}

std::string outcome_of(const fs::path& folder) {
  try {
    const Graph graph = import_onnx((folder / "model.onnx").string());
    const Graph again = parse_onnx(serialize_onnx(graph), "exported");
    const fs::path data = folder / "test_data_set_0";
    std::vector<Tensor> inputs, outputs;
    for (size_t i = 0; i < graph.inputs.size(); ++i) inputs.push_back(read_pb(data / fmt::format("input_{}.pb", i)));
    for (size_t i = 0; i < graph.outputs.size(); ++i) outputs.push_back(read_pb(data / fmt::format("output_{}.pb", i)));
    for (const Graph* g : {&graph, &again}) {
      const std::vector<Tensor> got = engine().run(*g, inputs);
      for (size_t i = 0; i < outputs.size(); ++i) {
        const std::string difference = difference_of(got.at(i), outputs[i]);
        if (!difference.empty())
          return fmt::format("{}output {}: {}", g == &again ? "after export, " : "", i, difference);
      }
    }
    return "";
  } catch (const std::exception& e) {
    return std::string(e.what()).substr(0, 300);
  }
}

TEST(OnnxNodeTests, PassOrAreListedWithAReason) {
  const std::string shared = pare::test::shared_folder();
  const std::string archive = shared + "/data/onnx_node_tests.tar.gz";
  if (shared.empty() || !fs::exists(archive)) GTEST_SKIP() << "no ONNX node tests (PARE_SHARED)";
  const fs::path folder = fs::temp_directory_path() / fmt::format("pare-node-tests-{}", ::getpid());
  fs::create_directories(folder);
  ASSERT_EQ(std::system(fmt::format("tar xzf '{}' -C '{}'", archive, folder.string()).c_str()), 0);
  std::vector<fs::path> tests;
  for (const char* kind : {"node", "simple"}) {
    for (const auto& entry : fs::directory_iterator(folder / kind)) tests.push_back(entry.path());
  }
  std::sort(tests.begin(), tests.end());
  std::vector<Skip> skips = read_skips();
  std::map<std::string, int> reasons;
  int passed = 0, skipped = 0;
  for (const fs::path& test : tests) {
    const std::string name = test.filename();
    const auto skip =
        std::find_if(skips.begin(), skips.end(), [&](const Skip& s) { return glob_match(s.pattern, name); });
    const std::string outcome = outcome_of(test);
    if (skip == skips.end()) {
      EXPECT_EQ(outcome, "") << name;
      passed += outcome.empty();
      continue;
    }
    EXPECT_NE(outcome, "") << name << " passes, but onnx_node_skips.txt lists it";
    skip->used = true;
    ++skipped;
    ++reasons[skip->reason];
  }
  for (const Skip& skip : skips) EXPECT_TRUE(skip.used) << skip.pattern << " matches no test";
  std::printf("ONNX node tests: %d passed, %d skipped, %zu in all\n", passed, skipped, tests.size());
  for (const auto& [reason, count] : reasons) std::printf("  %4d skipped: %s\n", count, reason.c_str());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace pare::testing
