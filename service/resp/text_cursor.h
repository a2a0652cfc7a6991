// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace slotplanner {

// How deep the arrays of a reply in a text may nest.
inline constexpr int kMaxTextDepth = 16;

// How many values a reply in a text may have, those in arrays counted: 14 for
// each of 10,000 nodes and 32,768 numbers of slots leave room. At about 72
// bytes a `RespValue`, and twice as many while vectors grow, they are 30 MB.
inline constexpr size_t kMaxTextValues = 200'000;

// Where the reader of a text is. Every error is INVALID_ARGUMENT, names the
// line, and holds no byte of the text. Not thread-safe.
class TextCursor {
 public:
  // Requires: the text outlives this.
  explicit TextCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  // What is left to read.
  std::string_view rest() const { return text_.substr(at_); }
  // The next character; NUL at the end.
  char next() const { return at_end() ? '\0' : text_[at_]; }

  // Requires: there are so many characters.
  void Skip(size_t count) { at_ += count; }
  // Skips `prefix` if it stands here; else returns false.
  bool Take(std::string_view prefix);
  // Skips all characters that are in `characters`.
  void SkipAnyOf(std::string_view characters);
  // Takes the line from here on, without its LF or CR LF.
  std::string_view TakeLine();
  // Takes an integer of 64 bits; nothing, without moving, if none stands here.
  std::optional<int64_t> TakeInteger();
  // Takes a string in double quotes, as redis-cli and JSON write them: escapes
  // are \" \\ \/ \a \b \f \n \r \t \v, \xHH, and \uHHHH up to 00FF.
  absl::StatusOr<std::string> TakeQuoted();

  // Counts a value. False: there are too many of them.
  bool CountValue() { return ++values_ <= kMaxTextValues; }

  // How many characters are before the next one on its line. O(1) over a text
  // that is read from its beginning to its end.
  size_t Column();

  // `reason` with the number of the line.
  absl::Status Error(std::string_view reason) const;

 private:
  const std::string_view text_;
  size_t at_ = 0;
  size_t values_ = 0;
  size_t line_begin_ = 0;  // Of a line at or before `at_`.
  size_t searched_ = 0;    // Up to where ends of lines were looked for.
};

}  // namespace slotplanner
