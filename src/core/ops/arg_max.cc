#include "core/ops/arg.h"
#include "core/ops/define.h"
#include "core/ops/ties_reduce.h"

namespace pare {

static constexpr AttributeSpec arg_max_attributes[] = {
    {"axis", AttributeType::integer},
    {"keepdims", AttributeType::integer},
    {"select_last_index", AttributeType::integer},
};

const OpDef op_arg_max = {.kind = OpKind::arg_max,
                          .name = "ArgMax",
                          .attributes = arg_max_attributes,
                          .min_inputs = 1,
                          .max_inputs = 1,
                          .max_outputs = 1,
                          .lower = ops::lower_arg,
                          .tie = ops::tie_arg};

}  // namespace pare
