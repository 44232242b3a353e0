#include <array>

#include "format/codec/codec.h"

namespace pare {

#define PARE_CODEC(number, name) extern const Encoder encoder_##name;
#include "format/codec/codec_list.def"
#undef PARE_CODEC

std::span<const Encoder* const> encoder_list() {
  static constexpr std::array list = {
#define PARE_CODEC(number, name) &encoder_##name,
#include "format/codec/codec_list.def"
#undef PARE_CODEC
  };
  return list;
}

const Encoder* find_encoder(std::string_view name) {
  for (const Encoder* e : encoder_list())
    if (e->name == name) return e;
  return nullptr;
}

}  // namespace pare
