// decode(encode(x)) == x for any x, with every codec; estimates are within 1 % or 32 bits.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "format/codec/codec.h"
#include "format/container/read.h"
#include "format/container/write.h"

namespace pare {
namespace {

bool near(uint64_t estimated_bits, size_t bytes) {
  const uint64_t bits = 8 * bytes;
  const uint64_t apart = estimated_bits > bits ? estimated_bits - bits : bits - estimated_bits;
  return apart <= std::max<uint64_t>(32, bits / 100);
}

struct Coded {
  TensorInfo info;
  std::vector<int32_t> levels;
};

// Shapes of up to three axes; levels mostly at one value, as pruning leaves them.
Coded any_levels() {
  Coded c;
  c.info.payload = Payload::levels;
  c.info.dtype = DType::i32;
  c.info.shape = *rc::gen::resize(3, rc::gen::container<Shape>(rc::gen::inRange<int64_t>(0, 12)));
  const int bits = *rc::gen::inRange(1, 33);
  c.info.low = static_cast<int32_t>(-(int64_t{1} << (bits - 1)));
  c.info.high = static_cast<int32_t>((int64_t{1} << (bits - 1)) - 1);
  const auto any = rc::gen::map(rc::gen::inRange<int64_t>(c.info.low, int64_t{c.info.high} + 1),
                                [](int64_t v) { return static_cast<int32_t>(v); });
  const int zeros = *rc::gen::inRange(0, 30);
  c.levels = *rc::gen::container<std::vector<int32_t>>(
      static_cast<size_t>(*element_count(c.info.shape)),
      rc::gen::weightedOneOf<int32_t>({{static_cast<size_t>(zeros), rc::gen::just(0)}, {2, any}}));
  return c;
}

RC_GTEST_PROP(CodecProperty, LevelsComeBack, ()) {
  const Coded c = any_levels();
  for (const Encoder* e : encoder_list()) {
    if (!e->supports(c.info)) continue;
    std::vector<std::byte> bytes;
    e->encode(c.info, c.levels, {}, bytes);
    RC_ASSERT(near(e->estimate_bits(c.info, c.levels, {}), bytes.size()));
    std::vector<int32_t> out(c.levels.size(), 99);
    RC_ASSERT(find_decoder(e->id)->levels(c.info, bytes, out).ok());
    RC_ASSERT(out == c.levels);
  }
}

RC_GTEST_PROP(CodecProperty, ElementsComeBack, ()) {
  TensorInfo info;
  info.dtype = static_cast<DType>(*rc::gen::inRange(1, kDTypeCount));
  info.shape = {*rc::gen::inRange<int64_t>(0, 100)};
  const size_t size = static_cast<size_t>(info.shape[0]) * size_of(info.dtype);
  const auto raw = *rc::gen::container<std::vector<uint8_t>>(
      size, rc::gen::weightedOneOf<uint8_t>({{3, rc::gen::just(uint8_t{0})}, {1, rc::gen::arbitrary<uint8_t>()}}));
  const auto elements = std::as_bytes(std::span(raw));
  for (const Encoder* e : encoder_list()) {
    if (!e->supports(info)) continue;
    std::vector<std::byte> bytes, out(size, std::byte{1});
    e->encode(info, {}, elements, bytes);
    RC_ASSERT(near(e->estimate_bits(info, {}, elements), bytes.size()));
    RC_ASSERT(find_decoder(e->id)->bytes(info, bytes, out).ok());
    RC_ASSERT(std::equal(out.begin(), out.end(), elements.begin()));
  }
}

RC_GTEST_PROP(CodecProperty, NoiseNeverCrashes, ()) {
  const Coded c = any_levels();
  const auto noise = *rc::gen::arbitrary<std::vector<uint8_t>>();
  std::vector<int32_t> out(c.levels.size());
  for (const Decoder* d : decoder_list())
    if (d->levels && d->levels(c.info, std::as_bytes(std::span(noise)), out).ok())
      RC_ASSERT(std::all_of(out.begin(), out.end(), [&](int32_t l) { return l >= c.info.low && l <= c.info.high; }));
}

RC_GTEST_PROP(CodecProperty, FilesHoldTheirTensors, ()) {
  const Coded c = any_levels();
  StoredTensor record;
  record.dtype = record.stored = DType::f32;
  record.shape = c.info.shape;
  record.grid = Grid{.bits = 32, .scale = {0.5F}};
  const std::vector<CodedTensor> tensors = {code_tensor(record, c.levels, {}, nullptr, nullptr)};
  const auto bytes = write_pare({}, tensors);
  auto file = PareFile::open(bytes, 1 << 20);
  RC_ASSERT(file.ok());
  uint64_t budget = 1 << 20;
  auto tensor = file.value().read_tensor(0, budget);
  RC_ASSERT(tensor.ok());
  const auto levels = tensor.value().levels->view<int32_t>();
  RC_ASSERT(std::equal(levels.begin(), levels.end(), c.levels.begin(), c.levels.end()));
}

}  // namespace
}  // namespace pare
