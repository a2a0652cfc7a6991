// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>

namespace slotplanner {

// A serialized message.
struct WireBytes {
  struct Free {
    void operator()(uint8_t* block) const {
      std::free(block);  // NOLINT(cppcoreguidelines-no-malloc): from realloc.
    }
  };

  std::unique_ptr<uint8_t[], Free> data = {};
  size_t size = 0;
};

// Writes a message whose bulk repeats for each key or command: an object for
// each of them costs more than to work them out. The rest is left to protobuf,
// and the bytes are those that it would write.
//
// One pass: the size of a message in a field is written when its end is known.
// Numbers of fields are at most 15, so that a tag is one byte; numbers are
// written even if they are 0.
//
// Source: "Encoding" of the Protocol Buffers documentation.
class WireWriter {
 public:
  // With more than `expected_size` bytes the buffer grows.
  explicit WireWriter(size_t expected_size) { Grow(expected_size); }

  // A field that is a number or an enum.
  void Number(int field, uint32_t value) {
    Reserve(1 + kMaxVarintSize);
    out_ = PutVarint(value, PutTag(field, kVarint, out_));
  }

  // A field of numbers, packed: `to_varint` of each value. Nothing if there are
  // none.
  template <typename T, typename ToVarint>
  void Packed(int field, std::span<const T> values, ToVarint to_varint) {
    if (values.empty()) return;
    if (values.size() <= kFew) {
      Reserve(2 + kMaxVarintSize * kFew);
      uint8_t* const payload = PutTag(field, kBytes, out_) + 1;
      uint8_t* out = payload;
      for (const T& value : values) out = PutVarint(to_varint(value), out);
      payload[-1] = static_cast<uint8_t>(out - payload);
      out_ = out;
      return;
    }
    size_t payload_size = 0;
    // Without branches within, so that compilers vectorize it.
    for (const T& value : values) {
      const uint32_t v = to_varint(value);
      payload_size += 1u + (v >= 1u << 7) + (v >= 1u << 14) + (v >= 1u << 21) +
                      (v >= 1u << 28);
    }
    Reserve(1 + kMaxVarintSize + payload_size);
    uint8_t* out = PutTag(field, kBytes, out_);
    out = PutVarint(static_cast<uint32_t>(payload_size), out);
    for (const T& value : values) out = PutVarint(to_varint(value), out);
    out_ = out;
  }

  // A field that is a message, which `write_fields()` writes.
  template <typename WriteFields>
  void Message(int field, WriteFields&& write_fields) {
    Reserve(2);
    out_ = PutTag(field, kBytes, out_) + 1;  // Small sizes take one byte.
    const size_t begin = size();
    write_fields();
    const size_t payload_size = size() - begin;
    if (payload_size >= 0x80) {
      MoveForSize(begin, payload_size);
    } else {
      buffer_.get()[begin - 1] = static_cast<uint8_t>(payload_size);
    }
  }

  // A field that is a message, which protobuf writes.
  void Embed(int field, const google::protobuf::MessageLite& message) {
    const size_t payload_size = message.ByteSizeLong();
    Reserve(1 + kMaxVarintSize + payload_size);
    out_ = PutVarint(static_cast<uint32_t>(payload_size),
                     PutTag(field, kBytes, out_));
    out_ = message.SerializeWithCachedSizesToArray(out_);
  }

  // The fields of `message`.
  void FieldsOf(const google::protobuf::MessageLite& message) {
    Reserve(message.ByteSizeLong());
    out_ = message.SerializeWithCachedSizesToArray(out_);
  }

  WireBytes Take() && {
    const size_t taken = size();
    return {.data = std::move(buffer_), .size = taken};
  }

 private:
  enum WireType { kVarint = 0, kBytes = 2 };
  static constexpr size_t kMaxVarintSize = 5;
  // Numbers whose size takes one byte, whatever they are.
  static constexpr size_t kFew = 0x7f / kMaxVarintSize;

  size_t size() const { return static_cast<size_t>(out_ - buffer_.get()); }

  void Reserve(size_t more) {
    if (static_cast<size_t>(limit_ - out_) < more) Grow(more);
  }
  // Makes room for at least `more` bytes.
  void Grow(size_t more);
  // Makes room for a size of more than one byte, and writes it.
  void MoveForSize(size_t begin, size_t payload_size);

  // Write at `out`, where room is reserved, and return what is behind. The
  // methods above keep `out` in a register meanwhile: a byte that is written
  // could be part of `out_`, for all that a compiler knows, which would be
  // loaded again for each.
  static uint8_t* PutTag(int field, WireType type, uint8_t* out) {
    *out = static_cast<uint8_t>(field << 3 | type);
    return out + 1;
  }
  static uint8_t* PutVarint(uint32_t value, uint8_t* out) {
    return google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(value,
                                                                         out);
  }

  std::unique_ptr<uint8_t[], WireBytes::Free> buffer_;
  uint8_t* out_ = nullptr;    // Behind the last byte written.
  uint8_t* limit_ = nullptr;  // Behind the buffer.
};

}  // namespace slotplanner
