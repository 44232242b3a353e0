// Recipes come from anywhere: any bytes give options, a plan, or an Error that names the place, in bounded time and
// memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "compress/recipe.h"
#include "core/error.h"
#include "core/params.h"

namespace {

// One field of every kind an options struct can have.
struct Options {
  bool flag = false;
  int64_t count = 1;
  double share = 0.5;
  std::string mode = "a";
  std::vector<std::string> names;
  std::vector<double> numbers;
  pare::PerLayer<double> ratio{0.5};
  pare::PerLayer<int64_t> bits{8};
  pare::Param rest;

  void visit(pare::ParamVisitor& v) {
    v.field("flag", flag, "on or off");
    v.field("count", count, "how many", {0, 100});
    v.field("share", share, "how much", {0, 1});
    v.field("mode", mode, "which", {"a", "b"});
    v.field("names", names, "texts");
    v.field("numbers", numbers, "numbers");
    v.field("ratio", ratio, "share removed", {0, 1});
    v.field("bits", bits, "bits of the levels", {1, 32});
    v.field("rest", rest, "anything");
  }
};

}  // namespace

static void read_options(std::string_view text) {
  const pare::Param param = pare::param_from_yaml(text, "recipe.yaml");
  // What can be read can be written as JSON and read again.
  const auto json = pare::to_json(param);
  if (pare::to_json(pare::param_from_json(json)) != json) __builtin_trap();
  Options options;
  pare::read_params(param, options);
  if (options.count < 0 || options.count > 100 || !(options.share >= 0 && options.share <= 1)) __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    read_options(text);
  } catch (const pare::Error&) {
  }
  try {
    const pare::Recipe recipe = pare::parse_recipe(text, "recipe.yaml");
    pare::expand(recipe);
    pare::plan_of(recipe);
  } catch (const pare::Error&) {
  }
  return 0;
}
