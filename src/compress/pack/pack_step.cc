// Step `pack`: how the final .pare file is written. Values do not change.
#include "compress/step.h"
#include "core/pack/pack.h"

namespace pare {
namespace {

struct PackStep {
  std::string codec = "auto";
  bool strip = true;
  template <class V>
  void visit(V& v) {
    v.field("codec", codec, "auto takes the smallest for every tensor; or one codec's name for all it supports");
    v.field("strip", strip, "leave out the names of inner values, doc strings and foreign metadata");
  }
};

PackStep read(const Param& params) {
  PackStep options;
  read_params(params, options);
  if (options.codec != "auto") encoder_named(options.codec);
  return options;
}

void run(Session& session, const Param& params) {
  const PackStep options = read(params);
  session.packing.codec = options.codec;
  session.packing.strip = options.strip;
}

}  // namespace

extern const StepDef step_pack;
const StepDef step_pack{"pack", "chooses how the .pare file is coded", run,
                        [](const Param& params, const Param&) {
                          return StepPlan{params_to_json(read(params)), 0};
                        },
                        [] { return params_info(PackStep{}); }};

}  // namespace pare
