#include "core/error.h"

namespace pare {

void raise(const Status& status, const std::string& context) {
  const std::string prefix = context.empty() ? "" : context + ": ";
  if (status.at() == 0) fail(status.code(), "{}{}", prefix, status.what());
  fail(status.code(), "{}{} (at byte {})", prefix, status.what(), status.at());
}

int exit_status(Code code) {
  switch (code) {
    case Code::ok:
      return 0;
    case Code::invalid:
    case Code::truncated:
    case Code::corrupt:
    case Code::unsupported:
    case Code::limit:
      return 2;  // wrong usage or bad input
    case Code::missing:
    case Code::internal:
      return 3;  // the installation, or pare itself
    case Code::io:
      return 4;  // the machine
    case Code::cancelled:
      return 130;
  }
  return 3;
}

}  // namespace pare
