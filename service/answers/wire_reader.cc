// SPDX-License-Identifier: Apache-2.0
#include "service/answers/wire_reader.h"

#include <array>
#include <limits>

namespace slotplanner {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

// What follows a tag, from its three low bits.
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// More than this a varint never takes.
constexpr int kMaxVarintSize = 10;

// Those of five bytes can be too large for protobuf.
constexpr int kMaxTagSize = 4;
constexpr int kMaxSizeSize = 4;

bool CopyRaw(CodedInputStream& in, int size, std::string& out) {
  std::array<char, 8> bytes;
  if (!in.ReadRaw(bytes.data(), size)) return false;
  out.append(bytes.data(), static_cast<size_t>(size));
  return true;
}

bool CopyVarint(CodedInputStream& in, std::string& out) {
  for (int i = 0; i < kMaxVarintSize; ++i) {
    if (!CopyRaw(in, 1, out)) return false;
    if (static_cast<unsigned char>(out.back()) < 0x80) return true;
  }
  return false;
}

void AppendVarint(uint32_t value, std::string& out) {
  std::array<uint8_t, 5> bytes;
  uint8_t* const end =
      CodedOutputStream::WriteVarint32ToArray(value, bytes.data());
  out.append(bytes.data(), end);
}

}  // namespace

WireReader::WireReader(google::protobuf::io::ZeroCopyInputStream& stream,
                       size_t size, std::deque<std::string>& pieced_together)
    : in_(&stream), pieced_together_(pieced_together) {
  // Beyond, protobuf gives up as well.
  constexpr size_t kMax = std::numeric_limits<int>::max();
  in_.PushLimit(static_cast<int>(size < kMax ? size : kMax));
}

WireReader::Tag WireReader::NextTag() {
  if (in_.BytesUntilLimit() == 0) return kEnd;
  Tag tag = 0;
  if (!ReadVarint(kMaxTagSize, tag)) return kGaveUp;
  return tag >> 3 == 0 ? kGaveUp : tag;  // No field has the number 0.
}

bool WireReader::ReadBytes(std::string_view& bytes) {
  int size = 0;
  if (!ReadSize(size)) return false;
  const void* data = nullptr;
  int in_one_piece = 0;
  in_.GetDirectBufferPointerInline(&data, &in_one_piece);
  if (in_one_piece >= size) {
    bytes = {static_cast<const char*>(data), static_cast<size_t>(size)};
    return in_.Skip(size);
  }
  std::string& pieces = pieced_together_.emplace_back();
  if (!in_.ReadString(&pieces, size)) return false;
  bytes = pieces;
  return true;
}

bool WireReader::CopyField(Tag tag, std::string& fields) {
  AppendVarint(tag, fields);
  bool is_copied = false;
  switch (tag & 7) {
    case kVarint:
      is_copied = CopyVarint(in_, fields);
      break;
    case kFixed64:
      is_copied = CopyRaw(in_, 8, fields);
      break;
    case kFixed32:
      is_copied = CopyRaw(in_, 4, fields);
      break;
    case kBytes: {
      std::string_view bytes;
      is_copied = ReadBytes(bytes);
      AppendVarint(static_cast<uint32_t>(bytes.size()), fields);
      fields += bytes;
      break;
    }
    default:
      break;
  }
  return is_copied && fields.size() <= kMaxUnusualSize;
}

bool WireReader::EnterMessage() {
  int size = 0;
  if (!ReadSize(size)) return false;
  outer_limit_ = in_.PushLimit(size);
  return true;
}

void WireReader::LeaveMessage() { in_.PopLimit(outer_limit_); }

bool WireReader::ReadVarint(int max_bytes, uint32_t& value) {
  value = 0;
  for (int i = 0; i < max_bytes; ++i) {
    unsigned char byte = 0;
    if (!in_.ReadRaw(&byte, 1)) return false;
    value |= (byte & 0x7fu) << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireReader::ReadSize(int& size) {
  uint32_t value = 0;
  if (!ReadVarint(kMaxSizeSize, value)) return false;
  size = static_cast<int>(value);
  return size <= in_.BytesUntilLimit();
}

}  // namespace slotplanner
