#include "format/codec/context.h"

namespace pare {

namespace {

Status read_parameters(BinaryRangeDecoder& coder, const ContextGeometry& geometry, ContextParameters& p) {
  code_parameters(coder, geometry, p);
  if (p.mode != ContextMode::zero && (std::max(-p.lowest, p.highest) >= int64_t{1} << (kMostBits - 1) || p.least == 0 ||
                                      static_cast<int64_t>(p.least) > std::max(-p.lowest, p.highest)))
    return {Code::corrupt, "value out of range", 0};
  if (p.mean > kMostMean || p.nonzero_mean > kMostMean) return {Code::corrupt, "mean out of range", 0};
  for (const TapList* list : {&p.value_taps, &p.magnitude_taps}) {
    if (list->count > kMostTaps) return {Code::corrupt, "too many neighbours", 0};
    for (const Tap& tap : *list)
      if (tap.distance == 0 || tap.distance > geometry.most_distance)
        return {Code::corrupt, "neighbour out of range", 0};
  }
  return {};
}

template <class Model>
Status decode_values(BinaryRangeDecoder& coder, const TensorInfo& info, const ContextGeometry& geometry,
                     const ContextParameters& p, std::span<int32_t> out) {
  Model model(geometry, p);
  for (size_t i = 0; i < out.size(); ++i) {
    model.prepare();
    const int64_t value = model.template code<true>(coder, 0);
    const int64_t level = value + info.zero;
    if (level < info.low || level > info.high) return {Code::corrupt, "level out of range", i};
    out[i] = static_cast<int32_t>(level);
    model.commit(value);
  }
  return coder.finish();
}

Status decode(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  if (out.empty()) return in.empty() ? Status() : Status(Code::corrupt, "bytes left over", 0);
  const ContextGeometry geometry(info.shape, out.size());
  BinaryRangeDecoder coder(in);
  ContextParameters p;
  if (const Status status = read_parameters(coder, geometry, p); !status.ok()) return status;
  if (p.mode == ContextMode::direct) return decode_values<DirectModel>(coder, info, geometry, p, out);
  if (p.mode == ContextMode::select) return decode_values<SelectModel>(coder, info, geometry, p, out);
  if (p.mode == ContextMode::mix) return decode_values<MixModel>(coder, info, geometry, p, out);
  if (info.zero < info.low || info.zero > info.high) return {Code::corrupt, "level out of range", 0};
  std::fill(out.begin(), out.end(), info.zero);
  return coder.finish();
}

}  // namespace

extern const Decoder decoder_context;
const Decoder decoder_context = {.id = 4, .name = "context", .levels = decode, .bytes = nullptr};

}  // namespace pare
