// SPDX-License-Identifier: Apache-2.0
#include "service/commands/special_keys.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using ParseResult = std::variant<ParsedCommand, CommandError>;

bool Is(std::string_view argument, std::string_view word) {
  return absl::EqualsIgnoreCase(ToAbsl(argument), ToAbsl(word));
}

KeyRange OneKey(size_t position) {
  return {.first = static_cast<int>(position), .count = 1};
}

// SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC]
// [ALPHA] [STORE destination]: the last STORE counts, where the server's search
// for keys does not pass over a destination: one that is called STORE, LIMIT,
// BY or GET is an option to it. A BY without `*` means "do not sort" and GET #
// is the element itself: neither names keys.
ParseResult ParseSort(const CommandInfo& info, CommandArgs args) {
  ParsedCommand parsed{.info = &info, .key_ranges = {OneKey(1)}};
  size_t destination = 0;
  for (size_t i = 2; i < args.size(); ++i) {
    const bool is_destination = i == destination;
    const bool has_next = i + 1 < args.size();
    if (Is(args[i], "limit")) {
      i += 2;
    } else if (Is(args[i], "by") && has_next) {
      ++i;
      if (!is_destination && args[i].find('*') != std::string_view::npos) {
        parsed.pattern_args.push_back(static_cast<int>(i));
      }
    } else if (Is(args[i], "get") && has_next) {
      ++i;
      if (!is_destination && args[i] != "#") {
        parsed.pattern_args.push_back(static_cast<int>(i));
      }
    } else if (Is(args[i], "store") && has_next) {
      destination = i + 1;
    }
  }
  if (destination != 0 && info.is_write) {
    parsed.key_ranges.push_back(OneKey(destination));
  }
  return parsed;
}

// MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password |
// AUTH2 user password] [KEYS key [key ...]]: the keys follow KEYS when the
// third argument is empty.
ParseResult ParseMigrate(const CommandInfo& info, CommandArgs args) {
  for (size_t i = 6; i < args.size(); ++i) {
    if (Is(args[i], "keys")) {
      if (!args[3].empty()) {
        return CommandError{CommandError::Kind::kSyntax,
                            "MIGRATE with KEYS needs an empty key argument."};
      }
      if (i + 1 == args.size()) {
        return CommandError{CommandError::Kind::kSyntax,
                            "MIGRATE names no key behind KEYS."};
      }
      return ParsedCommand{
          .info = &info,
          .key_ranges = {{.first = static_cast<int>(i + 1),
                          .count = static_cast<int>(args.size() - i - 1)}}};
    }
    if (Is(args[i], "auth")) {
      i += 1;
    } else if (Is(args[i], "auth2")) {
      i += 2;
    }
  }
  return ParsedCommand{.info = &info, .key_ranges = {OneKey(3)}};
}

// GEORADIUS and GEORADIUSBYMEMBER have a key specification each for STORE and
// STOREDIST; the server routes by the last one given only (rule B7).
ParseResult ParseGeoRadius(const CommandInfo& info, CommandArgs args) {
  ParsedCommand parsed{.info = &info, .key_ranges = {OneKey(1)}};
  size_t destination = 0;
  for (size_t i = 5; i + 1 < args.size(); ++i) {
    if (Is(args[i], "store") || Is(args[i], "storedist")) destination = ++i;
  }
  if (destination != 0) parsed.key_ranges.push_back(OneKey(destination));
  return parsed;
}

// XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK]
// STREAMS key [key ...] id [id ...], with the options in any order. The key
// specification searches for STREAMS from a position that is past the group and
// its consumer only if GROUP comes first; the server passes over both (rule
// B4). Nothing when another word is in the way: the command is wrong.
std::optional<ParseResult> ParseXreadgroup(const CommandInfo& info,
                                           CommandArgs args) {
  size_t i = 1;
  while (i < args.size() && !Is(args[i], "streams")) {
    if (Is(args[i], "group")) {
      i += 3;
    } else if (Is(args[i], "count") || Is(args[i], "block")) {
      i += 2;
    } else if (Is(args[i], "noack")) {
      i += 1;
    } else {
      return std::nullopt;
    }
  }
  if (i >= args.size()) return std::nullopt;
  const size_t left = args.size() - i - 1;
  if (left == 0 || left % 2 != 0) {
    return CommandError{CommandError::Kind::kSyntax,
                        "XREADGROUP needs as many IDs as keys."};
  }
  return ParsedCommand{.info = &info,
                       .key_ranges = {{.first = static_cast<int>(i + 1),
                                       .count = static_cast<int>(left / 2)}}};
}

}  // namespace

std::optional<ParseResult> ParseSpecialCommand(const CommandInfo& info,
                                               CommandArgs args) {
  // The arity is what a server says or a file declares: it may allow too few.
  if (args.size() < 2) return std::nullopt;
  if (info.name == "sort" || info.name == "sort_ro") {
    return ParseSort(info, args);
  }
  if (info.name == "migrate" && args.size() > 3) {
    return ParseMigrate(info, args);
  }
  if (info.name == "georadius" || info.name == "georadiusbymember") {
    return ParseGeoRadius(info, args);
  }
  if (info.name == "xreadgroup") return ParseXreadgroup(info, args);
  return std::nullopt;
}

}  // namespace slotplanner
