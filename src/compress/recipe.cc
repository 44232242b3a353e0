#include "compress/recipe.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/json_text.h"
#include "core/model_file.h"

namespace pare {
namespace {

struct Document {
  std::string summary;
  int64_t seed = 0;
  bool test_curves = false;
  std::vector<double> figures_at;
  Param data, train, steps, sweep;
  template <class V>
  void visit(V& v) {
    v.field("summary", summary, "what the recipe is for");
    v.field("seed", seed, "of weights, order and everything random", {0, 9e15});
    v.field("data", data, "KIND:PATH, or a map with source, validation, take, seed");
    v.field("train", train, "training options of all steps");
    v.field("steps", steps, "list of `name: {options}`");
    v.field("sweep", sweep, "options that take several values: `step.option: [values]`");
    v.field("test_curves", test_curves, "test figures after every epoch, for curves only");
    v.field("figures_at", figures_at, "epochs whose figures get columns of their own in the table");
  }
};

std::string place(const Param& param) { return param.where.empty() ? "" : param.where + ": "; }

// Puts "step x: " after the place at the front of a message: "recipe.yaml:7: step x: unknown option".
template <class Body>
auto in_step(const std::string& step, const Param& params, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Error& e) {
    const std::string what = e.what();
    const std::string file = params.where.substr(0, params.where.rfind(':') + 1);
    size_t at = 0;
    if (!file.empty() && what.starts_with(file)) {
      at = what.find_first_not_of("0123456789", file.size());
      at = what.compare(at, 2, ": ") == 0 ? at + 2 : 0;
    }
    throw Error(e.code(), (at == 0 ? place(params) : what.substr(0, at)) + "step " + step + ": " + what.substr(at));
  }
}

void check_step(const RecipeStep& step, const Param& train) {
  const std::string name(step.def->name);
  in_step(name, step.params, [&] { return step.def->plan(step.params, train); });
}

// `name`, or `name: {options}`.
RecipeStep read_step(const Param& item) {
  RecipeStep step;
  if (item.kind == Param::Kind::scalar) {
    step.def = &find_step(item.scalar, item.where);
    step.params = Param::map();
  } else {
    ensure(item.kind == Param::Kind::map && item.entries.size() == 1, "{}a step is one `name: {{options}}`",
           place(item));
    step.def = &find_step(item.entries.front().first, item.where);
    step.params = item.entries.front().second;
  }
  if (step.params.where.empty()) step.params.where = item.where;
  return step;
}

DataSource read_data(const Param& param) {
  DataSource data;
  if (param.kind == Param::Kind::scalar)
    data.source = param.scalar;
  else
    read_params(param, data);
  return data;
}

// "prune_weights.sparsity", "prune_weights[1].sparsity".
SweepAxis read_axis(const std::string& key, const Param& values, const std::vector<RecipeStep>& steps) {
  SweepAxis axis;
  axis.key = key;
  const size_t dot = key.find('.');
  ensure(dot != std::string::npos && dot > 0 && dot + 1 < key.size(), "{}sweep: expected `step.option`, got '{}'",
         place(values), key);
  std::string name = key.substr(0, dot);
  axis.option = key.substr(dot + 1);
  size_t wanted = 0;
  bool indexed = false;
  if (const size_t bracket = name.find('['); bracket != std::string::npos) {
    const char* const end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data() + bracket + 1, end, wanted);
    ensure(error == std::errc() && at + 1 == end && *at == ']', "{}sweep: expected `step[number].option`, got '{}'",
           place(values), key);
    name.resize(bracket);
    indexed = true;
  }
  const StepDef& def = find_step(name, values.where);
  std::vector<size_t> found;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].def == &def) found.push_back(i);
  }
  ensure(!found.empty(), "{}sweep: the recipe has no step {}", place(values), name);
  ensure(indexed || found.size() == 1, "{}sweep: the recipe has {} steps {}: say which, {}[0].{}", place(values),
         found.size(), name, name, axis.option);
  ensure(wanted < found.size(), "{}sweep: the recipe has {} steps {}, counted from 0", place(values), found.size(),
         name);
  axis.step = found[wanted];
  ensure(values.kind == Param::Kind::list && !values.items.empty(), "{}sweep: '{}' needs a list of values",
         place(values), key);
  axis.values = values.items;
  return axis;
}

nlohmann::ordered_json plan_steps(const std::vector<RecipeStep>& steps, const Param& train) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const RecipeStep& step : steps) {
    StepPlan plan = step.def->plan(step.params, train);
    list.push_back({{"step", step.def->name}, {"epochs", plan.epochs}, {"options", std::move(plan.options)}});
  }
  return list;
}

}  // namespace

Recipe parse_recipe(std::string_view text, const std::string& name) {
  const Param root = param_from_yaml(text, name);
  ensure(root.kind == Param::Kind::map, "{}: a recipe is a map with `steps:`", name);
  Document document;
  read_params(root, document);

  Recipe recipe;
  recipe.name = name;
  recipe.summary = document.summary;
  recipe.seed = static_cast<uint64_t>(document.seed);
  recipe.data = read_data(document.data);
  recipe.test_curves = document.test_curves;
  recipe.figures_at = document.figures_at;
  if (!document.train.is_null()) recipe.train = document.train;
  in_step("defaults (train:)", recipe.train, [&] { return find_step("train", "").plan(Param::map(), recipe.train); });

  ensure(document.steps.kind == Param::Kind::list && !document.steps.items.empty(),
         "{}: a recipe needs a list of `steps:`", name);
  for (const Param& item : document.steps.items) recipe.steps.push_back(read_step(item));
  ensure(document.sweep.is_null() || document.sweep.kind == Param::Kind::map,
         "{}sweep: expected a map of `step.option: [values]`", place(document.sweep));
  for (const auto& [key, values] : document.sweep.entries) recipe.sweep.push_back(read_axis(key, values, recipe.steps));
  std::stable_sort(recipe.sweep.begin(), recipe.sweep.end(),
                   [](const SweepAxis& a, const SweepAxis& b) { return a.step < b.step; });

  for (const RecipeRow& row : expand(recipe)) {
    for (const RecipeStep& step : row.steps) check_step(step, recipe.train);
  }
  return recipe;
}

Recipe load_recipe(const std::string& path) {
  constexpr uint64_t kMostBytes = 1 << 20;
  const std::vector<std::byte> bytes = read_file(path, kMostBytes);
  return parse_recipe({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

std::vector<RecipeRow> expand(const Recipe& recipe) {
  constexpr size_t kMostRows = 10000;
  std::vector<RecipeRow> rows{{.name = "", .settings = nlohmann::ordered_json::object(), .steps = recipe.steps}};
  for (const SweepAxis& axis : recipe.sweep) {
    ensure(rows.size() <= kMostRows / axis.values.size(), "{}: sweep has more than {} combinations", recipe.name,
           kMostRows);
    std::vector<RecipeRow> next;
    for (const RecipeRow& row : rows) {
      for (const Param& value : axis.values) {
        RecipeRow changed = row;
        Param& params = changed.steps[axis.step].params;
        if (params.is_null()) {
          const std::string where = params.where;
          params = Param::map();
          params.where = where;
        }
        params.set_path(axis.option, value);
        const std::string text = value.kind == Param::Kind::scalar ? value.scalar : json_text(to_json(value));
        changed.name += (row.name.empty() ? "" : " ") + axis.key + "=" + text;
        changed.settings[axis.key] = to_json(value);
        next.push_back(std::move(changed));
      }
    }
    rows = std::move(next);
  }
  return rows;
}

void check_recipe(const Recipe& recipe, const Graph& graph, bool has_data) {
  for (const RecipeRow& row : expand(recipe)) {
    for (const RecipeStep& step : row.steps) {
      in_step(std::string(step.def->name), step.params, [&] {
        const StepPlan plan = step.def->plan(step.params, recipe.train);
        ensure(has_data || (plan.epochs == 0 && !plan.needs_data),
               "it {} and needs data: name it with --data or in the recipe",
               plan.epochs > 0 ? "trains" : "looks at samples");
        if (step.def->check) step.def->check(graph, step.params, recipe.train);
      });
    }
  }
}

nlohmann::ordered_json plan_of(const Recipe& recipe) {
  nlohmann::ordered_json plan;
  plan["recipe"] = recipe.name;
  plan["seed"] = recipe.seed;
  plan["data"] = params_to_json(recipe.data);
  plan["test_curves"] = recipe.test_curves;
  plan["rows"] = nlohmann::ordered_json::array();
  for (const RecipeRow& row : expand(recipe)) {
    plan["rows"].push_back(
        {{"name", row.name}, {"settings", row.settings}, {"steps", plan_steps(row.steps, recipe.train)}});
  }
  return plan;
}

std::string plan_to_text(const nlohmann::ordered_json& plan) {
  std::string text = fmt::format("{}, seed {}, data {}\n", plan.at("recipe").get<std::string>(),
                                 plan.at("seed").get<uint64_t>(), plan.at("data").at("source").get<std::string>());
  for (const auto& row : plan.at("rows")) {
    if (const auto& name = row.at("name").get_ref<const std::string&>(); !name.empty()) text += name + "\n";
    for (const auto& step : row.at("steps")) {
      text +=
          fmt::format("  {:<14} {:>4} epochs ", step.at("step").get<std::string>(), step.at("epochs").get<int64_t>());
      for (const auto& [key, value] : step.at("options").items()) text += fmt::format(" {}={}", key, json_text(value));
      text += "\n";
    }
  }
  return text;
}

}  // namespace pare
