// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace slotplanner::scenarios {

// A string value; nothing means that the key does not exist.
using Value = std::optional<std::string>;

// What may be known of keys by their replies.
struct ModelRules {
  // Reads go to replicas: they may reply what a key held before.
  bool reads_may_be_stale = false;

  // Redis may lose what no replica has got: what was read may still be lost.
  bool writes_may_be_lost = false;
};

// What one key may hold. Its values are numbers, some behind a letter, that are
// never used twice between two deletions and only grow.
class KeyModel {
 public:
  // More than one where a write failed, or may be lost.
  const std::set<Value>& values() const { return values_; }

  // A number for a new value.
  int64_t NextNumber() const { return highest_ + 1; }

  // Takes the reply to a read. False when the key cannot hold that.
  bool Read(const Value& value, const ModelRules& rules);

  // The key got `value`. Unless that is assured, it may be lost again.
  void Wrote(const Value& value, bool is_assured);

  // A write that makes `change(v)` of a value `v` may have been applied.
  void MayHaveWritten(const std::function<Value(const Value&)>& change);

 private:
  void Note(const Value& value);
  bool WasEver(const Value& value) const;

  std::set<Value> values_ = {std::nullopt};
  int64_t highest_ = 0;
};

}  // namespace slotplanner::scenarios
