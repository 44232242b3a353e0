#include "report/chart_library.h"

#define PARE_CHART_LIBRARY "/usr/share/javascript/chart.js/chart.min.js"

#if defined(__has_include)
#if __has_include(PARE_CHART_LIBRARY) && defined(__ELF__)
#define PARE_HAS_CHART_LIBRARY
#endif
#endif

#ifdef PARE_HAS_CHART_LIBRARY
// The assembler includes the file as it is: a string literal of that size is beyond what compilers promise to take.
__asm__(
    ".section .rodata\n"
    ".global pare_chart_library_begin\n"
    ".hidden pare_chart_library_begin\n"
    "pare_chart_library_begin:\n"
    ".incbin \"" PARE_CHART_LIBRARY
    "\"\n"
    ".global pare_chart_library_end\n"
    ".hidden pare_chart_library_end\n"
    "pare_chart_library_end:\n"
    ".byte 0\n"
    ".text\n");
extern "C" {
extern const char pare_chart_library_begin[];
extern const char pare_chart_library_end[];
}
#endif

namespace pare {

std::string_view chart_library() {
#ifdef PARE_HAS_CHART_LIBRARY
  return {pare_chart_library_begin, static_cast<size_t>(pare_chart_library_end - pare_chart_library_begin)};
#else
  return {};
#endif
}

}  // namespace pare
