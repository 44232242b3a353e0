#include "core/progress.h"

#include "core/error.h"

namespace pare {

Progress& Progress::quiet() {
  static Progress progress;
  return progress;
}

void Stage::check() {
  if (progress_.cancelled()) fail(Code::cancelled, "stopped at the user's request");
}

}  // namespace pare
