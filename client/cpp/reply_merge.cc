// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/reply_merge.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// Beyond this many, an error line counts parts or arguments, no longer names
// them: a split of thousands of keys must still be readable.
constexpr size_t kMaxNamed = 8;

std::string_view NameOf(PartOutcome outcome) {
  switch (outcome) {
    case PartOutcome::kNotSent:
      return "not sent";
    case PartOutcome::kApplied:
      return "applied";
    case PartOutcome::kFailed:
      return "failed";
    case PartOutcome::kUnknown:
      return "unknown";
  }
  return "";
}

// As in "part 1 on 127.0.0.1:7001 (arguments 2, 5)".
std::string NameOf(size_t part_index, const PartResult& part) {
  std::string name = absl::StrCat("part ", part_index, " on ", part.node);
  if (part.arg_indexes.empty()) return name;
  const size_t named = std::min(part.arg_indexes.size(), kMaxNamed);
  absl::StrAppend(
      &name, " (arguments ",
      absl::StrJoin(
          part.arg_indexes.begin(),
          part.arg_indexes.begin() + static_cast<std::ptrdiff_t>(named), ", "));
  if (named < part.arg_indexes.size()) {
    absl::StrAppend(&name, " and ", part.arg_indexes.size() - named, " more");
  }
  return name + ")";
}

// As in "; failed: part 0 on ...: WRONGTYPE ..., part 1 on ...". Empty when no
// part has that outcome.
std::string ListParts(PartOutcome outcome, std::span<const PartResult> parts) {
  std::vector<std::string> named;
  size_t count = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].outcome != outcome || ++count > kMaxNamed) continue;
    std::string name = NameOf(i, parts[i]);
    if (outcome == PartOutcome::kFailed) {
      absl::StrAppend(&name, ": ", parts[i].reply.text);
    } else if (!parts[i].cause.ok()) {
      absl::StrAppend(&name, ": ", std::string(parts[i].cause.message()));
    }
    named.push_back(std::move(name));
  }
  if (count == 0) return "";
  std::string list = absl::StrCat("; ", ToAbsl(NameOf(outcome)), ": ",
                                  absl::StrJoin(named, ", "));
  if (count > kMaxNamed) {
    absl::StrAppend(&list, " and ", count - kMaxNamed, " more");
  }
  return list;
}

bool IsApplied(const PartResult& part) {
  return part.outcome == PartOutcome::kApplied;
}

RespValue FailureOf(std::span<const PartResult> parts) {
  const auto applied = std::count_if(parts.begin(), parts.end(), IsApplied);
  return RespValue::Error(absl::StrCat(
      "PARTFAILED ", applied, " of ", parts.size(), " parts were applied",
      ListParts(PartOutcome::kFailed, parts),
      ListParts(PartOutcome::kUnknown, parts),
      ListParts(PartOutcome::kNotSent, parts),
      ListParts(PartOutcome::kApplied, parts)));
}

absl::Status WrongShape(size_t part_index, const PartResult& part,
                        std::string_view expected) {
  return absl::InternalError(absl::StrCat("The reply of ",
                                          NameOf(part_index, part), " is not ",
                                          ToAbsl(expected), "."));
}

// The operations. Each gets at least one part, and only applied ones.

absl::StatusOr<RespValue> Single(std::span<const PartResult> parts) {
  if (parts.size() != 1) {
    return absl::InternalError(
        absl::StrCat("One part was expected, there are ", parts.size(), "."));
  }
  return parts[0].reply;
}

absl::StatusOr<RespValue> Gather(std::span<const PartResult> parts) {
  size_t element_count = 0;
  for (const PartResult& part : parts) {
    element_count += part.reply_positions.size();
  }
  std::vector<RespValue> elements(element_count);
  std::vector<bool> filled(element_count);
  for (size_t i = 0; i < parts.size(); ++i) {
    const PartResult& part = parts[i];
    const size_t part_size = part.reply_positions.size();
    if (!part.reply.is_array() || part.reply.elements.size() != part_size) {
      return WrongShape(i, part,
                        absl::StrCat("an array of length ", part_size));
    }
    for (size_t j = 0; j < part_size; ++j) {
      // A negative position becomes one that is too large.
      const size_t position = static_cast<size_t>(part.reply_positions[j]);
      if (position >= element_count || filled[position]) {
        return absl::InternalError(
            absl::StrCat("The reply positions of ", NameOf(i, part),
                         " do not fit those of the other parts."));
      }
      filled[position] = true;
      elements[position] = part.reply.elements[j];
    }
  }
  return RespValue::Array(std::move(elements));
}

// Takes one more integer into what the ones before it came to. False when the
// result is no 64-bit integer.
using Combine = bool (*)(int64_t term, int64_t& total);

// Combines integers, or arrays of them element by element (rule C7). `initial`
// is what no integer at all comes to.
absl::StatusOr<RespValue> Fold(std::span<const PartResult> parts,
                               int64_t initial, Combine combine) {
  const RespValue& first = parts[0].reply;
  const bool are_arrays = first.is_array();
  const size_t length = are_arrays ? first.elements.size() : 1;
  std::vector<RespValue> totals(length, RespValue::Integer(initial));
  for (size_t i = 0; i < parts.size(); ++i) {
    const RespValue& reply = parts[i].reply;
    const std::span<const RespValue> terms =
        reply.is_array() ? std::span(reply.elements) : std::span(&reply, 1);
    bool fits = reply.is_array() == are_arrays && terms.size() == length;
    for (size_t j = 0; fits && j < length; ++j) {
      fits =
          terms[j].is_integer() && combine(terms[j].integer, totals[j].integer);
    }
    if (!fits) {
      return WrongShape(i, parts[i],
                        "of the shape of the others, or too large");
    }
  }
  return are_arrays ? RespValue::Array(std::move(totals)) : totals[0];
}

absl::StatusOr<RespValue> Sum(std::span<const PartResult> parts) {
  return Fold(parts, 0, [](int64_t term, int64_t& total) {
    return !__builtin_add_overflow(total, term, &total);
  });
}

absl::StatusOr<RespValue> Min(std::span<const PartResult> parts) {
  return Fold(parts, std::numeric_limits<int64_t>::max(),
              [](int64_t term, int64_t& total) {
                total = std::min(total, term);
                return true;
              });
}

absl::StatusOr<RespValue> Max(std::span<const PartResult> parts) {
  return Fold(parts, std::numeric_limits<int64_t>::min(),
              [](int64_t term, int64_t& total) {
                total = std::max(total, term);
                return true;
              });
}

absl::StatusOr<RespValue> LogicalAnd(std::span<const PartResult> parts) {
  return Fold(parts, 1, [](int64_t term, int64_t& total) {
    total = total != 0 && term != 0 ? 1 : 0;
    return true;
  });
}

absl::StatusOr<RespValue> LogicalOr(std::span<const PartResult> parts) {
  return Fold(parts, 0, [](int64_t term, int64_t& total) {
    total = total != 0 || term != 0 ? 1 : 0;
    return true;
  });
}

absl::StatusOr<RespValue> First(std::span<const PartResult> parts) {
  return parts[0].reply;
}

absl::StatusOr<RespValue> FirstNotNil(std::span<const PartResult> parts) {
  for (const PartResult& part : parts) {
    if (!part.reply.is_nil()) return part.reply;
  }
  return RespValue::Nil();
}

absl::StatusOr<RespValue> Concatenate(std::span<const PartResult> parts) {
  std::vector<RespValue> elements;
  for (size_t i = 0; i < parts.size(); ++i) {
    const RespValue& reply = parts[i].reply;
    if (!reply.is_array()) return WrongShape(i, parts[i], "an array");
    elements.insert(elements.end(), reply.elements.begin(),
                    reply.elements.end());
  }
  return RespValue::Array(std::move(elements));
}

absl::StatusOr<RespValue> ByNode(std::span<const PartResult> parts) {
  std::vector<RespValue> pairs;
  for (const PartResult& part : parts) {
    pairs.push_back(
        RespValue::Array({RespValue::String(part.node), part.reply}));
  }
  return RespValue::Array(std::move(pairs));
}

using Operation = absl::StatusOr<RespValue> (*)(std::span<const PartResult>);

// Null for the operations that are not known.
Operation FindOperation(v1::MergeOperation operation) {
  switch (operation) {
    case v1::MERGE_OPERATION_SINGLE:
      return Single;
    case v1::MERGE_OPERATION_GATHER:
      return Gather;
    case v1::MERGE_OPERATION_SUM:
      return Sum;
    case v1::MERGE_OPERATION_MIN:
      return Min;
    case v1::MERGE_OPERATION_MAX:
      return Max;
    case v1::MERGE_OPERATION_LOGICAL_AND:
      return LogicalAnd;
    case v1::MERGE_OPERATION_LOGICAL_OR:
      return LogicalOr;
    case v1::MERGE_OPERATION_ALL_SUCCEEDED:
    case v1::MERGE_OPERATION_ONE_SUCCEEDED:
      return First;
    case v1::MERGE_OPERATION_CONCATENATE:
      return Concatenate;
    case v1::MERGE_OPERATION_BY_NODE:
      return ByNode;
    case v1::MERGE_OPERATION_FIRST_NOT_NIL:
      return FirstNotNil;
    default:
      return nullptr;
  }
}

// Whether every node sent one and the same error: then it is what a single
// server would have answered.
bool FailedAlike(std::span<const PartResult> parts) {
  return std::all_of(parts.begin(), parts.end(),
                     [&parts](const PartResult& part) {
                       return part.outcome == PartOutcome::kFailed &&
                              part.reply == parts[0].reply;
                     });
}

}  // namespace

bool CanMerge(v1::MergeOperation operation) {
  return FindOperation(operation) != nullptr;
}

absl::StatusOr<RespValue> MergeReplies(v1::MergeOperation operation,
                                       std::span<const PartResult> parts) {
  const Operation merge = FindOperation(operation);
  if (merge == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat("Merge operation ", operation,
                     " is not known to this client; update it."));
  }
  if (parts.empty()) return absl::InternalError("There is no part to merge.");
  if (FailedAlike(parts)) return parts[0].reply;
  if (operation == v1::MERGE_OPERATION_ONE_SUCCEEDED) {
    const auto applied = std::find_if(parts.begin(), parts.end(), IsApplied);
    return applied != parts.end() ? applied->reply : FailureOf(parts);
  }
  if (!std::all_of(parts.begin(), parts.end(), IsApplied)) {
    return FailureOf(parts);
  }
  return merge(parts);
}

RespValue ReplyOf(v1::MergeOperation operation,
                  std::span<const PartResult> parts) {
  auto merged = MergeReplies(operation, parts);
  if (merged.ok()) return *std::move(merged);
  return RespValue::Error(
      absl::StrCat("UNMERGEABLE ", std::string(merged.status().message())));
}

}  // namespace slotplanner
