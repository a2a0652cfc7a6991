// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace slotplanner::cli {

// What an analysis was made of, and what is to be known about that: names for
// programs, words for people. In the order in which they are shown.
class AnalysisFacts {
 public:
  // `name` is in lowerCamelCase. A count of 0 is not shown to people.
  void AddCount(std::string name, std::string words, int64_t count);
  void AddText(std::string name, std::string words, std::string text);

  // One object, on one line without its newline. Text that is no UTF-8 is left
  // out.
  std::string ToJson() const;

  // One line each, as in `bad lines: 12`.
  std::string ToText() const;

 private:
  struct Fact {
    std::string name;
    std::string words;
    std::variant<int64_t, std::string> value;
  };

  std::vector<Fact> facts_;
};

}  // namespace slotplanner::cli
