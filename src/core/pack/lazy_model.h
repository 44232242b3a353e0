// A .pare file as a graph whose large tensors are decoded one at a time, when they are asked for: for what passes
// through every tensor once and needs none of them before.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/graph.h"
#include "core/mapped_file.h"
#include "core/pack/pack.h"
#include "core/progress.h"
#include "format/container/read.h"

namespace pare {

class LazyModel {
 public:
  // Errors as `unpack`, but for those of tensors that are decoded later.
  explicit LazyModel(const std::string& path, Progress& progress = Progress::quiet(),
                     uint64_t max_bytes = kMostUnpackedBytes);

  // Verified. Constants of a MiB and more that lie on no grid read as zeros; all else is there.
  const Graph& graph() const { return graph_; }
  // A constant of the graph with its elements, if they were left out, else itself. Error names the tensor.
  Tensor whole(const Tensor& constant) const;
  size_t left_out() const { return left_out_.size(); }  // constants

 private:
  std::string name_;
  std::shared_ptr<const MappedFile> bytes_;
  std::unique_ptr<const PareFile> file_;
  Graph graph_;
  std::map<const std::byte*, size_t> left_out_;  // where they read zeros, and the tensor record
};

}  // namespace pare
