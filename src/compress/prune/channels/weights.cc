#include "compress/prune/channels/weights.h"

#include "core/error.h"

namespace pare {
namespace {

std::span<const float> measured(const ChannelContext& context, const ChannelMember& member, std::string_view what,
                                std::map<ValueId, std::vector<float>> Evidence::*of) {
  const Value& value = context.graph.value(member.value);
  ensure(context.evidence != nullptr, "the {} of '{}' was not measured", what, value.name);
  const auto& all = context.evidence->*of;
  const auto found = all.find(member.value);
  ensure(found != all.end(), "there is no {} of '{}': it is not learned", what, value.name);
  return found->second;
}

}  // namespace

std::span<const float> gradient_of(const ChannelContext& context, const ChannelMember& member) {
  return measured(context, member, "gradient", &Evidence::gradient);
}
std::span<const float> curvature_of(const ChannelContext& context, const ChannelMember& member) {
  return measured(context, member, "curvature", &Evidence::curvature);
}

}  // namespace pare
