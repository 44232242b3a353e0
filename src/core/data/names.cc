#include "core/data/names.h"

#include <algorithm>

#include "core/error.h"
#include "core/params.h"

namespace pare {

ClassNames::ClassNames(std::vector<std::string> found, const std::vector<std::string>& of_model,
                       const std::string& where) {
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  ensure(!found.empty(), "{}: no classes", where);
  ensure(found.size() > 1, "{}: only one class, '{}': there is nothing to tell apart", where, found[0]);
  auto known = [&](const std::string& name) {
    return std::find(of_model.begin(), of_model.end(), name) != of_model.end();
  };
  const auto stranger = std::find_if_not(found.begin(), found.end(), known);
  const bool knows_some = std::any_of(found.begin(), found.end(), known);
  ensure(!knows_some || stranger == found.end(), "{}: class '{}' is none of the model's", where,
         stranger == found.end() ? "" : *stranger);
  names_ = knows_some ? of_model : std::move(found);
  for (size_t i = 0; i < names_.size(); ++i) numbers_.emplace(names_[i], static_cast<int64_t>(i));
}

int64_t ClassNames::index(const std::string& name, const std::string& where) const {
  const auto found = numbers_.find(name);
  ensure(found != numbers_.end(), "{}: '{}' is no class of the training data", where, name);
  return found->second;
}

}  // namespace pare
