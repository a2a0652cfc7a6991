// SPDX-License-Identifier: Apache-2.0
#include "service/planning/transactions.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "service/planning/refusals.h"

namespace slotplanner {
namespace {

// Why a command, not refused yet, cannot stand between MULTI and EXEC, if so.
OptionalRefusal WhyNotInside(const CommandTraits& traits, bool has_keys) {
  if (traits.role == BatchRole::kMulti || traits.role == BatchRole::kWatch) {
    return RefuseNestedTransaction();
  }
  if (traits.role == BatchRole::kOrdinary && !has_keys &&
      !OneNodeSpeaksForAll(*traits.info)) {
    return RefuseFanOutInTransaction(*traits.info);
  }
  return {};
}

// One transaction while its commands are read.
class Transaction {
 public:
  explicit Transaction(BatchAnalysis& analysis) : analysis_(analysis) {}

  void Add(size_t index) { members_.push_back(index); }

  // Adds a command that stands between MULTI and EXEC.
  void AddInside(size_t index) {
    Add(index);
    if (culprit_) return;
    const CommandAnalysis& command = analysis_.commands[index];
    OptionalRefusal& refusal = analysis_.plans[index].refusal;
    if (!refusal) {
      refusal =
          WhyNotInside(analysis_.TraitsOf(command), command.slot.has_value());
    }
    if (refusal) culprit_ = index;
  }

  // At EXEC: marks or refuses all commands.
  void Close() {
    if (culprit_) {
      const RefusalReason reason = analysis_.plans[*culprit_].refusal->reason;
      RefuseAll(RefuseWithTransaction(reason, static_cast<int>(*culprit_)));
      return;
    }
    std::optional<HashSlot> slot;
    for (const size_t i : members_) {
      const CommandAnalysis& command = analysis_.commands[i];
      if (!slot) slot = command.slot;
      if (command.crosses_slots || (command.slot && command.slot != slot)) {
        RefuseCrossing();
        return;
      }
    }
    for (const size_t i : members_) {
      analysis_.commands[i].in_transaction = true;
      analysis_.commands[i].transaction_slot = slot;
    }
  }

  // At the end of the batch, when no EXEC came.
  void RefuseUnclosed() { RefuseAll(RefuseUnclosedTransaction()); }

 private:
  // Refuses what is not refused yet.
  void RefuseAll(const Refusal& refusal) {
    for (const size_t i : members_) {
      if (!analysis_.plans[i].refusal) analysis_.plans[i].refusal = refusal;
    }
  }

  void RefuseCrossing() {
    std::vector<HashSlot> slots;
    for (const size_t i : members_) {
      const auto of_command = analysis_.SlotsOf(analysis_.commands[i]);
      slots.insert(slots.end(), of_command.begin(), of_command.end());
    }
    Refusal refusal = RefuseTransaction(std::move(slots));
    for (const size_t i : members_) {
      refusal.keys = analysis_.KeyLocationsOf(i);
      analysis_.plans[i].refusal = refusal;
    }
  }

  BatchAnalysis& analysis_;
  absl::InlinedVector<size_t, 8> members_;
  std::optional<size_t> culprit_;
};

}  // namespace

void ResolveTransactions(BatchAnalysis& analysis) {
  std::vector<size_t> watches;             // Not yet followed by a MULTI.
  std::optional<Transaction> transaction;  // Open.
  for (size_t i = 0; i < analysis.commands.size(); ++i) {
    const CommandAnalysis& command = analysis.commands[i];
    const BatchRole role = analysis.TraitsOf(command).role;
    OptionalRefusal& refusal = analysis.plans[i].refusal;
    if (transaction) {
      if (role == BatchRole::kExec && !refusal) {
        transaction->Add(i);
        transaction->Close();
        transaction.reset();
      } else {
        transaction->AddInside(i);
      }
    } else if (refusal) {
      continue;
    } else if (role == BatchRole::kMulti) {
      transaction.emplace(analysis);
      for (const size_t watch : watches) transaction->Add(watch);
      watches.clear();
      transaction->Add(i);
    } else if (role == BatchRole::kExec) {
      refusal = RefuseExecWithoutMulti();
    } else if (role == BatchRole::kWatch && !command.crosses_slots) {
      watches.push_back(i);
    } else if (role == BatchRole::kRidesOnWatches) {
      watches.clear();
    }
  }
  if (transaction) transaction->RefuseUnclosed();
}

}  // namespace slotplanner
