// SPDX-License-Identifier: Apache-2.0
#include "service/advice/key_template.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

using Tokens = std::vector<TemplateToken>;

bool IsOfName(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-';
}

// The size of the placeholder that `text` begins with; 0 if it does not.
size_t PlaceholderSize(std::string_view text) {
  if (text.empty() || text[0] != '<') return 0;
  size_t end = 1;
  while (end < text.size() && IsOfName(text[end])) ++end;
  return end > 1 && end < text.size() && text[end] == '>' ? end + 1 : 0;
}

// What parts must have in common to be compared for certain: the template up to
// the end of its last placeholder, and the size of the text behind it. Texts
// without placeholders can all be compared.
using Shape = std::pair<std::string_view, size_t>;

Shape ShapeOf(std::string_view part) {
  const Tokens tokens = TokensOf(part);
  const auto is_placeholder = [](const TemplateToken& token) {
    return token.is_placeholder;
  };
  if (std::none_of(tokens.begin(), tokens.end(), is_placeholder)) {
    return {"", 0};
  }
  const size_t behind =
      tokens.back().is_placeholder ? 0 : tokens.back().text.size();
  return {part.substr(0, part.size() - behind), behind};
}

// The slot of the part if every placeholder has one fixed value.
HashSlot SlotOfInstance(std::string_view part) {
  return HashSlot::OfKey(
      FillIn(part, [](std::string_view) { return std::string_view("1"); }));
}

// Names, each once, in the order in which they were added first.
class Names {
 public:
  void AddThoseOf(std::span<const TemplateToken> tokens) {
    for (const TemplateToken& token : tokens) {
      if (token.is_placeholder && known_.insert(token.text).second) {
        list_.push_back(token.text);
      }
    }
  }

  bool empty() const { return list_.empty(); }
  std::vector<std::string_view> Take() && { return std::move(list_); }

 private:
  absl::flat_hash_set<std::string_view> known_;
  std::vector<std::string_view> list_;
};

// Whether all have the same token at `index`, from the end if `is_reverse`.
// Requires: all have as many tokens.
bool AllHave(const std::vector<Tokens>& parts, size_t index, bool is_reverse) {
  const auto at = [&](const Tokens& tokens) -> const TemplateToken& {
    return tokens[is_reverse ? tokens.size() - 1 - index : index];
  };
  return std::all_of(parts.begin(), parts.end(), [&](const Tokens& tokens) {
    return at(tokens) == at(parts.front());
  });
}

// The names where the parts differ: token by token if they have as many of
// them, else between what all begin and end with.
void AddNamesThatDiffer(const std::vector<Tokens>& parts, Names& names) {
  size_t shortest = parts.front().size();
  size_t longest = shortest;
  for (const Tokens& tokens : parts) {
    shortest = std::min(shortest, tokens.size());
    longest = std::max(longest, tokens.size());
  }
  if (shortest == longest) {
    std::vector<bool> is_same(longest);
    for (size_t i = 0; i < longest; ++i) is_same[i] = AllHave(parts, i, false);
    for (const Tokens& tokens : parts) {
      for (size_t i = 0; i < longest; ++i) {
        if (!is_same[i]) names.AddThoseOf(std::span(tokens).subspan(i, 1));
      }
    }
    return;
  }
  size_t first = 0;
  while (first < shortest && AllHave(parts, first, false)) ++first;
  size_t last = 0;
  while (first + last < shortest && AllHave(parts, last, true)) ++last;
  for (const Tokens& tokens : parts) {
    names.AddThoseOf(
        std::span(tokens).subspan(first, tokens.size() - first - last));
  }
}

std::vector<std::string_view> NamesThatDiffer(
    std::span<const std::string_view> hashed_parts) {
  std::vector<Tokens> parts;
  absl::flat_hash_set<std::string_view> known;
  for (const std::string_view part : hashed_parts) {
    if (known.insert(part).second) parts.push_back(TokensOf(part));
  }
  Names names;
  AddNamesThatDiffer(parts, names);
  if (names.empty()) {
    for (const Tokens& tokens : parts) names.AddThoseOf(tokens);
  }
  return std::move(names).Take();
}

}  // namespace

std::vector<TemplateToken> TokensOf(std::string_view text) {
  Tokens tokens;
  size_t first = 0;  // Of the text that is no token yet.
  size_t i = 0;
  const auto end_text = [&] {
    if (i > first) tokens.push_back({text.substr(first, i - first), false});
  };
  while (i < text.size()) {
    const size_t size = PlaceholderSize(text.substr(i));
    if (size == 0) {
      ++i;
      continue;
    }
    end_text();
    tokens.push_back({text.substr(i + 1, size - 2), true});
    i += size;
    first = i;
  }
  end_text();
  return tokens;
}

std::string FillIn(
    std::string_view text,
    absl::FunctionRef<std::string_view(std::string_view name)> value_of) {
  std::string filled;
  for (const TemplateToken& token : TokensOf(text)) {
    filled += token.is_placeholder ? value_of(token.text) : token.text;
  }
  return filled;
}

TemplateAgreement AgreementOf(std::span<const std::string_view> hashed_parts) {
  if (hashed_parts.empty()) return {};
  absl::flat_hash_map<Shape, HashSlot> slots;  // Of an instance of each shape.
  for (const std::string_view part : hashed_parts) {
    const HashSlot slot = SlotOfInstance(part);
    if (slots.try_emplace(ShapeOf(part), slot).first->second != slot) {
      return {.agreement = SlotAgreement::kNever};
    }
  }
  if (slots.size() == 1) return {.agreement = SlotAgreement::kAlways};
  return {.agreement = SlotAgreement::kDepends,
          .placeholders = NamesThatDiffer(hashed_parts)};
}

}  // namespace slotplanner
