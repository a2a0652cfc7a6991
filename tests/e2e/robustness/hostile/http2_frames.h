// SPDX-License-Identifier: Apache-2.0
// HTTP/2 and gRPC byte by byte, so that they can be wrong in any way. Section
// numbers are those of RFC 9113 (HTTP/2) and RFC 7541 (HPACK).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotplanner::hostile {

// Section 6.
enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

// Flags of section 6, by the frames that have them.
constexpr uint8_t kEndStream = 0x1;   // DATA, HEADERS
constexpr uint8_t kAck = 0x1;         // SETTINGS, PING
constexpr uint8_t kEndHeaders = 0x4;  // HEADERS, CONTINUATION

// Settings of section 6.5.2.
constexpr uint16_t kHeaderTableSize = 0x1;
constexpr uint16_t kInitialWindowSize = 0x4;
constexpr uint16_t kMaxFrameSize = 0x5;

// `value` in `bytes` bytes, the highest first.
std::string BigEndian(uint64_t value, size_t bytes);

// The nine bytes before a payload. `length` need not be true.
std::string FrameHeader(size_t length, FrameType type, uint8_t flags,
                        uint32_t stream);

// A frame with that payload, however long it is.
std::string Frame(FrameType type, uint8_t flags, uint32_t stream,
                  std::string_view payload);

// What a client begins with: the magic of section 3.4 and empty SETTINGS.
std::string Preface();

// One entry of a SETTINGS payload.
std::string Setting(uint16_t name, uint32_t value);

// A header as a literal that no table keeps (HPACK, section 6.2.2), without
// Huffman codes.
std::string Header(std::string_view name, std::string_view value);

// A header as a literal that goes into the dynamic table (HPACK, 6.2.1).
std::string IndexedHeader(std::string_view name, std::string_view value);

// The headers of a call that gRPC takes.
std::string CallHeaders(std::string_view path);

// A message as gRPC frames it.
std::string GrpcMessage(std::string_view message);

// A whole call on `stream`: HEADERS, and DATA that ends the stream.
std::string Call(uint32_t stream, std::string_view path,
                 std::string_view message);

}  // namespace slotplanner::hostile
