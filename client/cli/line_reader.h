// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slotplanner::cli {

// Reads lines of any bytes, of which it holds one at a time and never more than
// a given size. Not thread-safe.
class LineReader {
 public:
  // The longest line that counts. No key that anybody types is longer, and a
  // file that is no text shall not fill the memory.
  static constexpr size_t kMaxLineBytes = size_t{1} << 20;

  struct Line {
    // Without its newline; empty if it is too long. Until the next `Next`.
    std::string_view text;
    int64_t number;  // From 1.
    bool is_too_long;
  };

  // `in` outlives this.
  explicit LineReader(std::istream& in, size_t max_bytes = kMaxLineBytes);

  // The next line; nothing behind the last one, which may lack its newline. In
  // either case of an end: `in.bad()` tells that reading failed. O(bytes).
  std::optional<Line> Next();

 private:
  bool Fill();
  void Keep(std::string_view piece, bool& is_too_long);

  std::istream& in_;
  const size_t max_bytes_;
  std::vector<char> buffer_;
  std::string_view unread_;  // Of buffer_.
  std::string line_;         // The beginning of one that is not all in buffer_.
  int64_t number_ = 0;
};

}  // namespace slotplanner::cli
