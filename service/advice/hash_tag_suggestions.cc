// SPDX-License-Identifier: Apache-2.0
#include "service/advice/hash_tag_suggestions.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/slots/hash_tag.h"

namespace slotplanner {
namespace {

// What stands between the parts of a key, by the customs of the field.
constexpr std::string_view kSeparators = ":./-_|#";

// The first key's runs of segments are what others may share; 16 segments have
// 136 runs.
constexpr size_t kMaxSegments = 16;

bool IsSeparator(char c) {
  return kSeparators.find(c) != std::string_view::npos;
}

// Where segments of `key` begin and end.
bool IsBoundary(std::string_view key, size_t position) {
  return position == 0 || position == key.size() ||
         IsSeparator(key[position - 1]) || IsSeparator(key[position]);
}

// The runs of whole segments of `key`.
std::vector<std::string_view> RunsOf(std::string_view key) {
  std::vector<std::pair<size_t, size_t>> segments;  // First and end.
  for (size_t first = 0;
       first < key.size() && segments.size() < kMaxSegments;) {
    const size_t end =
        std::min(key.find_first_of(kSeparators, first), key.size());
    if (end > first) segments.emplace_back(first, end);
    first = end + 1;
  }
  std::vector<std::string_view> runs;
  for (size_t i = 0; i < segments.size(); ++i) {
    for (size_t j = i; j < segments.size(); ++j) {
      runs.push_back(key.substr(segments[i].first,
                                segments[j].second - segments[i].first));
    }
  }
  return runs;
}

// Where `run` stands in `key` as whole segments.
std::optional<size_t> FindRun(std::string_view key, std::string_view run) {
  for (size_t at = key.find(run); at != std::string_view::npos;
       at = key.find(run, at + 1)) {
    if (IsBoundary(key, at) && IsBoundary(key, at + run.size())) return at;
  }
  return std::nullopt;
}

// Whether a segment names one of many: a number, or a digest or UUID (or a part
// of one), or an address.
bool NamesEntity(std::string_view segment) {
  const bool has_digit =
      std::any_of(segment.begin(), segment.end(), absl::ascii_isdigit);
  const bool is_number =
      !segment.empty() &&
      std::all_of(segment.begin(), segment.end(), absl::ascii_isdigit);
  constexpr size_t kShortestDigest = 8;
  const bool is_digest =
      has_digit && segment.size() >= kShortestDigest &&
      std::all_of(segment.begin(), segment.end(), absl::ascii_isxdigit);
  return is_number || is_digest || segment.find('@') != std::string_view::npos;
}

bool HasEntity(std::string_view run) {
  const std::vector<std::string_view> parts = RunsOf(run);
  return std::any_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.find_first_of(kSeparators) == std::string_view::npos &&
           NamesEntity(part);
  });
}

// Whether what is in braces was never meant as a hash tag.
bool LooksLikeData(std::string_view tag) {
  return tag.find_first_of("\"'{ \t\n=,<>$%") != std::string_view::npos;
}

// A key, as far as this is about it.
struct Key {
  std::string_view name;
  std::optional<HashTag> tag;
  bool is_accidental = false;
  std::string plain;  // Without the braces of its tag, if that is one.

  std::string_view TagText() const {
    return tag ? name.substr(tag->offset, tag->length) : std::string_view();
  }
};

Key Describe(std::string_view name) {
  Key key{.name = name, .tag = FindHashTag(name), .plain = std::string(name)};
  if (!key.tag) return key;
  key.is_accidental = LooksLikeData(key.TagText());
  if (key.is_accidental) return key;
  key.plain.erase(key.tag->offset + key.tag->length, 1);
  key.plain.erase(key.tag->offset - 1, 1);
  return key;
}

// Where braces around `tag` have to be put into the plain name of `key`;
// nothing if it cannot have that tag.
std::optional<size_t> PlaceOf(std::string_view tag, const Key& key) {
  const auto at = FindRun(key.plain, tag);
  // The first brace would be another one.
  if (!at || key.plain.find('{') < *at) return std::nullopt;
  return at;
}

bool HasTag(const Key& key, std::string_view tag) {
  return key.tag && key.TagText() == tag;
}

std::string NameWith(const Key& key, std::string_view tag) {
  if (HasTag(key, tag)) return std::string(key.name);
  const std::string_view plain = key.plain;
  const size_t at = *PlaceOf(tag, key);
  return absl::StrCat(ToAbsl(plain.substr(0, at)), "{", ToAbsl(tag), "}",
                      ToAbsl(plain.substr(at + tag.size())));
}

// A tag that all keys can have.
struct Candidate {
  std::string_view tag;
  bool has_entity;
  size_t renaming_count;
};

std::optional<Candidate> TryTag(std::string_view tag,
                                const std::vector<Key>& keys) {
  // A tag is hashed as a key of the same bytes only if it has no braces.
  if (tag.find_first_of("{}") != std::string_view::npos) return std::nullopt;
  size_t renaming_count = 0;
  for (const Key& key : keys) {
    if (HasTag(key, tag)) continue;
    if (!PlaceOf(tag, key)) return std::nullopt;
    ++renaming_count;
  }
  return Candidate{.tag = tag,
                   .has_entity = HasEntity(tag),
                   .renaming_count = renaming_count};
}

// The best first.
bool IsBetter(const Candidate& a, const Candidate& b) {
  return std::tuple(b.has_entity, a.renaming_count, b.tag.size()) <
         std::tuple(a.has_entity, b.renaming_count, a.tag.size());
}

// Nothing if keys that differ would get one name.
std::optional<HashTagSuggestion> ToSuggestion(const Candidate& candidate,
                                              const std::vector<Key>& keys) {
  HashTagSuggestion suggestion{.tag = std::string(candidate.tag),
                               .slot = HashSlot::OfKey(candidate.tag),
                               .renamings = {},
                               .warnings = {}};
  suggestion.renamings.reserve(candidate.renaming_count);
  absl::flat_hash_map<std::string, std::string_view> old_names;
  bool has_accident = false;
  for (size_t i = 0; i < keys.size(); ++i) {
    std::string name = NameWith(keys[i], candidate.tag);
    const auto old = old_names.try_emplace(name, keys[i].name).first;
    if (old->second != keys[i].name) return std::nullopt;
    has_accident = has_accident || keys[i].is_accidental;
    if (name != keys[i].name) {
      suggestion.renamings.push_back({i, std::move(name)});
    }
  }
  if (!candidate.has_entity) {
    suggestion.warnings.push_back(TagWarning::kTooBroad);
  }
  if (has_accident) suggestion.warnings.push_back(TagWarning::kAccidentalTag);
  return suggestion;
}

}  // namespace

std::vector<HashTagSuggestion> SuggestHashTags(
    std::span<const std::string_view> keys, size_t max_suggestions) {
  std::vector<Key> described;
  described.reserve(keys.size());
  for (const std::string_view key : keys) described.push_back(Describe(key));

  // Whatever all share, the first one has; or some have it as a tag by now.
  std::vector<std::string_view> candidates = RunsOf(described.front().plain);
  for (const Key& key : described) {
    if (key.tag && !key.is_accidental) candidates.push_back(key.TagText());
  }
  absl::flat_hash_set<std::string_view> tried;
  std::vector<Candidate> fitting;
  for (const std::string_view tag : candidates) {
    if (!tried.insert(tag).second) continue;
    if (const auto candidate = TryTag(tag, described)) {
      fitting.push_back(*candidate);
    }
  }
  std::stable_sort(fitting.begin(), fitting.end(), IsBetter);

  std::vector<HashTagSuggestion> suggestions;
  for (const Candidate& candidate : fitting) {
    if (suggestions.size() == max_suggestions) break;
    if (auto suggestion = ToSuggestion(candidate, described)) {
      suggestions.push_back(*std::move(suggestion));
    }
  }
  return suggestions;
}

}  // namespace slotplanner
