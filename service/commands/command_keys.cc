// SPDX-License-Identifier: Apache-2.0
#include "service/commands/command_keys.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/commands/special_keys.h"

namespace slotplanner {
namespace {

using Kind = CommandError::Kind;

std::string UpperName(const CommandInfo& info) {
  std::string name = absl::AsciiStrToUpper(info.name);
  for (char& c : name) {
    if (c == '|') c = ' ';
  }
  return name;
}

// How many keys a key specification finds, or why it cannot.
using KeyCount = std::variant<int, CommandError>;

// The position of the first key, or nothing when a keyword is missing. The
// search for a keyword sees its own stretch of arguments only (rule B4).
// Requires: !spec.is_unknown().
std::optional<int> BeginSearch(const KeySpec& spec, CommandArgs args) {
  if (const auto* index = std::get_if<BeginSearchIndex>(&spec.begin_search)) {
    return index->index;
  }
  const auto& keyword = std::get<BeginSearchKeyword>(spec.begin_search);
  const int size = static_cast<int>(args.size());
  const bool forwards = keyword.start_from > 0;
  const int start = forwards ? keyword.start_from : size + keyword.start_from;
  for (int i = start; i >= 1 && i < size; i += forwards ? 1 : -1) {
    if (absl::EqualsIgnoreCase(ToAbsl(args[static_cast<size_t>(i)]),
                               keyword.keyword)) {
      return i + 1;
    }
  }
  return std::nullopt;
}

// Requires: the first key is at `first`.
KeyCount CountInRange(const CommandInfo& info, const FindKeysRange& find,
                      int first, int size) {
  const int step = find.key_step;
  if (find.last_key >= 0) {
    const int last = first + find.last_key;
    if (last >= size) {
      return CommandError{
          Kind::kSyntax,
          absl::StrCat(UpperName(info), " ends before its last key.")};
    }
    return find.last_key / step + 1;
  }
  const int left = size - first;
  if (find.last_key == -1 && find.limit > 1) {
    // The keys are the first of `limit` equal portions of what is left.
    if (left <= 0 || left % find.limit != 0) {
      return CommandError{
          Kind::kSyntax,
          absl::StrCat(UpperName(info), " needs as many IDs as keys.")};
    }
    return left / find.limit / step;
  }
  // The last argument that may belong to a key is `size + last_key`.
  const int span = left + find.last_key + 1;
  if (span < 0) {
    return CommandError{
        Kind::kSyntax,
        absl::StrCat(UpperName(info), " ends before its first key.")};
  }
  if (span % step != 0) {
    return CommandError{
        Kind::kSyntax,
        absl::StrCat(UpperName(info), " needs ", step - 1,
                     step == 2 ? " value" : " arguments", " for each key.")};
  }
  return span / step;
}

// A number of keys as the server reads it: decimal, without sign, blanks or
// leading zeros. Nine digits are more arguments than a request can hold.
std::optional<int> ParseKeyCount(std::string_view text) {
  if (text.empty() || text.size() > 9 || (text[0] == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  int count = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    count = count * 10 + (c - '0');
  }
  return count;
}

// Requires: the search for keys began at `first`.
KeyCount CountByNumber(const CommandInfo& info, const FindKeysKeynum& find,
                       int first, CommandArgs args) {
  const int size = static_cast<int>(args.size());
  const int count_arg = first + find.keynum_index;
  const std::optional<int> count =
      count_arg < size ? ParseKeyCount(args[static_cast<size_t>(count_arg)])
                       : std::nullopt;
  if (!count) {
    return CommandError{Kind::kSyntax,
                        absl::StrCat("The number of keys of ", UpperName(info),
                                     " is no number of at least 0.")};
  }
  const int first_key = first + find.first_key;
  if (*count > 0 && first_key + int64_t{*count} * find.key_step > size) {
    return CommandError{
        Kind::kSyntax,
        absl::StrCat("The number of keys of ", UpperName(info),
                     " is larger than the number of arguments left.")};
  }
  return *count;
}

// The general case. There is one result, filled where the caller wants it:
// moving it would cost more than to find the key of a GET.
std::variant<ParsedCommand, CommandError> FindKeysBySpecs(
    const CommandInfo& info, CommandArgs args) {
  std::variant<ParsedCommand, CommandError> result;
  auto& parsed = result.emplace<ParsedCommand>();
  parsed.info = &info;
  bool found_range = false;
  for (const KeySpec& spec : info.key_specs) {
    if (spec.incomplete || spec.is_unknown()) {
      result = CommandError{
          Kind::kUnknownKeys,
          absl::StrCat("The cluster does not say which arguments of ",
                       UpperName(info), " are keys.")};
      return result;
    }
    const std::optional<int> first = BeginSearch(spec, args);
    if (!first) continue;
    found_range = true;
    KeyRange& range = parsed.key_ranges.emplace_back();
    range.first = *first;
    KeyCount count = 0;
    if (const auto* find = std::get_if<FindKeysRange>(&spec.find_keys)) {
      range.step = find->key_step;
      count = CountInRange(info, *find, *first, static_cast<int>(args.size()));
    } else {
      const auto& by_number = std::get<FindKeysKeynum>(spec.find_keys);
      range.first += by_number.first_key;
      range.step = by_number.key_step;
      range.count_arg = *first + by_number.keynum_index;
      count = CountByNumber(info, by_number, *first, args);
    }
    if (auto* error = std::get_if<CommandError>(&count)) {
      result = std::move(*error);
      return result;
    }
    range.count = std::get<int>(count);
    if (range.count == 0) parsed.key_ranges.pop_back();
  }
  if (!info.key_specs.empty() && !found_range) {
    result = CommandError{
        Kind::kSyntax,
        absl::StrCat(UpperName(info), " misses the keyword before its keys.")};
  }
  return result;
}

}  // namespace

std::variant<const CommandInfo*, CommandError> FindCommand(
    const CommandCatalog& catalog, CommandArgs args) {
  if (args.empty()) return CommandError{Kind::kSyntax, "The command is empty."};
  const CommandInfo* const info = catalog.Find(args[0]);
  if (info == nullptr) {
    return CommandError{Kind::kUnknownCommand,
                        "The cluster does not know this command."};
  }
  if (info->subcommands.empty() || args.size() == 1) return info;
  const CommandInfo* const subcommand =
      CommandCatalog::FindSubcommand(*info, args[1]);
  if (subcommand == nullptr) {
    return CommandError{
        Kind::kUnknownCommand,
        absl::StrCat("The cluster does not know this subcommand of ",
                     UpperName(*info), ".")};
  }
  return subcommand;
}

std::variant<ParsedCommand, CommandError> FindKeys(const CommandInfo& info,
                                                   CommandArgs args) {
  if (!info.AllowsArgumentCount(args.size())) {
    return CommandError{
        Kind::kWrongArity,
        absl::StrCat("The number of arguments of ", UpperName(info),
                     " is wrong: it has ", args.size(), ", the name included, ",
                     info.arity < 0 ? "and needs at least " : "and needs ",
                     info.arity < 0 ? -info.arity : info.arity, ".")};
  }
  // All commands with keys of their own kind are among these.
  if (info.is_movable_keys) {
    if (auto special = ParseSpecialCommand(info, args)) {
      return *std::move(special);
    }
  }
  return FindKeysBySpecs(info, args);
}

std::variant<ParsedCommand, CommandError> ParseCommand(
    const CommandCatalog& catalog, CommandArgs args) {
  auto found = FindCommand(catalog, args);
  if (auto* error = std::get_if<CommandError>(&found)) {
    return std::move(*error);
  }
  return FindKeys(*std::get<const CommandInfo*>(found), args);
}

}  // namespace slotplanner
