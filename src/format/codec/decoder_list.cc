#include <array>

#include "format/codec/codec.h"

namespace pare {

#define PARE_CODEC(number, name) extern const Decoder decoder_##name;
#include "format/codec/codec_list.def"
#undef PARE_CODEC

std::span<const Decoder* const> decoder_list() {
  static constexpr std::array list = {
#define PARE_CODEC(number, name) &decoder_##name,
#include "format/codec/codec_list.def"
#undef PARE_CODEC
  };
  return list;
}

const Decoder* find_decoder(CodecId id) {
  for (const Decoder* d : decoder_list())
    if (d->id == id) return d;
  return nullptr;
}

}  // namespace pare
