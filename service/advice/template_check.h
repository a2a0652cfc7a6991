// SPDX-License-Identifier: Apache-2.0
// Whether commands work in a cluster, by the templates that their keys are
// built from. As in batch_plan.h, each item stands for that of the same name in
// proto/slotplanner/v1/advisor_service.proto, where its meaning is written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "service/advice/key_template.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/slots/hash_slot.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Bytes of a template.
struct ByteRange {
  int32_t offset;
  int32_t length;  // At least 1.

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct TemplateKey {
  int32_t arg_index;
  std::optional<HashSlot> slot = {};     // Nothing if it has placeholders.
  std::optional<ByteRange> hashed = {};  // Nothing, too, for the empty key.
  bool is_pattern = false;

  friend bool operator==(const TemplateKey&, const TemplateKey&) = default;
};

struct TemplateCheck {
  TemplateAgreement agreement = {};  // Names are views into the commands.
  std::vector<TemplateKey> keys = {};
  Verdict verdict = Verdict::kRefused;
  // Neither its message nor its keys tell of slots that placeholders decide.
  OptionalRefusal refusal = {};
  std::optional<int32_t> multi_index = {};
};

// Checks commands whose arguments are templates (see key_template.h), on one
// picture of the cluster: one check for each, in order. Pure and deterministic.
// O(bytes of the commands).
//
// Where the keys are is found with values in place of the placeholders, of
// which none is a number or a word of a command. So what decides about keys has
// to be text: an option, and how many keys there are.
//
// A transaction is one unit with those of WATCH before it, as it is planned
// (rule D3). EXEC, or DISCARD, has the answer for it.
//
// Patterns (rule B6): values have no wildcards either. A pattern of SORT in a
// slot is held against the key like another key; one that may be in several
// slots is kNever, as cluster mode refuses it. A pattern of KEYS or of SCAN's
// MATCH, which walk over all keys, has no part in the agreement unless it has a
// slot. Those of HSCAN, SSCAN and ZSCAN are no patterns of keys.
std::vector<TemplateCheck> CheckTemplates(
    const ClusterSnapshot& snapshot, std::span<const CommandArgs> commands);

}  // namespace slotplanner
