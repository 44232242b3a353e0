#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec layer_normalization_attributes[] = {
    {"axis", AttributeType::integer},
    {"epsilon", AttributeType::real},
    {"stash_type", AttributeType::integer},
};

const OpDef op_layer_normalization = {.kind = OpKind::layer_normalization,
                                      .name = "LayerNormalization",
                                      .attributes = layer_normalization_attributes,
                                      .min_inputs = 2,
                                      .max_inputs = 3,
                                      .max_outputs = 3,
                                      .since = 17,
                                      .learned = {1, 2}};

}  // namespace pare
