// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/scenarios/key_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace slotplanner::scenarios {
namespace {

// 0 when `value` has none.
int64_t NumberOf(const Value& value) {
  int64_t number = 0;
  if (!value || !absl::SimpleAtoi(absl::StripPrefix(*value, "v"), &number)) {
    return 0;
  }
  return number;
}

}  // namespace

bool KeyModel::Read(const Value& value, const ModelRules& rules) {
  const bool is_possible =
      values_.contains(value) || (rules.reads_may_be_stale && WasEver(value));
  // One wrong reply is to be told once.
  if (!is_possible ||
      (!rules.reads_may_be_stale && !rules.writes_may_be_lost)) {
    values_ = {value};
    Note(value);
  }
  return is_possible;
}

void KeyModel::Wrote(const Value& value, bool is_assured) {
  if (is_assured) values_.clear();
  values_.insert(value);
  Note(value);
}

void KeyModel::MayHaveWritten(
    const std::function<Value(const Value&)>& change) {
  std::set<Value> changed;
  for (const Value& value : values_) changed.insert(change(value));
  for (const Value& value : changed) Note(value);
  values_.merge(changed);
}

void KeyModel::Note(const Value& value) {
  highest_ = std::max(highest_, NumberOf(value));
}

bool KeyModel::WasEver(const Value& value) const {
  return !value || (NumberOf(value) > 0 && NumberOf(value) <= highest_);
}

}  // namespace slotplanner::scenarios
