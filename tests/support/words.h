// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace slotplanner {

// A command written as words with blanks between them; '' is the empty word.
// Owns the words that its views point to.
class Words {
 public:
  explicit Words(const std::string& text) {
    std::istringstream stream(text);
    for (std::string word; stream >> word;) {
      words_.push_back(word == "''" ? "" : word);
    }
    views_.assign(words_.begin(), words_.end());
  }
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {
    views_.assign(words_.begin(), words_.end());
  }

  const std::vector<std::string_view>& views() const { return views_; }

 private:
  std::vector<std::string> words_;
  std::vector<std::string_view> views_;
};

}  // namespace slotplanner
