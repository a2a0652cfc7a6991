// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace slotplanner::differential {

// A piece of the syntax of a command.
struct Syntax {
  enum class Kind {
    kWord,      // `prefix`, as it stands.
    kArgument,  // `prefix`, then what `name` stands for, then `suffix`.
    kKeyCount,  // The number of some keys, then the keys, of the kind `name`.
    kSequence,  // All children.
    kChoice,    // One of the children.
    kOption,    // One of the children or nothing.
    kRepeat,    // One of the children, once or a few times over.
  };

  Kind kind = Kind::kSequence;
  std::string prefix = {};
  std::string name = {};
  std::string suffix = {};
  // Arguments of one name and one label are equal throughout a template.
  std::string label = {};
  std::vector<Syntax> children = {};
};

// Commands that are called one after the other; most often it is one.
struct CommandTemplate {
  // How often it is drawn, compared with a template of weight 1.
  double weight = 1;
  std::vector<Syntax> commands;
};

// A command that the test leaves out, or makes without a template.
struct Exclusion {
  std::string command;  // As the catalog names it; `name|*` for all of a name.
  std::string reason;
};

// What the test calls.
struct CommandTable {
  std::vector<CommandTemplate> templates;
  std::vector<Exclusion> exclusions;
};

// Reads a table, line by line:
//
//   # Comment
//   [WEIGHTx] SYNTAX [; SYNTAX]...
//   % WEIGHT for the lines below that have none of their own
//   - COMMAND: REASON for an exclusion
//
// with blanks between all words of a syntax:
//
//   $name        an argument, also within a word; $name:label to name it again
//   #name        a number of keys, and the keys
//   { A | B }    one of them
//   [ A | B ]    one of them, or none
//   ( A | B )... one of them, once or a few times over
//   ""           the empty word
//   other        the word itself
//
// INVALID_ARGUMENT names the line that is none of this.
absl::StatusOr<CommandTable> ParseCommandTable(std::string_view text);

// The names that `syntax` uses in kArgument and kKeyCount.
void AppendNames(const Syntax& syntax, std::vector<std::string>& names);

}  // namespace slotplanner::differential
