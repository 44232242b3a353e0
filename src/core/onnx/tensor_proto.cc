#include "core/onnx/tensor_proto.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "format/onnx_dtype.h"

namespace pare {
namespace {

using onnx_proto::EntryField;
using onnx_proto::kMaxRank;
using onnx_proto::TensorField;

constexpr size_t kExternalFrom = 1024;  // bytes
constexpr size_t kBorrowedFrom = 4096;  // bytes

// What a TensorProto says, before any element is looked at.
struct RawTensor {
  std::string name;
  Shape dims;
  int64_t type = 0;
  std::optional<std::string_view> raw;
  bool segmented = false, external = false;
  ExternalLocation where;
};

uint64_t number(const std::string& text, const char* key) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  ensure(error == std::errc() && end == text.data() + text.size(), "external data has the {} '{}'", key, text);
  return value;
}

void read_entry(const WireSource& source, std::string_view message, ExternalLocation& where) {
  std::string key, value;
  for (Fields<EntryField> f(source, message); f.next();) {
    switch (f.field()) {
      case EntryField::key:
        key = f.text();
        break;
      case EntryField::value:
        value = f.text();
        break;
      default:
        f.skip();
    }
  }
  if (key == "location") where.location = value;
  if (key == "offset") where.offset = number(value, "offset");
  if (key == "length") where.length = number(value, "length");
}

RawTensor read_header(const WireSource& source, std::string_view message) {
  RawTensor t;
  for (Fields<TensorField> f(source, message); f.next();) {
    switch (f.field()) {
      case TensorField::name:
        t.name = f.text();
        break;
      case TensorField::dims:
        f.integers(t.dims);
        ensure(t.dims.size() <= kMaxRank, "a tensor has more than {} dimensions", kMaxRank);
        break;
      case TensorField::data_type:
        t.type = f.integer();
        break;
      case TensorField::raw_data:
        t.raw = f.bytes();
        break;
      case TensorField::segment:
        t.segmented = true;
        f.skip();
        break;
      case TensorField::data_location:
        t.external = f.integer() == onnx_proto::kDataLocationExternal;
        break;
      case TensorField::external_data:
        read_entry(source, f.bytes(), t.where);
        break;
      default:
        f.skip();
    }
  }
  return t;
}

// Elements of the typed fields; int32_data carries f16 and bf16 as bit patterns.
template <class To, class From>
void put(Tensor& tensor, const std::vector<From>& values) {
  ensure(static_cast<int64_t>(values.size()) == tensor.size(), "the tensor has {} elements, its shape needs {}",
         values.size(), tensor.size());
  auto bytes = tensor.edit_bytes();
  for (size_t i = 0; i < values.size(); ++i) {
    const To value = static_cast<To>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(To), &value, sizeof(To));
  }
}

void read_typed(const WireSource& source, std::string_view message, Tensor& tensor) {
  std::vector<float> reals;
  std::vector<double> doubles;
  std::vector<int64_t> small, large, unsigned_large;
  for (Fields<TensorField> f(source, message); f.next();) {
    switch (f.field()) {
      case TensorField::float_data:
        f.reals(reals);
        break;
      case TensorField::double_data:
        f.doubles(doubles);
        break;
      case TensorField::int32_data:
        f.integers(small);
        break;
      case TensorField::int64_data:
        f.integers(large);
        break;
      case TensorField::uint64_data:
        f.integers(unsigned_large);
        break;
      default:
        f.skip();
    }
  }
  switch (tensor.dtype()) {
    case DType::f32:
      return put<float>(tensor, reals);
    case DType::f64:
      return put<double>(tensor, doubles);
    case DType::i64:
      return put<int64_t>(tensor, large);
    case DType::u32:
      return put<uint32_t>(tensor, unsigned_large);
    case DType::u64:
      return put<uint64_t>(tensor, unsigned_large);
    case DType::i32:
      return put<int32_t>(tensor, small);
    case DType::i16:
      return put<int16_t>(tensor, small);
    case DType::u16:
    case DType::f16:
    case DType::bf16:
      return put<uint16_t>(tensor, small);
    case DType::i8:
      return put<int8_t>(tensor, small);
    case DType::u8:
      return put<uint8_t>(tensor, small);
    case DType::boolean:
      for (int64_t& v : small) v = v != 0;
      return put<uint8_t>(tensor, small);
    case DType::none:
      break;
  }
}

// Bytes of a mapped file are used in place where their elements are aligned; small ones are not worth keeping the file.
Tensor borrow_or_copy(DType type, const Shape& shape, std::span<const std::byte> bytes,
                      const std::shared_ptr<const void>& owner) {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % size_of(type) == 0;
  if (owner && aligned && bytes.size() >= kBorrowedFrom) return Tensor::borrow(type, shape, bytes, owner);
  Tensor tensor = take(Tensor::create(type, shape, bytes.size()), "tensor");
  if (!bytes.empty()) std::memcpy(tensor.edit_bytes().data(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

bool is_external(const WireSource& source, std::string_view message) { return read_header(source, message).external; }

int64_t tensor_element_type(TensorSource& source, std::string_view message) {
  return read_header(source.wire, message).type;
}

NamedTensor read_tensor(TensorSource& source, std::string_view message) {
  RawTensor header = read_header(source.wire, message);
  auto read = [&] {
    const DType type = dtype_from_onnx(header.type);
    if (type == DType::none)
      fail(Code::unsupported, "elements of type {} are not supported",
           header.type == kOnnxString ? "string" : std::to_string(header.type));
    if (header.segmented) fail(Code::unsupported, "tensors in segments are not supported");
    const auto count = element_count(header.dims);
    ensure(count.has_value(), "the shape has a negative or too large dimension");
    const auto bytes = checked_mul(*count, static_cast<int64_t>(size_of(type)));
    if (!bytes || static_cast<uint64_t>(*bytes) > source.wire.budget())
      fail(Code::limit, "a tensor of {} elements is larger than the limit allows", *count);
    if (header.raw && !header.external) {
      ensure(header.raw->size() == static_cast<uint64_t>(*bytes), "the tensor has {} bytes, its shape needs {}",
             header.raw->size(), *bytes);
    } else if (!header.external) {
      // Every element takes a byte at least, so a short message is refused before its shape is believed.
      ensure(message.size() >= static_cast<uint64_t>(*count), "the tensor has fewer elements than its shape says");
    }
    source.wire.charge(static_cast<uint64_t>(*bytes));
    Tensor tensor;
    if (header.external) {
      const auto [data, owner] = source.external.find(header.where, static_cast<uint64_t>(*bytes));
      tensor = borrow_or_copy(type, header.dims, data, owner);
    } else if (header.raw) {
      tensor = borrow_or_copy(type, header.dims, std::as_bytes(std::span(*header.raw)), source.owner);
    } else {
      tensor = take(Tensor::create(type, header.dims, static_cast<uint64_t>(*bytes)), "tensor");
      read_typed(source.wire, message, tensor);
    }
    if (type == DType::boolean) {
      auto flags = tensor.edit_bytes();
      std::transform(flags.begin(), flags.end(), flags.begin(),
                     [](std::byte b) { return std::byte{b != std::byte{0}}; });
    }
    return tensor;
  };
  Tensor tensor = header.name.empty() ? read() : within("tensor '" + header.name + "'", read);
  return {std::move(header.name), std::move(tensor)};
}

void write_tensor_type(TensorWriter& writer, const Tensor& tensor, const std::string& name) {
  for (int64_t d : tensor.shape()) writer.add_int64(TensorField::dims, d);
  writer.add_int32(TensorField::data_type, dtype_to_onnx(tensor.dtype()));
  if (!name.empty()) writer.add_string(TensorField::name, name);
}

void write_tensor(TensorWriter writer, const Tensor& tensor, const std::string& name, ExternalSink* external) {
  write_tensor_type(writer, tensor, name);
  if (external == nullptr || tensor.byte_size() <= kExternalFrom) {
    writer.add_bytes(TensorField::raw_data, reinterpret_cast<const char*>(tensor.bytes().data()), tensor.byte_size());
    return;
  }
  const uint64_t offset = external->add(tensor);
  auto entry = [&](const char* key, const std::string& value) {
    protozero::pbf_builder<EntryField> e(writer, TensorField::external_data);
    e.add_string(EntryField::key, key);
    e.add_string(EntryField::value, value);
  };
  entry("location", external->location());
  entry("offset", std::to_string(offset));
  entry("length", std::to_string(tensor.byte_size()));
  writer.add_int32(TensorField::data_location, onnx_proto::kDataLocationExternal);
}

}  // namespace pare
