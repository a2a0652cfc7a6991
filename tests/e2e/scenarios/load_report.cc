// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/scenarios/load_report.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/json_text.h"

namespace slotplanner::scenarios {
namespace {

constexpr absl::Duration kBucket = absl::Microseconds(100);

std::string Json(const std::string& bytes) {
  return cli::JsonString(absl::CHexEscape(bytes));
}

}  // namespace

LoadReport::LoadReport(std::ostream& out, uint64_t seed)
    : out_(out), seed_(seed) {
  Print("start", absl::StrCat("\"seed\":", seed));
}

void LoadReport::TakeBatch(absl::Time start, size_t command_count,
                           const std::vector<std::string>& errors) {
  const absl::Duration duration = absl::Now() - start;
  const std::lock_guard lock(mutex_);
  ++batches_;
  commands_ += command_count;
  failed_commands_ += errors.size();
  max_ = std::max(max_, duration);
  const auto bucket = static_cast<size_t>(
      std::max<int64_t>(0, absl::ToInt64Microseconds(duration) / 100));
  ++histogram_[std::min(bucket, histogram_.size() - 1)];
  if (errors.empty()) return;
  std::vector<std::string> texts;
  for (const std::string& error : errors) texts.push_back(Json(error));
  Print("batch_failed",
        absl::StrCat("\"start_ms\":", absl::ToUnixMillis(start),
                     ",\"errors\":[", absl::StrJoin(texts, ","), "]"));
}

void LoadReport::TakeWrongReply(const std::string& command,
                                const std::string& expected,
                                const std::string& got) {
  const std::lock_guard lock(mutex_);
  ++wrong_;
  Print("wrong_reply",
        absl::StrCat("\"command\":", Json(command),
                     ",\"expected\":", Json(expected), ",\"got\":", Json(got)));
}

void LoadReport::PrintProgress() {
  const std::lock_guard lock(mutex_);
  Print("progress", Counts());
}

void LoadReport::PrintSummary() {
  const std::lock_guard lock(mutex_);
  Print("summary",
        absl::StrCat(Counts(), ",\"p50_ms\":", Percentile(0.5),
                     ",\"p99_ms\":", Percentile(0.99), ",\"max_ms\":",
                     absl::ToDoubleMilliseconds(max_), ",\"seed\":", seed_));
}

bool LoadReport::has_wrong_replies() const {
  const std::lock_guard lock(mutex_);
  return wrong_ > 0;
}

std::string LoadReport::Counts() const {
  return absl::StrCat("\"batches\":", batches_, ",\"commands\":", commands_,
                      ",\"wrong\":", wrong_,
                      ",\"failed_commands\":", failed_commands_);
}

double LoadReport::Percentile(double fraction) const {
  const auto rank =
      static_cast<size_t>(fraction * static_cast<double>(batches_));
  size_t count = 0;
  for (size_t i = 0; i < histogram_.size(); ++i) {
    count += histogram_[i];
    if (count > rank) {
      return absl::ToDoubleMilliseconds(static_cast<int64_t>(i + 1) * kBucket);
    }
  }
  return absl::ToDoubleMilliseconds(max_);
}

void LoadReport::Print(const std::string& type, const std::string& fields) {
  out_ << absl::StrCat("{\"type\":\"", type,
                       "\",\"ms\":", absl::ToUnixMillis(absl::Now()), ",",
                       fields, "}\n")
       << std::flush;
}

}  // namespace slotplanner::scenarios
