// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/robustness/hostile/http2_frames.h"

namespace slotplanner::hostile {
namespace {

// An integer behind a prefix of `prefix_bits` bits whose other bits are those
// of `first` (HPACK, section 5.1).
std::string PrefixedInteger(uint8_t first, int prefix_bits, size_t value) {
  const size_t max = (size_t{1} << prefix_bits) - 1;
  if (value < max) return {static_cast<char>(first | value)};
  std::string bytes(1, static_cast<char>(first | max));
  for (value -= max; value >= 128; value /= 128) {
    bytes += static_cast<char>(128 + value % 128);
  }
  bytes += static_cast<char>(value);
  return bytes;
}

std::string Literal(uint8_t first, std::string_view name,
                    std::string_view value) {
  std::string bytes(1, static_cast<char>(first));
  bytes += PrefixedInteger(0, 7, name.size());
  bytes += name;
  bytes += PrefixedInteger(0, 7, value.size());
  bytes += value;
  return bytes;
}

}  // namespace

std::string BigEndian(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = bytes; i > 0; --i) {
    text += static_cast<char>(value >> (8 * (i - 1)));
  }
  return text;
}

std::string FrameHeader(size_t length, FrameType type, uint8_t flags,
                        uint32_t stream) {
  std::string bytes = BigEndian(length, 3);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  return bytes + BigEndian(stream, 4);
}

std::string Frame(FrameType type, uint8_t flags, uint32_t stream,
                  std::string_view payload) {
  std::string bytes = FrameHeader(payload.size(), type, flags, stream);
  bytes += payload;
  return bytes;
}

std::string Preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
         Frame(FrameType::kSettings, 0, 0, {});
}

std::string Setting(uint16_t name, uint32_t value) {
  return BigEndian(name, 2) + BigEndian(value, 4);
}

std::string Header(std::string_view name, std::string_view value) {
  return Literal(0x00, name, value);
}

std::string IndexedHeader(std::string_view name, std::string_view value) {
  return Literal(0x40, name, value);
}

std::string CallHeaders(std::string_view path) {
  return Header(":method", "POST") + Header(":scheme", "http") +
         Header(":path", path) + Header(":authority", "localhost") +
         Header("content-type", "application/grpc") + Header("te", "trailers");
}

std::string GrpcMessage(std::string_view message) {
  std::string bytes(1, '\0');  // Not compressed.
  bytes += BigEndian(message.size(), 4);
  bytes += message;
  return bytes;
}

std::string Call(uint32_t stream, std::string_view path,
                 std::string_view message) {
  return Frame(FrameType::kHeaders, kEndHeaders, stream, CallHeaders(path)) +
         Frame(FrameType::kData, kEndStream, stream, GrpcMessage(message));
}

}  // namespace slotplanner::hostile
