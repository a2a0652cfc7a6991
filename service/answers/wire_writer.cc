// SPDX-License-Identifier: Apache-2.0
#include "service/answers/wire_writer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace slotplanner {

void WireWriter::Grow(size_t more) {
  const size_t written = size();
  const size_t capacity = written + std::max(more, written);
  // realloc moves the pages of a large block instead of its bytes.
  auto* const grown = static_cast<uint8_t*>(std::realloc(  // NOLINT: as above.
      buffer_.get(), capacity));
  if (grown == nullptr) std::abort();  // As when `new` finds none.
  buffer_.release();
  buffer_.reset(grown);
  out_ = grown + written;
  limit_ = grown + capacity;
}

void WireWriter::MoveForSize(size_t begin, size_t payload_size) {
  using google::protobuf::io::CodedOutputStream;
  const auto size_bytes = static_cast<uint32_t>(payload_size);
  const size_t more = CodedOutputStream::VarintSize32(size_bytes) - 1;
  Reserve(more);
  uint8_t* const payload = buffer_.get() + begin;
  std::memmove(payload + more, payload, payload_size);
  CodedOutputStream::WriteVarint32ToArray(size_bytes, payload - 1);
  out_ += more;
}

}  // namespace slotplanner
