// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slotplanner/rpc/v1/error_details.pb.h"
#include "slotplanner/v1/error_reason.pb.h"

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace slotplanner {

// An error of a whole call. Holds no key bytes.
struct ApiError {
  absl::StatusCode code;  // gRPC has the same numbers.
  v1::ErrorReason reason;
  std::string message;  // One sentence that says what to do.
  // The variables of the message, by lowerCamelCase name.
  std::vector<std::pair<std::string, std::string>> metadata = {};
  // Paths of wrong fields, each with what is wrong.
  std::vector<std::pair<std::string, std::string>> violations = {};
  std::optional<absl::Duration> retry_delay = {};
};

// One maker for each ErrorReason; see there for code and meaning.
ApiError EmptyRequestError(std::string_view field);
ApiError TooManyError(std::string_view field, std::string_view noun,
                      int64_t count, int64_t limit);
ApiError UnknownEnumValueError(std::string_view field, int value);
ApiError UnknownClusterError(std::string_view cluster);
ApiError TopologyNotReadyError(std::string_view cluster);
ApiError TopologyStaleError(std::string_view cluster, absl::Duration age,
                            absl::Duration max_age);
ApiError OverloadedError(std::string_view noun, int64_t limit);
ApiError UnknownCallerError();
// `kind` is what the caller may not: "method" or "cluster"; `name` which one.
ApiError NotAllowedError(std::string_view caller, std::string_view kind,
                         std::string_view name);
ApiError MalformedRequestError(std::string_view message_name);
ApiError NotARedirectionError();
ApiError OutOfRangeError(std::string_view field, int64_t value, int64_t min,
                         int64_t max);
// For fields of which each entry belongs to one of `other`.
ApiError UnequalCountsError(std::string_view field, int64_t count,
                            std::string_view other, int64_t other_count);
ApiError ExclusiveFieldsError(std::string_view field, std::string_view other);
// `mistake` says where a reply of a cluster is wrong, without a byte of it.
ApiError MalformedTopologyError(std::string_view field,
                                std::string_view mistake);
ApiError UnknownNodeError(std::string_view field, int index);
ApiError StoppingError();

// The error as it goes over the wire: code and message, with exactly one
// ErrorInfo, a BadRequest if fields are named, a RetryInfo if there is a delay,
// and a RequestInfo if the caller gave its call an identifier.
rpc::v1::Status ToMessage(const ApiError& error,
                          std::string_view request_id = "");

// The error as the C++ client shows it: each detail is a payload under its type
// URL.
absl::Status ToAbslStatus(const ApiError& error);

}  // namespace slotplanner
