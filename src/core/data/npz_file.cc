// ZIP archives (PKWARE APPNOTE 6.3), as far as NumPy writes them: entries stored or deflated, sizes of 32 or 64 bits,
// no encryption, one volume.
#include <zlib.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/data/npy_file.h"
#include "core/error.h"

namespace pare {
namespace {

constexpr uint32_t kEntryMark = 0x02014b50, kLocalMark = 0x04034b50, kEndMark = 0x06054b50, kEnd64Mark = 0x06064b50,
                   kLocator64Mark = 0x07064b50;
constexpr size_t kEntryBytes = 46, kLocalBytes = 30, kEndBytes = 22, kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr uint64_t kMostDeflateExpansion = 1032;  // 258 bytes in 2 bits
constexpr uint64_t kIn64 = 0xffffffff;            // the size is in the extra field

struct Entry {
  std::string name;
  uint64_t method = 0, flags = 0, checksum = 0, packed = 0, size = 0, offset = 0;
};

class Archive {
 public:
  Archive(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::vector<Entry> entries() const {
    uint64_t at = end_record();
    uint64_t count = number(at + 10, 2), directory = number(at + 16, 4);
    if (at >= kLocator64Bytes && number(at - kLocator64Bytes, 4) == kLocator64Mark) {
      at = number(at - kLocator64Bytes + 8, 8);
      need(at, kEnd64Bytes);
      if (number(at, 4) != kEnd64Mark) broken();
      count = number(at + 32, 8), directory = number(at + 48, 8);
    }
    if (count > bytes_.size() / kEntryBytes) broken();
    std::vector<Entry> entries;
    for (uint64_t i = 0; i < count; ++i) entries.push_back(entry(directory));
    return entries;
  }

  // The entry's bytes, unpacked into `store` where they are packed.
  std::span<const std::byte> contents(const Entry& entry, std::vector<std::byte>& store) const {
    const std::string where = name_ + ": " + entry.name;
    if (entry.flags & 1) fail(Code::unsupported, "{} is encrypted", where);
    need(entry.offset, kLocalBytes);
    if (number(entry.offset, 4) != kLocalMark) broken();
    const uint64_t begin = entry.offset + kLocalBytes + number(entry.offset + 26, 2) + number(entry.offset + 28, 2);
    need(begin, entry.packed);
    const std::span<const std::byte> packed = bytes_.subspan(begin, entry.packed);
    std::span<const std::byte> plain = packed;
    if (entry.method == 8) {
      store = inflated(packed, entry.size, where);
      plain = store;
    } else if (entry.method != 0) {
      fail(Code::unsupported, "{} is packed by method {} (only deflate, 8, is read)", where, entry.method);
    }
    if (plain.size() != entry.size) fail(Code::corrupt, "{}: sizes disagree", where);
    if (crc32_z(0, reinterpret_cast<const Bytef*>(plain.data()), plain.size()) != entry.checksum)
      fail(Code::corrupt, "{}: the checksum does not hold", where);
    return plain;
  }

 private:
  [[noreturn]] void broken() const { fail(Code::corrupt, "{}: the archive is broken or cut short", name_); }
  void need(uint64_t at, uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) broken();
  }
  uint64_t number(uint64_t at, size_t width) const {
    need(at, width);
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes_[at + i]);
    return value;
  }
  // Behind it is only a comment of at most 65,535 bytes.
  uint64_t end_record() const {
    if (bytes_.size() < 4 || number(0, 2) != 0x4b50) fail(Code::invalid, "{}: not a .npz file", name_);
    for (uint64_t back = kEndBytes; back <= bytes_.size() && back <= kEndBytes + 0xffff; ++back)
      if (number(bytes_.size() - back, 4) == kEndMark) return bytes_.size() - back;
    broken();
  }
  Entry entry(uint64_t& at) const {
    need(at, kEntryBytes);
    if (number(at, 4) != kEntryMark) broken();
    Entry e;
    e.flags = number(at + 8, 2), e.method = number(at + 10, 2), e.checksum = number(at + 16, 4);
    e.packed = number(at + 20, 4), e.size = number(at + 24, 4), e.offset = number(at + 42, 4);
    const uint64_t name = number(at + 28, 2), extra = number(at + 30, 2), comment = number(at + 32, 2);
    need(at + kEntryBytes, name + extra + comment);
    e.name.assign(reinterpret_cast<const char*>(bytes_.data()) + at + kEntryBytes, name);
    at += kEntryBytes + name;
    wide_sizes(e, at, at + extra);
    at += extra + comment;
    return e;
  }
  // Fields of 64 bits stand for those that are all ones, in this order.
  void wide_sizes(Entry& e, uint64_t at, uint64_t end) const {
    constexpr uint64_t kWideSizes = 1;
    while (at + 4 <= end) {
      const uint64_t kind = number(at, 2), next = at + 4 + number(at + 2, 2);
      at += 4;
      for (uint64_t* field : {&e.size, &e.packed, &e.offset}) {
        if (kind != kWideSizes || *field != kIn64) continue;
        if (at + 8 > next || next > end) broken();
        *field = number(at, 8);
        at += 8;
      }
      at = next;
    }
  }
  static std::vector<std::byte> inflated(std::span<const std::byte> packed, uint64_t size, const std::string& where) {
    if (size / kMostDeflateExpansion > packed.size()) fail(Code::corrupt, "{}: sizes disagree", where);
    std::vector<std::byte> plain(size);
    z_stream z{};
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) fail(Code::limit, "{}: no memory to unpack it", where);
    // zlib counts in 32 bits: both sides are handed over in pieces.
    constexpr size_t kPiece = size_t{1} << 30;
    size_t read = 0, written = 0;
    int state = Z_OK;
    while (state == Z_OK) {
      const size_t in = std::min(packed.size() - read, kPiece), room = std::min(plain.size() - written, kPiece);
      z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + read));
      z.avail_in = static_cast<uInt>(in);
      z.next_out = reinterpret_cast<Bytef*>(plain.data() + written);
      z.avail_out = static_cast<uInt>(room);
      state = inflate(&z, Z_NO_FLUSH);
      read += in - z.avail_in;
      written += room - z.avail_out;
    }
    inflateEnd(&z);
    if (state != Z_STREAM_END || written != plain.size()) fail(Code::corrupt, "{}: the packed data is broken", where);
    return plain;
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
};

}  // namespace

std::map<std::string, Tensor> parse_npz(std::span<const std::byte> bytes, const std::string& name,
                                        const std::function<bool(const std::string& name)>& wanted) {
  constexpr std::string_view kEnding = ".npy";
  std::map<std::string, Tensor> arrays;
  const Archive archive(bytes, name);
  for (const Entry& entry : archive.entries()) {
    if (!entry.name.ends_with(kEnding)) continue;
    const std::string key = entry.name.substr(0, entry.name.size() - kEnding.size());
    if (!wanted(key)) continue;
    ensure(!arrays.contains(key), "{}: holds two arrays '{}'", name, key);
    std::vector<std::byte> store;
    arrays[key] = parse_npy(archive.contents(entry, store), name + ": " + entry.name);
  }
  return arrays;
}

}  // namespace pare
