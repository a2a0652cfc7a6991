// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/robustness/call_load/call_outcomes.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "slotplanner/rpc/v1/error_details.pb.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace slotplanner::robustness {
namespace {

constexpr size_t kMaxMessages = 5;

// The detail of that type, if the status has it.
template <typename Detail>
bool FindDetail(const grpc::Status& status, std::string_view type,
                Detail& detail) {
  rpc::v1::Status details;
  if (!details.ParseFromString(status.error_details())) return false;
  for (const google::protobuf::Any& any : details.details()) {
    if (any.type_url() == type && detail.ParseFromString(any.value())) {
      return true;
    }
  }
  return false;
}

// gRPC's code, and the server's reason if it gave one.
std::string NameOf(const grpc::Status& status) {
  std::string code = absl::StatusCodeToString(
      static_cast<absl::StatusCode>(status.error_code()));
  rpc::v1::ErrorInfo info;
  if (!FindDetail(status, "type.googleapis.com/google.rpc.ErrorInfo", info)) {
    return code;
  }
  return absl::StrCat(code, "/", info.reason());
}

bool SaysToCallAgain(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::CHexEscape(text), "\"");
}

}  // namespace

void CallOutcomes::TakeOk(absl::Duration latency) {
  latency_.Record(absl::ToInt64Nanoseconds(latency));
  max_latency_ = std::max(max_latency_, latency);
}

void CallOutcomes::TakeFailure(const grpc::Status& status) {
  ++failures_[NameOf(status)];
  rpc::v1::RetryInfo retry;
  if (SaysToCallAgain(status) &&
      !FindDetail(status, "type.googleapis.com/google.rpc.RetryInfo", retry)) {
    ++without_retry_info_;
  }
  if (messages_.size() < kMaxMessages &&
      std::find(messages_.begin(), messages_.end(), status.error_message()) ==
          messages_.end()) {
    messages_.push_back(status.error_message());
  }
}

void CallOutcomes::TakeWrongAnswer() { ++failures_["WRONG_ANSWER"]; }

int64_t CallOutcomes::failed() const {
  int64_t sum = 0;
  for (const auto& [unused, count] : failures_) sum += count;
  return sum;
}

std::string CallOutcomes::ToJsonFields() const {
  const auto percentile = [this](double percent) {
    return static_cast<double>(latency_.Percentile(percent)) / 1e6;
  };
  return absl::StrFormat(
      R"("ok":%d,"failed":%d,"left_out":%d,"failures":{%s},"without_retry_info":%d,)"
      R"("messages":[%s],)"
      R"("latency_ms":{"p50":%.3f,"p99":%.3f,"max":%.3f})",
      latency_.count(), failed(), left_out_,
      absl::StrJoin(failures_, ",",
                    [](std::string* out, const auto& failure) {
                      absl::StrAppend(out, Quoted(failure.first), ":",
                                      failure.second);
                    }),
      without_retry_info_,
      absl::StrJoin(messages_, ",",
                    [](std::string* out, const std::string& message) {
                      absl::StrAppend(out, Quoted(message));
                    }),
      percentile(50), percentile(99), absl::ToDoubleMilliseconds(max_latency_));
}

}  // namespace slotplanner::robustness
