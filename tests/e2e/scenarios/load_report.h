// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace slotplanner::scenarios {

// Counts what the workers do and prints an event a line, as JSON. Times are
// milliseconds since 1970. Thread-safe.
class LoadReport {
 public:
  // `out` must outlive this.
  LoadReport(std::ostream& out, uint64_t seed);

  // A batch with so many commands is over. `errors` are those of the commands
  // that failed, a word each.
  void TakeBatch(absl::Time start, size_t command_count,
                 const std::vector<std::string>& errors);

  void TakeWrongReply(const std::string& command, const std::string& expected,
                      const std::string& got);

  void PrintProgress();
  void PrintSummary();

  bool has_wrong_replies() const;

 private:
  // The counts, as fields of a JSON object. Requires: mutex_ is held.
  std::string Counts() const;
  // The time that so many of all batches were faster than.
  double Percentile(double fraction) const;
  // Requires: mutex_ is held.
  void Print(const std::string& type, const std::string& fields);

  mutable std::mutex mutex_;
  std::ostream& out_;  // Guarded by mutex_, as all below.
  const uint64_t seed_;
  size_t batches_ = 0;
  size_t commands_ = 0;
  size_t wrong_ = 0;
  size_t failed_commands_ = 0;
  absl::Duration max_;
  // How many batches took so many tenths of a millisecond; the last one has all
  // that took longer.
  std::vector<size_t> histogram_ = std::vector<size_t>(100'000);
};

}  // namespace slotplanner::scenarios
