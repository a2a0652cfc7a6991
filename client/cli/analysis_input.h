// SPDX-License-Identifier: Apache-2.0
// Files of keys, one a line, for `analyze`.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace slotplanner::cli {

// The heaviest that one key may be, as of `AnalyzeKeysRequest.weights`.
inline constexpr int64_t kMaxKeyWeight = int64_t{1} << 40;

// What is on a line.
struct KeyLineFormat {
  // The notation of redis-cli: a key in double quotes, or the escapes that are
  // read between them without quotes.
  bool has_escapes = false;
  // `WEIGHT KEY`, with one space or tab between.
  bool has_weights = false;
};

struct WeightedKey {
  std::string_view key;
  int64_t weight;  // 1 without weights.
};

// The key on `line`, which may lie in `buffer` if it had to be decoded.
// INVALID_ARGUMENT says what is wrong, without a byte of the line. O(bytes).
absl::StatusOr<WeightedKey> ParseKeyLine(std::string_view line,
                                         const KeyLineFormat& format,
                                         std::string& buffer);

// Why a line does not count that `LineReader` finds too long.
inline constexpr std::string_view kLineTooLong = "it is longer than 1 MiB";

// Counts the lines that cannot be read, and shows the first few on `err`, by
// number and reason and never by their bytes. Not thread-safe.
class BadLines {
 public:
  // How many are shown; the rest is only counted.
  static constexpr int64_t kMaxShown = 5;

  // `err` outlives this. Strict: the first one is one too many.
  BadLines(std::ostream& err, bool is_strict)
      : err_(err), is_strict_(is_strict) {}

  // Counts one. False when no more is to be read.
  bool Add(std::string_view file, int64_t line_number, std::string_view reason);

  int64_t count() const { return count_; }

 private:
  std::ostream& err_;
  const bool is_strict_;
  int64_t count_ = 0;
};

// How much was read.
struct LineCounts {
  int64_t lines = 0;  // All of them.
  // Passed over: those that are blank or, among commands, comments.
  int64_t blank = 0;
  // Passed over: commands that a script called.
  int64_t of_scripts = 0;
};

// Calls `add` for the key of each line of `in` that is neither blank nor bad.
// `name` stands for the file in messages. False when `bad` says so; an error
// when reading fails. Holds one line at a time. O(bytes).
absl::StatusOr<bool> ReadKeyLines(
    std::istream& in, const std::string& name, const KeyLineFormat& format,
    BadLines& bad, LineCounts& counts,
    absl::FunctionRef<void(std::string_view key, int64_t weight)> add);

}  // namespace slotplanner::cli
