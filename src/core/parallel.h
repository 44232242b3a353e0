// Independent pieces of work spread over the cores, for what is not a tensor operation of the engine.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace pare {

// Most threads of a parallel_for of this process; 0 for one per core.
inline std::atomic<size_t> parallel_threads = 0;

// Calls f(i) once for each i in [0, count), from several threads; which thread takes which i is
// left to chance, so f's results must not depend on it. The first exception thrown stops the rest and is thrown on.
template <class F>
void parallel_for(size_t count, const F& f) {
  std::atomic<size_t> next = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        f(i);
      } catch (...) {
        next = count;
        const std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
    }
  };
  const size_t most = parallel_threads != 0 ? parallel_threads.load() : std::thread::hardware_concurrency();
  std::vector<std::jthread> helpers;
  for (size_t t = 1; t < most && t < count; ++t) helpers.emplace_back(work);
  work();
  helpers.clear();  // joins
  if (error) std::rethrow_exception(error);
}

}  // namespace pare
