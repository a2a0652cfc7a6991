// SPDX-License-Identifier: Apache-2.0
#include "service/planning/transactions.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "service/planning/refusals.h"

namespace slotplanner {
namespace {

// Why `command` cannot stand between MULTI and EXEC, if so.
std::optional<Refusal> RefusalInside(const CommandAnalysis& command) {
  if (command.refusal) return command.refusal;
  const BatchRole role = command.traits.role;
  if (role == BatchRole::kMulti || role == BatchRole::kWatch) {
    return RefuseNestedTransaction();
  }
  if (role == BatchRole::kOrdinary && !command.slot &&
      !OneNodeSpeaksForAll(*command.parsed.info)) {
    return RefuseFanOutInTransaction(*command.parsed.info);
  }
  return std::nullopt;
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
    if (auto refusal = RefusalInside(analysis_.commands[index])) {
      analysis_.commands[index].refusal = std::move(refusal);
      culprit_ = index;
    }
  }

  // At EXEC: marks or refuses all commands.
  void Close() {
    if (culprit_) {
      const RefusalReason reason =
          analysis_.commands[*culprit_].refusal->reason;
      RefuseAll(RefuseWithTransaction(reason, static_cast<int>(*culprit_)));
      return;
    }
    const std::vector<HashSlot> slots = Slots();
    const bool crosses = std::any_of(
        members_.begin(), members_.end(),
        [this](size_t i) { return analysis_.commands[i].crosses_slots; });
    if (slots.size() > 1 || crosses) {
      for (const size_t i : members_) {
        CommandAnalysis& command = analysis_.commands[i];
        command.refusal =
            RefuseTransaction(slots, analysis_.KeyLocationsOf(command));
      }
      return;
    }
    for (const size_t i : members_) {
      analysis_.commands[i].in_transaction = true;
      if (!slots.empty()) {
        analysis_.commands[i].transaction_slot = slots.front();
      }
    }
  }

  // At the end of the batch, when no EXEC came.
  void RefuseUnclosed() { RefuseAll(RefuseUnclosedTransaction()); }

 private:
  // Refuses what is not refused yet.
  void RefuseAll(const Refusal& refusal) {
    for (const size_t i : members_) {
      if (!analysis_.commands[i].refusal) {
        analysis_.commands[i].refusal = refusal;
      }
    }
  }

  // All slots of the transaction, ascending.
  std::vector<HashSlot> Slots() const {
    std::vector<HashSlot> slots;
    for (const size_t i : members_) {
      const auto of_command = analysis_.SlotsOf(analysis_.commands[i]);
      slots.insert(slots.end(), of_command.begin(), of_command.end());
    }
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    return slots;
  }

  BatchAnalysis& analysis_;
  std::vector<size_t> members_;
  std::optional<size_t> culprit_;
};

}  // namespace

void ResolveTransactions(BatchAnalysis& analysis) {
  std::vector<size_t> watches;             // Not yet followed by a MULTI.
  std::optional<Transaction> transaction;  // Open.
  for (size_t i = 0; i < analysis.commands.size(); ++i) {
    CommandAnalysis& command = analysis.commands[i];
    const BatchRole role = command.parsed.info == nullptr ? BatchRole::kOrdinary
                                                          : command.traits.role;
    if (transaction) {
      if (role == BatchRole::kExec && !command.refusal) {
        transaction->Add(i);
        transaction->Close();
        transaction.reset();
      } else {
        transaction->AddInside(i);
      }
    } else if (command.refusal) {
      continue;
    } else if (role == BatchRole::kMulti) {
      transaction.emplace(analysis);
      for (const size_t watch : watches) transaction->Add(watch);
      watches.clear();
      transaction->Add(i);
    } else if (role == BatchRole::kExec) {
      command.refusal = RefuseExecWithoutMulti();
    } else if (role == BatchRole::kWatch && !command.crosses_slots) {
      watches.push_back(i);
    } else if (role == BatchRole::kRidesOnWatches) {
      watches.clear();
    }
  }
  if (transaction) transaction->RefuseUnclosed();
}

}  // namespace slotplanner
