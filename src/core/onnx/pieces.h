// A serialized message in pieces, so that a model need not lie in memory twice: what was written, and between it the
// bytes of large tensors where they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <vector>

#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "format/tensor.h"

namespace pare {

class Pieces {
 public:
  void add(std::string text) {
    bytes_ += text.size();
    items_.push_back({std::move(text), Tensor()});
  }
  void add(Tensor tensor) {  // shared, not copied
    bytes_ += tensor.byte_size();
    items_.push_back({{}, std::move(tensor)});
  }
  void add(Pieces&& other) {
    bytes_ += other.bytes_;
    items_.splice(items_.end(), other.items_);
  }
  uint64_t bytes() const { return bytes_; }
  // Calls write(bytes) for each piece; large tensors are what whole(tensor) gives at that time.
  void write(const WriteBytes& write, const WholeTensor& whole) const {
    for (const Item& item : items_) write_item(item, write, whole);
  }
  std::string joined() const {
    std::string all;
    all.reserve(bytes_);
    write([&](std::span<const std::byte> b) { all.append(reinterpret_cast<const char*>(b.data()), b.size()); }, {});
    return all;
  }

 private:
  struct Item {
    std::string text;
    Tensor tensor;  // empty: the text
  };
  static void write_item(const Item& item, const WriteBytes& write, const WholeTensor& whole) {
    if (item.tensor.empty())
      write(std::as_bytes(std::span(item.text)));
    else
      write(whole ? whole(item.tensor).bytes() : item.tensor.bytes());
  }
  std::list<Item> items_;
  uint64_t bytes_ = 0;
};

}  // namespace pare
