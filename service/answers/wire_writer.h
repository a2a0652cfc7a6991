// SPDX-License-Identifier: Apache-2.0
// Writes the bulk of a response: what repeats for each key or command. A
// message object for each of them costs more than to work them out. All the
// rest is left to protobuf, and the bytes are those that it would write.
//
// A response is described once, by a function that is called with a WireSizer
// and then with a WireWriter, so that sizes and bytes cannot disagree.
//
// Source: "Encoding" of the Protocol Buffers documentation.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>

namespace slotplanner {

// A serialized message.
struct WireBytes {
  std::unique_ptr<uint8_t[]> data;
  size_t size = 0;
};

// How many bytes `value` takes as a varint.
inline size_t VarintSize(uint32_t value) {
  return google::protobuf::io::CodedOutputStream::VarintSize32(value);
}

// What a WireSizer found out and a WireWriter needs to know.
struct WireSizes {
  size_t total = 0;
  // Of the payloads of messages and packed fields, in the order in which their
  // fields begin.
  std::vector<uint32_t> payloads;
  // The payloads of the fields made by `Embed`.
  std::string embedded;
};

// Each method stands for a field. Numbers of fields are at most 15, so that a
// tag is one byte; the value of a number is written even if it is 0.
class WireSizer {
 public:
  explicit WireSizer(WireSizes& sizes) : sizes_(sizes) {}

  // A number or an enum.
  void Number(int /*field*/, uint32_t value) {
    sizes_.total += 1 + VarintSize(value);
  }

  // A repeated number, packed: `to_varint` of each value. Nothing if there are
  // none. No branches within, so that compilers vectorize it.
  template <typename T, typename ToVarint>
  void Packed(int /*field*/, std::span<const T> values, ToVarint to_varint) {
    if (values.empty()) return;
    uint32_t size = 0;
    for (const T& value : values) {
      const uint32_t v = to_varint(value);
      size += 1u + (v >= 1u << 7) + (v >= 1u << 14) + (v >= 1u << 21) +
              (v >= 1u << 28);
    }
    sizes_.payloads.push_back(size);
    sizes_.total += 1 + VarintSize(size) + size;
  }

  // A message, described by `fields()`.
  template <typename Fields>
  void Message(int /*field*/, Fields&& fields) {
    const size_t index = sizes_.payloads.size();
    sizes_.payloads.push_back(0);
    const size_t before = sizes_.total;
    fields();
    const auto size = static_cast<uint32_t>(sizes_.total - before);
    sizes_.payloads[index] = size;
    sizes_.total += 1 + VarintSize(size);
  }

  // A message that protobuf writes: `fill(M&)` fills it.
  template <typename M, typename Fill>
  void Embed(int /*field*/, Fill&& fill) {
    M message;
    fill(message);
    const size_t before = sizes_.embedded.size();
    message.AppendToString(&sizes_.embedded);
    const auto size = static_cast<uint32_t>(sizes_.embedded.size() - before);
    sizes_.payloads.push_back(size);
    sizes_.total += 1 + VarintSize(size) + size;
  }

  // All fields of `message`, which does not change any more.
  void FieldsOf(const google::protobuf::MessageLite& message) {
    sizes_.total += message.ByteSizeLong();
  }

 private:
  WireSizes& sizes_;
};

// As WireSizer.
class WireWriter {
 public:
  // Requires: room for `sizes.total` bytes.
  WireWriter(const WireSizes& sizes, uint8_t* out)
      : payload_(sizes.payloads.data()),
        embedded_(sizes.embedded.data()),
        out_(out) {}

  // Behind the last byte written.
  const uint8_t* end() const { return out_; }

  void Number(int field, uint32_t value) {
    *out_++ = static_cast<uint8_t>(field << 3);
    Varint(value);
  }

  template <typename T, typename ToVarint>
  void Packed(int field, std::span<const T> values, ToVarint to_varint) {
    if (values.empty()) return;
    Header(field, *payload_++);
    for (const T& value : values) Varint(to_varint(value));
  }

  template <typename Fields>
  void Message(int field, Fields&& fields) {
    Header(field, *payload_++);
    fields();
  }

  template <typename M, typename Fill>
  void Embed(int field, Fill&& /*fill*/) {
    const uint32_t size = *payload_++;
    Header(field, size);
    out_ = std::copy_n(embedded_, size, out_);
    embedded_ += size;
  }

  void FieldsOf(const google::protobuf::MessageLite& message) {
    out_ = message.SerializeWithCachedSizesToArray(out_);
  }

 private:
  void Varint(uint32_t value) {
    out_ = google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(value,
                                                                         out_);
  }
  void Header(int field, uint32_t payload_size) {
    *out_++ = static_cast<uint8_t>(field << 3 | 2);
    Varint(payload_size);
  }

  const uint32_t* payload_;
  const char* embedded_;
  uint8_t* out_;
};

// The message that `describe(auto& out)` describes.
template <typename Describe>
WireBytes Serialize(Describe&& describe) {
  WireSizes sizes;
  WireSizer sizer(sizes);
  describe(sizer);
  // Not cleared before it is written, as a std::string would be.
  WireBytes bytes = {
      .data = std::make_unique_for_overwrite<uint8_t[]>(sizes.total),
      .size = sizes.total};
  WireWriter writer(sizes, bytes.data.get());
  describe(writer);
  assert(writer.end() == bytes.data.get() + bytes.size);
  return bytes;
}

}  // namespace slotplanner
