// ONNX Runtime and the ONNX checker, run as programs. Install the first with `npm ci --ignore-scripts` in
// tests/interop, the second with the Debian package python3-onnx.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/model_file.h"
#include "format/onnx_dtype.h"
#include "tests/support/command.h"

namespace pare::testing {

inline int shell(const std::string& command) {
  const int raw = std::system(command.c_str());
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
}
inline std::string interop_folder() { return PARE_SOURCE_DIR "/tests/interop"; }

inline bool has_ort() {
  static const bool found = std::filesystem::exists(interop_folder() + "/node_modules/onnxruntime-node") &&
                            shell("node --version > /dev/null 2>&1") == 0;
  return found;
}
#define PARE_NEED_ORT()            \
  if (!::pare::testing::has_ort()) \
  GTEST_SKIP() << "ONNX Runtime is not installed: npm ci --ignore-scripts --prefix tests/interop"

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// Tensor files of run_ort.mjs.
inline std::string tensors_to_bytes(const NamedTensors& tensors) {
  std::string out;
  const auto put = [&](const auto& v) { out.append(reinterpret_cast<const char*>(&v), sizeof v); };
  for (const auto& [name, tensor] : tensors) {
    put(static_cast<uint32_t>(name.size()));
    out += name;
    put(static_cast<uint32_t>(dtype_to_onnx(tensor.dtype())));
    put(static_cast<uint32_t>(tensor.rank()));
    for (const int64_t d : tensor.shape()) put(d);
    out.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.byte_size());
  }
  return out;
}
inline std::vector<Tensor> tensors_from_bytes(const std::string& bytes) {
  std::vector<Tensor> tensors;
  size_t at = 0;
  const auto get = [&](auto v) {
    std::memcpy(&v, bytes.data() + at, sizeof v);
    at += sizeof v;
    return v;
  };
  while (at < bytes.size()) {
    at += get(uint32_t{});  // the name
    const DType type = dtype_from_onnx(get(uint32_t{}));
    Shape shape(get(uint32_t{}));
    for (int64_t& d : shape) d = get(int64_t{});
    Tensor& tensor = tensors.emplace_back(type, shape);
    std::memcpy(tensor.edit_bytes().data(), bytes.data() + at, tensor.byte_size());
    at += tensor.byte_size();
  }
  return tensors;
}

// Runs models, one process for all of them: outputs in the order of the model.
class OrtBatch {
 public:
  // `path` must outlive run().
  void add(const std::string& path, const NamedTensors& inputs) {
    const std::string stem = folder_ / std::to_string(count_++);
    pare::test::write_text(stem + ".in", tensors_to_bytes(inputs));
    command_ += " '" + path + "' '" + stem + ".in' '" + stem + ".out'";
  }
  void add_bytes(const std::string& model, const NamedTensors& inputs) {
    const std::string path = folder_ / (std::to_string(count_) + ".onnx");
    pare::test::write_text(path, model);
    add(path, inputs);
  }
  struct Outcome {
    std::vector<Tensor> outputs;
    std::string error;
  };
  std::vector<Outcome> run() {
    const int status = shell(command_);
    std::vector<Outcome> outcomes;
    for (size_t i = 0; i < count_; ++i) {
      const std::string bytes = pare::test::read_text(folder_ / (std::to_string(i) + ".out"));
      Outcome& outcome = outcomes.emplace_back();
      if (bytes.starts_with("error: "))
        outcome.error = bytes;
      else if (status != 0)
        outcome.error = "node ended with status " + std::to_string(status);
      else
        outcome.outputs = tensors_from_bytes(bytes);
    }
    return outcomes;
  }

 private:
  pare::test::TempFolder folder_;
  std::string command_ = "node '" + interop_folder() + "/run_ort.mjs'";
  size_t count_ = 0;
};

inline NamedTensors named_inputs(const Graph& graph, const std::vector<Tensor>& inputs) {
  NamedTensors named;
  for (size_t i = 0; i < inputs.size(); ++i) named.emplace_back(graph.value(graph.inputs[i]).name, inputs[i]);
  return named;
}

// What the checker finds in the models, a line each; status 77 when python3-onnx is not there.
struct Findings {
  int status = 0;
  std::string text;
};
inline Findings check_onnx(const std::vector<std::string>& paths) {
  const pare::test::TempFolder folder;
  std::string command = "/usr/bin/python3 '" + interop_folder() + "/check_onnx.py'";
  for (const std::string& path : paths) command += " '" + path + "'";
  Findings findings;
  findings.status = shell(command + " > '" + (folder / "out") + "' 2>&1");
  findings.text = pare::test::read_text(folder / "out");
  return findings;
}

// Largest |a - b| / max(1, |b|) over the elements; infinity when shapes or types differ.
inline double difference(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return INFINITY;
  const Tensor x = cast(a, DType::f32), y = cast(b, DType::f32);
  double largest = 0;
  for (size_t i = 0; i < static_cast<size_t>(x.size()); ++i) {
    const double p = x.view<float>()[i], q = y.view<float>()[i];
    if (std::isnan(p) != std::isnan(q)) return INFINITY;
    if (p == q || std::isnan(p)) continue;
    largest = std::max(largest, std::abs(p - q) / std::max(1.0, std::abs(q)));
  }
  return largest;
}

}  // namespace pare::testing
