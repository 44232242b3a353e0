# What every target shares: launchers, warnings, sanitizers, and how folders become source lists.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER AND NOT DEFINED ENV{CCACHE_DISABLE})
  # The sloppiness lets it cache what uses a precompiled header (with -fpch-preprocess, below).
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
find_program(LLD_PROGRAM ld.lld)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
elseif(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()

# Reads and writes go through spans of raw bytes; -ffp-contract=off keeps results the same on every machine.
add_compile_options(-ffp-contract=off)
if(PARE_SANITIZE)
  # vptr wants type information, which format/ is built without.
  add_compile_options(-fsanitize=${PARE_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PARE_SANITIZE})
endif()
if(PARE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage in the libraries, not only in the targets
endif()

function(pare_target name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
  # g++ 12 sees uninitialized reads in std::optional and overflows in std::vector and std::string where there are none.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${name} PRIVATE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-restrict)
  endif()
  if(PARE_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
endfunction()

# All .cc files below the given folders.
function(pare_sources out)
  set(all)
  foreach(folder ${ARGN})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
    list(APPEND all ${found})
  endforeach()
  list(SORT all)
  set(${out} ${all} PARENT_SCOPE)
endfunction()

# Files of the given folders are compiled together, eight at a time; each folder is a group of its own, and the
# target's other files stay separate.
function(pare_unity target)
  if(NOT PARE_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  foreach(folder ${ARGN})
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
    string(MAKE_C_IDENTIFIER ${folder} base)
    set(count 0)
    foreach(file ${files})
      math(EXPR group "${count} / 8")
      set_source_files_properties(${file} PROPERTIES UNITY_GROUP ${base}_${group})
      math(EXPR count "${count} + 1")
    endforeach()
  endforeach()
endfunction()

# Headers that most files of a target include are read once: the standard ones and those given.
# pare_precompile(target header...) or pare_precompile(target REUSE_FROM other), for targets of the same flags.
function(pare_precompile target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
  if(ARGV1 STREQUAL "REUSE_FROM")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <cstring> <filesystem> <functional>
                              <map> <memory> <optional> <span> <string> <string_view> <unordered_map> <variant> <vector> ${ARGN})
  endif()
endfunction()
