// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/reply_merge.h"

#include <algorithm>
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

RespValue FailureOf(std::span<const PartResult> parts) {
  const auto applied =
      std::count_if(parts.begin(), parts.end(), [](const PartResult& part) {
        return part.outcome == PartOutcome::kApplied;
      });
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

// Adds `term` to `sum`. Returns whether both are integers and the sum is one.
bool AddInteger(const RespValue& term, RespValue& sum) {
  return term.is_integer() && sum.is_integer() &&
         !__builtin_add_overflow(sum.integer, term.integer, &sum.integer);
}

absl::StatusOr<RespValue> Sum(std::span<const PartResult> parts) {
  RespValue zero = RespValue::Integer(0);
  RespValue sum = parts[0].reply.is_array()
                      ? RespValue::Array({parts[0].reply.elements.size(), zero})
                      : zero;
  for (size_t i = 0; i < parts.size(); ++i) {
    const RespValue& reply = parts[i].reply;
    bool added = reply.type == sum.type;
    if (!sum.is_array()) {
      added = added && AddInteger(reply, sum);
    } else {
      added = added && reply.elements.size() == sum.elements.size();
      for (size_t j = 0; added && j < sum.elements.size(); ++j) {
        added = AddInteger(reply.elements[j], sum.elements[j]);
      }
    }
    if (!added) return WrongShape(i, parts[i], "what adds up with the others");
  }
  return sum;
}

absl::StatusOr<RespValue> AllSucceeded(std::span<const PartResult> parts) {
  return parts[0].reply;
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
    case v1::MERGE_OPERATION_ALL_SUCCEEDED:
      return AllSucceeded;
    default:
      return nullptr;
  }
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
  if (parts.size() == 1 && parts[0].outcome == PartOutcome::kFailed) {
    return parts[0].reply;
  }
  for (const PartResult& part : parts) {
    if (part.outcome != PartOutcome::kApplied) return FailureOf(parts);
  }
  return merge(parts);
}

}  // namespace slotplanner
