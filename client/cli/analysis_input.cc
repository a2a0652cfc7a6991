// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_input.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command_file.h"
#include "client/cli/escapes.h"
#include "client/cli/line_reader.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

// The bytes that `text` stands for in the notation of redis-cli.
absl::StatusOr<std::string> DecodeKey(std::string_view text) {
  if (text.empty() || text.front() != '"') return DecodeEscapes(text);
  auto words = SplitArguments(text);
  if (!words.ok()) return words.status();
  if (words->size() != 1) {
    return absl::InvalidArgumentError("there is more than one key");
  }
  return std::move(words->front());
}

// Takes the weight and the space behind it off the front of `line`.
absl::StatusOr<int64_t> TakeWeight(std::string_view& line) {
  const size_t end = line.find_first_of(" \t");
  int64_t weight = 0;
  if (end == std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(line.substr(0, end)), &weight)) {
    return absl::InvalidArgumentError("there is no weight before the key");
  }
  if (weight < 0 || weight > kMaxKeyWeight) {
    return absl::InvalidArgumentError("the weight is not in [0, 2^40]");
  }
  line.remove_prefix(end + 1);
  return weight;
}

}  // namespace

absl::StatusOr<WeightedKey> ParseKeyLine(std::string_view line,
                                         const KeyLineFormat& format,
                                         std::string& buffer) {
  int64_t weight = 1;
  if (format.has_weights) {
    const auto taken = TakeWeight(line);
    if (!taken.ok()) return taken.status();
    weight = *taken;
  }
  if (!format.has_escapes) return WeightedKey{line, weight};
  auto key = DecodeKey(line);
  if (!key.ok()) return key.status();
  buffer = *std::move(key);
  return WeightedKey{buffer, weight};
}

bool BadLines::Add(std::string_view file, int64_t line_number,
                   std::string_view reason) {
  if (++count_ <= kMaxShown) {
    err_ << "slotplanner: " << file << ':' << line_number << ": " << reason
         << '\n';
  } else if (count_ == kMaxShown + 1) {
    err_ << "slotplanner: there are more bad lines; they are counted\n";
  }
  return !is_strict_;
}

absl::StatusOr<bool> ReadKeyLines(
    std::istream& in, const std::string& name, const KeyLineFormat& format,
    BadLines& bad, LineCounts& counts,
    absl::FunctionRef<void(std::string_view key, int64_t weight)> add) {
  LineReader lines(in);
  std::string buffer;
  while (const auto line = lines.Next()) {
    ++counts.lines;
    if (line->is_too_long) {
      if (!bad.Add(name, line->number, kLineTooLong)) return false;
      continue;
    }
    if (line->text.empty()) {
      ++counts.blank;
      continue;
    }
    const auto key = ParseKeyLine(line->text, format, buffer);
    if (!key.ok()) {
      if (!bad.Add(name, line->number, ToStd(key.status().message()))) {
        return false;
      }
      continue;
    }
    add(key->key, key->weight);
  }
  if (in.bad()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", name));
  }
  return true;
}

}  // namespace slotplanner::cli
