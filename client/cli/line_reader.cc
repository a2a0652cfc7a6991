// SPDX-License-Identifier: Apache-2.0
#include "client/cli/line_reader.h"

namespace slotplanner::cli {
namespace {

// As much as a pipe of Linux holds.
constexpr size_t kBufferBytes = size_t{64} << 10;

}  // namespace

LineReader::LineReader(std::istream& in, size_t max_bytes)
    : in_(in), max_bytes_(max_bytes), buffer_(kBufferBytes) {}

std::optional<LineReader::Line> LineReader::Next() {
  line_.clear();
  bool has_begun = false;
  bool is_too_long = false;
  while (!unread_.empty() || Fill()) {
    const size_t end = unread_.find('\n');
    const std::string_view piece = unread_.substr(0, end);
    const bool is_whole = end != std::string_view::npos;
    unread_.remove_prefix(is_whole ? end + 1 : piece.size());
    if (is_whole && !has_begun) {  // The usual case: no copy.
      is_too_long = piece.size() > max_bytes_;
      return Line{.text = is_too_long ? std::string_view() : piece,
                  .number = ++number_,
                  .is_too_long = is_too_long};
    }
    has_begun = true;
    Keep(piece, is_too_long);
    if (is_whole) break;
  }
  if (!has_begun) return std::nullopt;
  return Line{.text = line_, .number = ++number_, .is_too_long = is_too_long};
}

bool LineReader::Fill() {
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  unread_ = {buffer_.data(), static_cast<size_t>(in_.gcount())};
  return !unread_.empty();
}

void LineReader::Keep(std::string_view piece, bool& is_too_long) {
  is_too_long = is_too_long || line_.size() + piece.size() > max_bytes_;
  if (is_too_long) {
    line_.clear();
  } else {
    line_ += piece;
  }
}

}  // namespace slotplanner::cli
