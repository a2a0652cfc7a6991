// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

namespace slotplanner {

// Reads the fields of a message where its bytes lie, for requests whose bulk is
// one repeated field of bytes: a string of one's own for each costs more than
// all that is done with it, and three times its memory.
//
// Knows what serializers of proto3 write, and sizes below 256 MiB. What it
// takes, protobuf's own parser takes too, and finds the same in it; for
// anything else, such as groups, it gives up, and that parser decides. So
// damaged bytes are its affair alone. Source: "Encoding" of the Protocol
// Buffers documentation.
class WireReader {
 public:
  // What is left to protobuf may take this many bytes, because it takes up to
  // 40 times as much memory: 32 bytes and more for a string of none, 16 for an
  // unknown number.
  static constexpr size_t kMaxUnusualSize = 1 << 20;

  // A field's number and wire type; or one of these two.
  using Tag = uint32_t;
  static constexpr Tag kEnd = 0;     // The message ends here.
  static constexpr Tag kGaveUp = 1;  // Nothing that this class knows.

  // The tag of a field of bytes, strings or messages. Requires: a field number
  // of at most 15.
  static constexpr Tag BytesTag(int field_number) {
    return static_cast<Tag>(field_number) << 3 | 2;
  }

  // Reads the `size` bytes of `stream`. Bytes that lie there in several pieces
  // are put together in `pieced_together`. Requires: both outlive this.
  WireReader(google::protobuf::io::ZeroCopyInputStream& stream, size_t size,
             std::deque<std::string>& pieced_together);

  // Calls `take(std::string_view)` with the payload of each field from here on
  // that has this tag, until one has another, lies in several pieces, is longer
  // than 16383 bytes, or `take` returns false: that one is not read yet. The
  // quick way through the bulk of a message: two compares a field.
  template <typename Take>
  void TakeRun(Tag tag, Take&& take);

  // The same in bytes that are at hand. Returns how many were read.
  template <typename Take>
  static size_t TakeRun(std::string_view bytes, Tag tag, Take&& take);

  // Reads the next tag. Behind it comes one of the calls below.
  Tag NextTag();

  // Reads the payload of a field of bytes. False: gave up.
  bool ReadBytes(std::string_view& bytes);

  // Appends the field of this tag, the tag included, to `fields`. False: gave
  // up, or these are more than `kMaxUnusualSize` bytes.
  bool CopyField(Tag tag, std::string& fields);

  // Enters a message in a field: `NextTag` gives kEnd at its end. False: gave
  // up. `LeaveMessage` requires that its end was reached.
  bool EnterMessage();
  void LeaveMessage();

 private:
  static constexpr size_t kPrefetchBytes = 1024;

  // Reads a varint of up to `max_bytes`. False: gave up.
  bool ReadVarint(int max_bytes, uint32_t& value);
  bool ReadSize(int& size);

  google::protobuf::io::CodedInputStream in_;
  google::protobuf::io::CodedInputStream::Limit outer_limit_ = 0;
  std::deque<std::string>& pieced_together_;
};

template <typename Take>
void WireReader::TakeRun(Tag tag, Take&& take) {
  const void* data = nullptr;
  int size = 0;
  if (!in_.GetDirectBufferPointer(&data, &size)) return;
  const size_t taken =
      TakeRun({static_cast<const char*>(data), static_cast<size_t>(size)}, tag,
              static_cast<Take&&>(take));
  in_.Skip(static_cast<int>(taken));
}

template <typename Take>
size_t WireReader::TakeRun(std::string_view bytes, Tag tag, Take&& take) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  while (end - p >= 2 && p[0] == static_cast<char>(tag)) {
    size_t size = static_cast<unsigned char>(p[1]);
    const char* payload = p + 2;
    if (size >= 0x80) {
      if (payload == end) break;
      const size_t high = static_cast<unsigned char>(*payload++);
      if (high >= 0x80) break;
      size = (size & 0x7f) | high << 7;
    }
    if (size > static_cast<size_t>(end - payload)) break;
    // Where a field begins is known only once the one before it is there, so
    // that a message beyond the caches would be waited for line by line. This
    // makes reading a million keys take two fifths of the time.
    __builtin_prefetch(payload + kPrefetchBytes);
    if (!take(std::string_view(payload, size))) break;
    p = payload + size;
  }
  return static_cast<size_t>(p - bytes.data());
}

}  // namespace slotplanner
