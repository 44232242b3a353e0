// A trained network learns other classes: a fresh classifier, trained alone at first, then together with the rest.
#pragma once

#include <cstdint>
#include <string>

#include "compress/step.h"
#include "core/classifier.h"

namespace pare {

struct TransferOptions {
  std::string head;
  int64_t head_epochs = 2;
  double backbone_rate_factor = 0.1;
  TrainOptions train;
  TransferOptions() {
    train.epochs = 8;
    train.rate = 0.01;
    train.clip_norm = 1;  // networks whose norms are folded away diverge at rates that others take
  }
  void visit(ParamVisitor& v) {
    v.field("head", head, "the classifier: a layer's name; without, the layer that gives the scores is found");
    v.field("head_epochs", head_epochs, "epochs in which the fresh classifier learns alone, before `epochs`",
            {0, 100000});
    v.field("backbone_rate_factor", backbone_rate_factor,
            "factor on the rate of all but the classifier in `epochs`; 0 keeps them frozen", {0, 1000});
    train.visit(v);
  }
};

// Replaces the classifier for the classes of the session's data and trains. What was replaced goes into the report's
// details and is returned.
Classifier transfer(Session& session, const TransferOptions& options);

}  // namespace pare
