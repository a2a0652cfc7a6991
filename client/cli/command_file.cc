// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command_file.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/escapes.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

bool IsSpace(char c) {
  return absl::ascii_isspace(static_cast<unsigned char>(c));
}

// Where the quote that is open at the beginning of `text` is closed; the length
// of `text` if nowhere. Between single quotes a backslash is an ordinary
// character but before a quote.
size_t EndOfQuote(std::string_view text, char quote) {
  size_t end = 0;
  while (end < text.size() && text[end] != quote) {
    const bool escapes =
        quote == '"' ? text[end] == '\\' : text.substr(end, 2) == "\\'";
    end += escapes ? 2 : 1;
  }
  return std::min(end, text.size());
}

std::string DecodeSingleQuoted(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escapes_quote = text.substr(i, 2) == "\\'";
    bytes += text[escapes_quote ? ++i : i];
  }
  return bytes;
}

// Takes the argument off the front of `line`.
absl::StatusOr<std::string> TakeArgument(std::string_view& line) {
  std::string argument;
  while (!line.empty() && !IsSpace(line[0])) {
    const char quote = line[0];
    line.remove_prefix(1);
    if (quote != '"' && quote != '\'') {
      argument += quote;
      continue;
    }
    const size_t end = EndOfQuote(line, quote);
    if (end == line.size()) {
      return absl::InvalidArgumentError("a quote is not closed");
    }
    const std::string_view quoted = line.substr(0, end);
    line.remove_prefix(end + 1);
    if (!line.empty() && !IsSpace(line[0])) {
      return absl::InvalidArgumentError("a space is missing behind a quote");
    }
    if (quote == '\'') {
      argument += DecodeSingleQuoted(quoted);
      continue;
    }
    const auto bytes = DecodeEscapes(quoted);
    if (!bytes.ok()) return bytes.status();
    argument += *bytes;
  }
  return argument;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitArguments(std::string_view line) {
  std::vector<std::string> arguments;
  while (true) {
    while (!line.empty() && IsSpace(line[0])) line.remove_prefix(1);
    if (line.empty()) return arguments;
    auto argument = TakeArgument(line);
    if (!argument.ok()) return argument.status();
    arguments.push_back(*std::move(argument));
  }
}

absl::StatusOr<std::vector<std::vector<std::string>>> ReadCommands(
    std::istream& in, const std::string& name) {
  std::vector<std::vector<std::string>> commands;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
    if (text.empty() || text[0] == '#') continue;
    auto arguments = SplitArguments(ToStd(text));
    if (!arguments.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", number, ": ", arguments.status().message()));
    }
    commands.push_back(*std::move(arguments));
  }
  if (commands.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " has no command"));
  }
  return commands;
}

}  // namespace slotplanner::cli
