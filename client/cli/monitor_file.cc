// SPDX-License-Identifier: Apache-2.0
#include "client/cli/monitor_file.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "client/cli/command_file.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

std::string_view Strip(std::string_view text) {
  return ToStd(absl::StripAsciiWhitespace(ToAbsl(text)));
}

// Takes decimal digits, at least one, off the front of `text`. False: there is
// none.
bool TakeDigits(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(text[size]))) {
    ++size;
  }
  text.remove_prefix(size);
  return size > 0;
}

bool Take(std::string_view expected, std::string_view& text) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// Takes the time and the bracket behind it off the front of a line of MONITOR.
// False: this is no such line.
bool TakeTime(std::string_view& text) {
  std::string_view rest = text;
  Take("+", rest);
  if (!TakeDigits(rest) || !Take(".", rest) || !TakeDigits(rest) ||
      !Take(" [", rest)) {
    return false;
  }
  text = rest;
  return true;
}

// A line of MONITOR from its database on: `0 127.0.0.1:60866] "GET" "user:1"`.
absl::StatusOr<SentCommand> ReadBehindTime(std::string_view text) {
  if (!TakeDigits(text) || !Take(" ", text)) {
    return absl::InvalidArgumentError("the database is missing");
  }
  // A bracket of its own, as in [::1]:6379, has no blank behind it.
  const size_t end = text.find("] \"");
  if (end == std::string_view::npos || end == 0) {
    return absl::InvalidArgumentError("the sender or the command is missing");
  }
  auto args = SplitArguments(text.substr(end + 2));
  if (!args.ok()) return args.status();
  SentCommand command{.args = *std::move(args),
                      .client = std::string(text.substr(0, end))};
  command.is_of_script = command.client == "lua";
  return command;
}

}  // namespace

absl::StatusOr<std::optional<SentCommand>> ReadSentCommand(
    std::string_view line) {
  std::string_view text = Strip(line);
  if (text.empty() || text[0] == '#' || text == "OK" || text == "+OK") {
    return std::nullopt;
  }
  if (TakeTime(text)) return ReadBehindTime(text);
  auto args = SplitArguments(text);
  if (!args.ok()) return args.status();
  return SentCommand{.args = *std::move(args)};
}

}  // namespace slotplanner::cli
