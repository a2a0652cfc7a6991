// SPDX-License-Identifier: Apache-2.0
// The words with which the planner refuses: a cause that a developer
// understands without the cluster specification, and the ways out, the best
// first. No message holds bytes of an argument.
#pragma once

#include <string_view>
#include <vector>

#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/planning/command_policy.h"

namespace slotplanner {

// The name for people: upper case, a subcommand after a blank.
std::string DisplayName(const CommandInfo& info);

Refusal RefuseBadCommand(CommandError error);

Refusal RefuseUnplannable(Unplannable why, std::vector<KeyLocation> keys);

// Keys in several slots that no split can serve.
Refusal RefuseCrossSlot(const CommandInfo& info, std::vector<KeyLocation> keys);

// SORT with a pattern that is in no slot, or another than its keys. `keys`
// holds the keys, and the patterns that have a slot.
Refusal RefusePattern(const CommandInfo& info, std::vector<KeyLocation> keys);

// Keys in several slots that a split would serve, if the policy let it.
Refusal RefuseSplit(const CommandInfo& info, std::vector<KeyLocation> keys);

Refusal RefuseUnassigned(std::vector<KeyLocation> keys);

// The commands of a transaction whose commands are in several slots, but for
// the keys of each. `slots`: those of the transaction's keys, in any order.
Refusal RefuseTransaction(std::vector<HashSlot> slots);

// One command of a transaction of which command `culprit` is refused for
// `reason`; or which never ends.
Refusal RefuseWithTransaction(RefusalReason reason, int culprit);
Refusal RefuseUnclosedTransaction();
Refusal RefuseNestedTransaction();
Refusal RefuseExecWithoutMulti();
Refusal RefuseFanOutInTransaction(const CommandInfo& info);

}  // namespace slotplanner
