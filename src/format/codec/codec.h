// A codec turns one tensor's payload into bytes and back. Decoders and encoders are separate: a decoder never
// includes an encoder, and the runtime links decoders only. One pair of files per codec and a line in codec_list.def.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "format/codec/rate.h"
#include "format/dtype.h"
#include "format/grid.h"
#include "format/shape.h"
#include "format/status.h"

namespace pare {

enum class Payload : uint8_t { levels = 0, bytes = 1 };
// What is coded: levels are int32 in [low, high]; `zero` is the level that means 0 (low - 1 when there is none).
// Bytes are the raw little-endian elements of any tensor.
struct TensorInfo {
  Payload payload = Payload::bytes;
  DType dtype = DType::f32;
  Shape shape;
  int32_t low = 0, high = 0, zero = 0;
};

struct Decoder {
  CodecId id;
  std::string_view name;
  // Exactly element_count(shape) levels (or size_of(dtype) * count bytes) are written. Bounded by out's size;
  // `invalid`/`truncated`/ `corrupt` on anything else. All input must be used.
  Status (*levels)(const TensorInfo&, std::span<const std::byte> in, std::span<int32_t> out);   // nullptr: no levels
  Status (*bytes)(const TensorInfo&, std::span<const std::byte> in, std::span<std::byte> out);  // nullptr: no bytes
};
struct Encoder {
  CodecId id;
  std::string_view name, summary;
  bool (*supports)(const TensorInfo&);
  uint64_t (*estimate_bits)(const TensorInfo&, std::span<const int32_t> levels, std::span<const std::byte> bytes);
  void (*encode)(const TensorInfo&, std::span<const int32_t> levels, std::span<const std::byte> bytes,
                 std::vector<std::byte>& out);
  // The cost of single levels for rounding that minds it; parameters are those of `first_guess`, one level per element.
  // nullptr: the codec has no such model.
  std::unique_ptr<RateModel> (*rate_model)(const TensorInfo&, std::span<const int32_t> first_guess) = nullptr;
};
const Decoder* find_decoder(CodecId id);
std::span<const Decoder* const> decoder_list();
std::span<const Encoder* const> encoder_list();  // defined in encoder_list.cc, not part of the runtime
const Encoder* find_encoder(std::string_view name);

}  // namespace pare
