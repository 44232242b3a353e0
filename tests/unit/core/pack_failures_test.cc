// Memory or the disk ends at any point of packing and unpacking: an exception comes out, and no file is left behind.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "core/pack/pack.h"

namespace {

// Counts down to the call that fails, and every one after it; off below 0.
std::atomic<int64_t> allocations_left = -1, writes_left = -1;

bool fails(std::atomic<int64_t>& left) {
  if (left.load(std::memory_order_relaxed) < 0) return false;
  const int64_t before = left.fetch_sub(1);
  if (before > 0) return false;
  left = 0;
  return true;
}

void* allocate(size_t size) {
  void* memory = fails(allocations_left) ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Those of the whole test program.
void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {  // of std::stable_sort, which does without
  return fails(allocations_left) ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  if (fails(writes_left)) {
    errno = ENOSPC;
    return -1;
  }
  return ::syscall(SYS_write, file, bytes, count);
}

namespace pare {
namespace {

namespace fs = std::filesystem;

class PackFailures : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("pare_failures_{}", ::getpid());
    fs::create_directories(folder_);
    graph_.next_symbol = 2;
    ValueId x = add_input(graph_, "x", DType::f32, {Dim(1, 1), 4});
    std::vector<float> weights(16);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i) * 0.3F;
    const ValueId w = add_constant(graph_, "w", Tensor::of<float>({4, 4}, weights));
    Grid grid{.bits = 4, .scale = {0.5F}};
    const Tensor levels =
        Tensor::of<int32_t>({4, 4}, std::vector<int32_t>{1, 0, 3, -4, 5, -6, 7, -8, 1, 2, 3, 4, 5, 6, 7, 0});
    const ValueId v = add_constant(graph_, "v", take(dequantize(grid, levels, {4, 4}), "v"));
    graph_.value(v).encoding.grid = grid;
    graph_.value(v).encoding.levels = levels;
    for (const ValueId weight : {w, v}) x = append(graph_, OpKind::matmul, fmt::format("y{}", weight), {x, weight});
    graph_.outputs = {x};
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  // Runs `action` with the first, second ... call failing until it succeeds; `left` says which calls. Later ones are
  // tried in growing steps.
  template <class Action>
  void fail_everywhere(std::atomic<int64_t>& left, const std::string& result, Action action) {
    const size_t files_before = files();
    for (int64_t n = 0;; n += 1 + n / 50) {
      bool done = false;
      left = n;
      try {
        action();
        done = true;
      } catch (const std::exception&) {
      }
      left = -1;
      if (done) {
        EXPECT_GT(n, 0);
        EXPECT_TRUE(fs::exists(result));
        return;
      }
      ASSERT_EQ(files(), files_before) << "call " << n;
      ASSERT_LT(n, 1000000);
    }
  }

  fs::path folder_;
  Graph graph_;
};

TEST_F(PackFailures, MemoryThatEndsWhilePacking) {
  fail_everywhere(allocations_left, path("a.pare"), [&] { pack_file(graph_, path("a.pare")); });
}

TEST_F(PackFailures, MemoryThatEndsWhileUnpacking) {
  pack_file(graph_, path("a.pare"));
  fail_everywhere(allocations_left, path("a.onnx"),
                  [&] { export_onnx(load_model_as_is(path("a.pare")), path("a.onnx")); });
}

TEST_F(PackFailures, DiskThatIsFull) {
  fail_everywhere(writes_left, path("a.pare"), [&] { pack_file(graph_, path("a.pare")); });
  fail_everywhere(writes_left, path("a.onnx"),
                  [&] { export_onnx(load_model_as_is(path("a.pare")), path("a.onnx"), {.external_data = true}); });
}

}  // namespace
}  // namespace pare
