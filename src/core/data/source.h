// Where samples come from: one reader per file in this folder, with a row at its end and a line in source_list.def.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/data/dataset.h"

namespace pare {

// What is asked for. Readers of data that could come in several forms give the one that fits the model.
struct SourceRequest {
  std::string argument;              // what follows the colon, without options
  Param options;                     // a map: what follows the argument as ",name=value"
  std::optional<FieldSpec> input;    // what the model takes; -1 for sizes that are open
  std::string order;                 // channel order that is wanted; empty: the data's own
  std::vector<int64_t> size;         // height, width; empty: not said
  std::vector<std::string> classes;  // names the model has for its outputs; may be empty
};

// Raw samples before preprocessing and before validation samples are held out: images (u8; C, H, W; channels in
// preprocessing.order) or other data (any type; preprocessing.order "none"), with classes or values.
struct Source {
  DatasetPtr train, validation, test;  // validation: null where the data has no part of that name
  Preprocessing preprocessing;         // what is customary for this data
  int64_t classes = 0;                 // 0: targets are values
  bool by_class = false;               // parts are drawn class by class; readers of sets with a customary split say no
};

struct SourceDef {
  std::string_view name, summary;
  std::string_view argument;  // what follows the colon, such as "DIR"
  bool argument_needed;
  // Throws Error naming the file that is missing or broken.
  Source (*open)(const SourceRequest& request);
  std::vector<ParamInfo> (*options)() = nullptr;  // of the kind; null for none
};
std::span<const SourceDef* const> source_list();

}  // namespace pare
