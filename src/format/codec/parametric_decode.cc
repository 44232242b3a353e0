#include "format/bits.h"
#include "format/codec/parametric.h"
#include "format/codec/range_coder.h"

namespace pare {

namespace {

Status read_parameters(const TensorInfo& info, int64_t zero, BitReader& bits, Parametric& p) {
  p.shape = bits.take(2);
  p.scale = bits.take(6);
  p.zeros = bits.take(5);
  const uint64_t shift = bits.take_gamma();
  if (shift == 0 || shift - 1 > Parametric::kMostShift) return {Code::corrupt, "bad shift", bits.position() / 8};
  p.shift = static_cast<unsigned>(shift - 1);
  const uint64_t offset = bits.take_gamma();
  if (offset == 0 || offset > uint64_t{1} << 34) return {Code::corrupt, "bad centre", bits.position() / 8};
  p.centre = zero + unzigzag(offset - 1);
  if (p.centre < info.low || p.centre > info.high) return {Code::corrupt, "bad centre", bits.position() / 8};
  if (p.zeros != 0) {
    const int64_t u = p.symbol_of(zero);
    if (p.shift != 0 || u < p.first(info) || u > p.last(info) || info.low == info.high)
      return {Code::corrupt, "zeros without a symbol", bits.position() / 8};
  }
  const auto padding = static_cast<unsigned>((8 - bits.position() % 8) % 8);
  if (bits.take(padding) != 0) return {Code::corrupt, "padding bits must be zero", bits.position() / 8};
  return bits.overrun() ? Status(Code::truncated, "parameters end early") : Status();
}

// Besides the levels: a table of 1024 symbols.
Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  if (info.low > info.high) return {Code::invalid, "no level is in range"};
  const int64_t zero = std::clamp(info.zero, info.low, info.high);
  BitReader bits(in);
  Parametric p;
  PARE_TRY(read_parameters(info, zero, bits, p));
  const ParametricTable table(p, info, p.zeros == 0 ? kNoSymbol : p.symbol_of(zero));
  const int64_t first = p.first(info);
  const size_t escape = p.escapes(info) ? table.symbols - 1 : table.symbols;
  const auto escape_bits = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(int64_t{info.high} - info.low)));
  const uint32_t zero_probability = Parametric::zero_probability(p.zeros);
  const auto starts = std::span(table.starts).first(table.symbols + 1);
  RangeDecoder coder(in.subspan(bits.position() / 8));
  for (int32_t& level : out) {
    if (coder.overrun()) return {Code::truncated, "range coder's bytes end early", in.size()};
    if (p.zeros != 0) {
      const bool is_zero = coder.peek(Parametric::kBits) < zero_probability;
      if (is_zero) {
        coder.use(0, zero_probability, Parametric::kBits);
        level = static_cast<int32_t>(zero);
        continue;
      }
      coder.use(zero_probability, (1U << Parametric::kBits) - zero_probability, Parametric::kBits);
    }
    const uint32_t part = coder.peek(Parametric::kBits);
    const auto symbol = static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), part) - starts.begin()) - 1;
    coder.use(starts[symbol], starts[symbol + 1] - starts[symbol], Parametric::kBits);
    const int64_t value =
        symbol == escape ? int64_t{info.low} + coder.take_plain(escape_bits)
                         : p.centre + ((first + static_cast<int64_t>(symbol)) << p.shift) + coder.take_plain(p.shift);
    if (value < info.low || value > info.high) return {Code::corrupt, "level out of range", in.size()};
    level = static_cast<int32_t>(value);
  }
  Status status = coder.finish();
  return status.ok() ? status : Status(status.code(), status.what(), bits.position() / 8 + status.at());
}

}  // namespace

extern const Decoder decoder_parametric;
const Decoder decoder_parametric = {.id = 6, .name = "parametric", .levels = levels, .bytes = nullptr};

}  // namespace pare
