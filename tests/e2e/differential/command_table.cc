// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/command_table.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/base/strings.h"

namespace slotplanner::differential {
namespace {

// Reads the words of one line.
class LineParser {
 public:
  explicit LineParser(std::vector<std::string> words)
      : words_(std::move(words)) {}

  // Nothing when a bracket is open or is closed that is not.
  std::optional<CommandTemplate> Parse(double default_weight) {
    CommandTemplate result{.weight = default_weight, .commands = {}};
    const std::string& first = words_[0];
    double weight = 0;
    if (first.back() == 'x' &&
        absl::SimpleAtod(first.substr(0, first.size() - 1), &weight)) {
      result.weight = weight;
      ++next_;
    }
    do {
      auto syntax = ParseSequence();
      if (!syntax || syntax->children.empty()) return std::nullopt;
      result.commands.push_back(*std::move(syntax));
    } while (Take(";"));
    if (next_ < words_.size()) return std::nullopt;
    return result;
  }

 private:
  bool Take(std::string_view word) {
    if (next_ == words_.size() || words_[next_] != word) return false;
    ++next_;
    return true;
  }

  // Up to a word that ends a sequence, or the end.
  std::optional<Syntax> ParseSequence() {
    Syntax sequence;
    while (next_ < words_.size()) {
      const std::string& word = words_[next_];
      if (word == ";" || word == "|" || word == "]" || word == "}" ||
          word == ")...") {
        break;
      }
      ++next_;
      std::optional<Syntax> piece;
      if (word == "{") {
        piece = ParseAlternatives(Syntax::Kind::kChoice, "}");
      } else if (word == "[") {
        piece = ParseAlternatives(Syntax::Kind::kOption, "]");
      } else if (word == "(") {
        piece = ParseAlternatives(Syntax::Kind::kRepeat, ")...");
      } else {
        piece = ParseWord(word);
      }
      if (!piece) return std::nullopt;
      sequence.children.push_back(*std::move(piece));
    }
    return sequence;
  }

  std::optional<Syntax> ParseAlternatives(Syntax::Kind kind,
                                          std::string_view end) {
    Syntax result{.kind = kind};
    do {
      auto alternative = ParseSequence();
      if (!alternative) return std::nullopt;
      result.children.push_back(*std::move(alternative));
    } while (Take("|"));
    if (!Take(end)) return std::nullopt;
    return result;
  }

  static Syntax ParseWord(const std::string& word) {
    if (word == "\"\"") return {.kind = Syntax::Kind::kWord};
    if (word[0] == '#' && word.size() > 1 &&
        absl::ascii_islower(Byte(word[1]))) {
      return {.kind = Syntax::Kind::kKeyCount, .name = word.substr(1)};
    }
    const size_t dollar = word.find('$');
    if (dollar == std::string::npos || dollar + 1 == word.size()) {
      return {.kind = Syntax::Kind::kWord, .prefix = word};
    }
    size_t end = dollar + 1;
    while (end < word.size() && absl::ascii_islower(Byte(word[end]))) ++end;
    Syntax argument{.kind = Syntax::Kind::kArgument,
                    .prefix = word.substr(0, dollar),
                    .name = word.substr(dollar + 1, end - dollar - 1)};
    if (end < word.size() && word[end] == ':') {
      argument.label = word.substr(end + 1);
    } else {
      argument.suffix = word.substr(end);
    }
    return argument;
  }

  static unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

  const std::vector<std::string> words_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<CommandTable> ParseCommandTable(std::string_view text) {
  CommandTable table;
  double default_weight = 1;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    if (line.empty() || line[0] == '#') continue;
    if (absl::ConsumePrefix(&line, "- ")) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line, absl::MaxSplits(": ", 1));
      table.exclusions.push_back({parts.first, parts.second});
      continue;
    }
    const absl::string_view whole_line = line;
    if (absl::ConsumePrefix(&line, "% ") &&
        absl::SimpleAtod(line, &default_weight)) {
      continue;
    }
    auto parsed = LineParser(absl::StrSplit(whole_line, ' ', absl::SkipEmpty()))
                      .Parse(default_weight);
    if (!parsed) {
      return absl::InvalidArgumentError(
          absl::StrCat("This line of the command table is none: ", whole_line));
    }
    table.templates.push_back(*std::move(parsed));
  }
  return table;
}

void AppendNames(const Syntax& syntax, std::vector<std::string>& names) {
  if (!syntax.name.empty()) names.push_back(syntax.name);
  for (const Syntax& child : syntax.children) AppendNames(child, names);
}

}  // namespace slotplanner::differential
