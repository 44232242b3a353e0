#include "format/checksum.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace pare {
namespace {

uint32_t crc(std::string_view text, uint32_t before = 0) { return crc32c(std::as_bytes(std::span(text)), before); }

TEST(Checksum, PublishedVectors) {
  EXPECT_EQ(crc(""), 0U);
  EXPECT_EQ(crc("123456789"), 0xE3069283U);
  const std::vector<std::byte> zeros(32), ones(32, std::byte{0xFF});  // RFC 3720, B.4
  EXPECT_EQ(crc32c(zeros), 0x8A9136AAU);
  EXPECT_EQ(crc32c(ones), 0x62A8AB43U);
}

TEST(Checksum, GoesOnWhereItStopped) {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  for (size_t cut = 0; cut <= text.size(); ++cut) EXPECT_EQ(crc(text.substr(cut), crc(text.substr(0, cut))), crc(text));
}

}  // namespace
}  // namespace pare
