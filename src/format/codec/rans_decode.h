// The loop of the rans decoder, scalar and with AVX2: the same result from any bytes.
#pragma once

#include <span>

#include "format/codec/rans_matrix.h"
#include "format/codec/value_code.h"

namespace pare {

// The words of all lanes in the order of their use. A step of a decoder reads at most kRansMostLanes words from `at`
// without a look at the end; before it, ready() makes that safe.
class RansWords {
 public:
  explicit RansWords(std::span<const std::byte> bytes) : bytes_(bytes), at(bytes.data()) { aim(bytes); }
  // False when more has been read than there is. Reads behind the end give zeros.
  bool ready() { return at <= safe_ || refill(); }
  bool finished() const { return at == end_; }

 private:
  static constexpr size_t kStep = 2 * kRansMostLanes + 16;  // bytes that vectors may touch in a step
  void aim(std::span<const std::byte> bytes) {
    end_ = bytes.data() + bytes.size();
    safe_ = bytes.size() >= kStep ? end_ - kStep : nullptr;
    if (safe_ == nullptr) copy_tail(bytes);
  }
  void copy_tail(std::span<const std::byte> rest) {
    in_tail_ = true;
    std::memset(tail_.data(), 0, tail_.size());
    if (!rest.empty()) std::memcpy(tail_.data(), rest.data(), rest.size());
    at = tail_.data();
    safe_ = end_ = at + rest.size();
  }
  bool refill() {
    if (in_tail_) return false;
    copy_tail(bytes_.subspan(static_cast<size_t>(at - bytes_.data())));
    return true;
  }

  std::span<const std::byte> bytes_;
  std::array<std::byte, 2 * (2 * kRansMostLanes + 16)> tail_;
  const std::byte *safe_ = nullptr, *end_ = nullptr;
  bool in_tail_ = false;

 public:
  const std::byte* at;
};

// Symbols without slots of their own, in the order of the loop: a value code of their zigzag.
class RansEscapes {
 public:
  explicit RansEscapes(std::span<const std::byte> bytes) : bits_(bytes) {}
  Status read() {
    empty_ = bits_.peek(1) == 1;
    return values_.read(bits_, false);
  }
  int64_t take(uint64_t index) {
    if (empty_ || bits_.overrun()) {  // finish() will tell
      empty_ = true;
      missing_ = true;
      return 0;
    }
    const int64_t symbol = unzigzag(values_.next(bits_));
    found_.push_back({index, symbol});
    return symbol;
  }
  struct Found {
    uint64_t index;  // in the tensor
    int64_t symbol;
  };
  const std::vector<Found>& found() const { return found_; }
  Status finish() const { return missing_ ? Status(Code::truncated, "escaped levels end early") : bits_.finish(); }

 private:
  BitReader bits_;
  ValueDecoder values_;
  bool empty_ = true, missing_ = false;
  std::vector<Found> found_;
};

// What the loops work on.
struct RansCoded {
  const RansRecipe& recipe;
  RansMatrix matrix;
  // For each class and each of its slots: slots of the symbol - 1 (12 bits), slot - first slot of the symbol (12 bits),
  // symbol - lowest (8 bits).
  std::vector<uint32_t> slots;
  std::array<uint32_t, kRansMostLanes> states{};
  RansWords words;
  RansEscapes escapes;
  int32_t base = 0;       // added to what is written
  bool in_range = false;  // then that is the level: symbols with slots of their own cannot leave [low, high]
  std::span<int32_t> out;

  // Wraps for escaped symbols, which are written again later.
  int32_t written(int64_t symbol) const { return static_cast<int32_t>(static_cast<uint32_t>(symbol + base)); }
};

// Decodes a payload, with vectors if told so and `rans_can_avx2`.
Status rans_decode(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out, bool vectors);

// The loops: false when the words end early. Write symbol + base; escaped symbols are written as something else.
bool rans_decode_scalar(RansCoded& coded);
bool rans_decode_avx2(RansCoded& coded);
bool rans_can_avx2(const RansRecipe& recipe);  // the processor can, and there are enough lanes

// Writes the finished group that starts at `row`, `lanes` of its rows, to the tensor. `from` as RansNeighbours::row().
void rans_store_group(RansCoded& coded, const int32_t* from, uint64_t row);

}  // namespace pare
