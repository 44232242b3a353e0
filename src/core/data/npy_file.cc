#include "core/data/npy_file.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "core/error.h"

namespace pare {
namespace {

constexpr size_t kMostHeaderBytes = 1 << 16;
constexpr size_t kMostDimensions = 8;

struct Header {
  DType dtype = DType::none;
  bool fortran_order = false;
  Shape shape;
};

// The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }
class HeaderText {
 public:
  HeaderText(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header read() {
    Header header;
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        header.dtype = dtype(quoted());
        seen[0] = true;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        seen[1] = true;
      } else if (key == "shape") {
        header.shape = shape();
        seen[2] = true;
      } else {
        fail(Code::corrupt, "{}: unknown entry '{}' in the header", name_, key.substr(0, 40));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!seen[0] || !seen[1] || !seen[2]) broken();
    return header;
  }

 private:
  [[noreturn]] void broken() const { fail(Code::corrupt, "{}: the header is broken", name_); }
  void skip_spaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t')) text_.remove_prefix(1);
  }
  bool accept(char c) {
    skip_spaces();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) broken();
  }
  std::string_view quoted() {
    skip_spaces();
    const char quote = text_.empty() ? '\0' : text_[0];
    if (quote == '[') fail(Code::unsupported, "{}: records of several fields are not read", name_);
    if (quote != '\'' && quote != '"') broken();
    const size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) broken();
    const std::string_view inner = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return inner;
  }
  bool boolean() {
    skip_spaces();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    broken();
  }
  Shape shape() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0 || shape.size() == kMostDimensions) broken();
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      accept('L');  // Python 2
      shape.push_back(size);
      if (accept(',')) continue;
      expect(')');
      break;
    }
    return shape;
  }
  DType dtype(std::string_view text) const {
    struct Known {
      std::string_view kind;
      DType dtype;
    };
    static constexpr Known kKnown[] = {
        {"f4", DType::f32}, {"f8", DType::f64}, {"f2", DType::f16}, {"u1", DType::u8},
        {"i1", DType::i8},  {"u2", DType::u16}, {"i2", DType::i16}, {"u4", DType::u32},
        {"i4", DType::i32}, {"u8", DType::u64}, {"i8", DType::i64}, {"b1", DType::boolean},
    };
    for (const Known& known : kKnown)
      if (text.size() == 3 && text.substr(1) == known.kind && (text[0] == '<' || text[0] == '|' || text[0] == '='))
        return known.dtype;
    fail(Code::unsupported, "{}: elements of type '{}' (little-endian numbers are read)", name_, text.substr(0, 40));
  }

  std::string_view text_;
  const std::string& name_;
};

std::string place(const Shape& shape, int64_t index) {
  Shape at(shape.size());
  for (size_t d = shape.size(); d-- > 0;) {
    at[d] = index % shape[d];
    index /= shape[d];
  }
  return fmt::format("[{}]", fmt::join(at, ", "));
}

void check_finite(const Tensor& array, const std::string& name) {
  auto check = [&](auto value_at) {
    for (int64_t i = 0; i < array.size(); ++i)
      if (!std::isfinite(value_at(static_cast<size_t>(i))))
        fail(Code::invalid, "{}: {} at {}", name, value_at(static_cast<size_t>(i)), place(array.shape(), i));
  };
  if (array.dtype() == DType::f32) check([v = array.view<float>()](size_t i) { return v[i]; });
  if (array.dtype() == DType::f64) check([v = array.view<double>()](size_t i) { return v[i]; });
  if (array.dtype() == DType::f16)
    check([b = array.bytes()](size_t i) {
      uint16_t bits = 0;
      std::memcpy(&bits, b.data() + i * sizeof bits, sizeof bits);
      return f16_to_f32(bits);
    });
}

// First index fastest, to last index fastest.
void copy_transposed(std::span<const std::byte> from, Tensor& to) {
  const size_t width = size_of(to.dtype());
  std::vector<size_t> stride(to.rank(), width);
  for (size_t d = 1; d < to.rank(); ++d) stride[d] = stride[d - 1] * static_cast<size_t>(to.dim(d - 1));
  Shape at(to.rank());
  std::span<std::byte> out = to.edit_bytes();
  size_t source = 0;
  for (size_t i = 0; i < out.size(); i += width) {
    std::memcpy(out.data() + i, from.data() + source, width);
    for (size_t d = to.rank(); d-- > 0;) {
      source += stride[d];
      if (++at[d] < to.dim(d)) break;
      source -= stride[d] * static_cast<size_t>(at[d]);
      at[d] = 0;
    }
  }
}

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  constexpr char kMagic[] = "\x93NUMPY";
  constexpr size_t kMagicBytes = sizeof kMagic - 1;
  if (bytes.size() < kMagicBytes + 4 || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0)
    fail(Code::invalid, "{}: not a .npy file", name);
  const auto byte = [&](size_t i) { return std::to_integer<size_t>(bytes[i]); };
  const size_t version = byte(kMagicBytes), length_at = kMagicBytes + 2, length_bytes = version == 1 ? 2 : 4;
  if (version < 1 || version > 3) fail(Code::unsupported, "{}: version {} of the format", name, version);
  if (bytes.size() < length_at + length_bytes) fail(Code::truncated, "{}: the file ends in the header", name);
  size_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) length = length << 8 | byte(length_at + i);
  const size_t begin = length_at + length_bytes;
  if (length > kMostHeaderBytes) fail(Code::corrupt, "{}: a header of {} bytes", name, length);
  if (length > bytes.size() - begin) fail(Code::truncated, "{}: the file ends in the header", name);
  const Header header = HeaderText({reinterpret_cast<const char*>(bytes.data()) + begin, length}, name).read();

  const std::span<const std::byte> data = bytes.subspan(begin + length);
  const auto count = element_count(header.shape);
  if (!count || static_cast<uint64_t>(*count) > data.size() / size_of(header.dtype))
    fail(Code::truncated, "{}: the file is shorter than its header announces", name);
  if (static_cast<uint64_t>(*count) * size_of(header.dtype) != data.size())
    fail(Code::corrupt, "{}: bytes follow after the data", name);
  Tensor array(header.dtype, header.shape);
  if (header.fortran_order && header.shape.size() > 1)
    copy_transposed(data, array);
  else if (!data.empty())
    std::memcpy(array.edit_bytes().data(), data.data(), data.size());
  check_finite(array, name);
  return array;
}

}  // namespace pare
