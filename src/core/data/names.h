// Classes that the data calls by name, and their numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pare {

// When the model names its classes and knows all of the data's, the model's numbers are used, so that a model can be
// measured on some of its classes. When it knows none, classes are numbered in the order of their names.
class ClassNames {
 public:
  // `where` is used in messages. Error(invalid) for fewer than two classes, or when the model knows only some of them.
  ClassNames(std::vector<std::string> found, const std::vector<std::string>& of_model, const std::string& where);
  int64_t index(const std::string& name, const std::string& where) const;  // Error(invalid) for any other name
  int64_t count() const { return static_cast<int64_t>(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, int64_t> numbers_;
};

}  // namespace pare
