// Where samples come from: one reader per file in this folder, with a row at its end and a line in source_list.def.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/data/dataset.h"

namespace pare {

// Raw images (u8; C, H, W; channels in preprocessing.order) and class indices, before any split or preprocessing.
struct Source {
  DatasetPtr train, test;
  Preprocessing preprocessing;  // what is customary for this data
  int64_t classes = 0;
};

struct SourceDef {
  std::string_view name, summary;
  std::string_view argument;  // what follows the colon, such as "DIR"
  bool argument_needed;
  // Throws Error naming the file that is missing or broken.
  Source (*open)(const std::string& argument);
};
std::span<const SourceDef* const> source_list();

}  // namespace pare
