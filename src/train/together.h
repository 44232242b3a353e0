// What one process does for all that make a run together: reads and writes of files, decisions about them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "train/engine.h"

namespace pare {

using Bytes = std::vector<std::byte>;

// Runs `body` on the main process; what it returns, or the Error it throws, reaches every process, so that all go on or
// end alike. Every process must make the same calls in the same order. Null or an engine of one process: just runs it.
Bytes on_main(Engine* engine, const std::function<Bytes()>& body);
void do_on_main(Engine* engine, const std::function<void()>& body);
double number_on_main(Engine* engine, const std::function<double()>& body);

// Two pieces in one, for `body` to return.
struct Parcel {
  Bytes bytes;
  std::string text;
};
Bytes wrap(const Parcel& parcel);
Parcel unwrap(const Bytes& bytes);  // Error(corrupt)

}  // namespace pare
