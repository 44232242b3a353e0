// Gradients summed over the processes while the backward pass still goes on: parameters fill buckets in the order in
// which their gradients come, and a full bucket is on its way before the next is.
#pragma once

#include <vector>

#include "train/torch/parameter.h"
#include "train/torch/process_group.h"

namespace pare::engine {

class GradientSum {
 public:
  // The parameters must outlive it.
  GradientSum(ProcessGroup& group, const std::vector<Trained*>& parameters, at::Device device);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // Before a backward pass, with gradients cleared. Loss and `stop` (a wish to end the run) travel with the gradients.
  void begin(const at::Tensor& loss, bool stop);
  struct Sums {
    double loss = 0;
    bool stop = false;  // somebody wants to
  };
  // After it: the gradients of the parameters are the sums, and so is what comes back.
  Sums finish();

 private:
  struct Slot {
    Trained* parameter;
    size_t bucket;
    at::Tensor view;  // into the bucket, in the parameter's shape
    unsigned hook = 0;
    bool hooked = false, filled = false;
  };
  struct Bucket {
    at::Tensor flat;
    int64_t slots = 0, missing = 0;
    ProcessGroup::Wait wait;
  };
  void fill(Slot& slot, const at::Tensor& gradient);
  void start_ready();

  ProcessGroup& group_;
  std::vector<Slot> slots_;
  std::vector<Bucket> buckets_;
  at::Tensor extras_;  // view into the first bucket: loss, stop
  size_t next_ = 0;    // bucket to start
};

}  // namespace pare::engine
