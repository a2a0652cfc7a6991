// SPDX-License-Identifier: Apache-2.0
#include "service/answers/api_error.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// A cluster's name has at most 63 characters; what a caller sent instead may be
// of any length and would not fit into the trailers of the call.
constexpr size_t kMaxEchoedNameBytes = 63;

// How long a caller waits for the first topology before it asks again. About
// the time of a refresh that works.
constexpr absl::Duration kTopologyRetryDelay = absl::Seconds(1);

// How long a caller waits that found the server at a limit: long enough for
// those before it to finish, which for calls is well within a second.
constexpr absl::Duration kOverloadRetryDelay = absl::Seconds(5);

// The longest prefix of `text` that is within the limit and ends with a whole
// UTF-8 character.
std::string Shorten(std::string_view text) {
  size_t size = std::min(text.size(), kMaxEchoedNameBytes);
  while (size < text.size() && size > 0 &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return std::string(text.substr(0, size));
}

std::string Text(std::string_view text) { return std::string(text); }

void AddDetail(const google::protobuf::MessageLite& detail,
               std::string_view google_rpc_name, rpc::v1::Status& status) {
  google::protobuf::Any& any = *status.add_details();
  any.set_type_url(
      absl::StrCat("type.googleapis.com/google.rpc.", ToAbsl(google_rpc_name)));
  detail.SerializeToString(any.mutable_value());
}

}  // namespace

ApiError EmptyRequestError(std::string_view field) {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_EMPTY_REQUEST,
          .message = absl::StrCat("The request has no ", ToAbsl(field),
                                  "; send at least one."),
          .violations = {{Text(field), "Must not be empty."}}};
}

ApiError TooManyError(std::string_view field, std::string_view noun,
                      int64_t count, int64_t limit) {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_TOO_MANY,
          .message = absl::StrCat("The request has ", count, " ", ToAbsl(noun),
                                  "; the limit is ", limit, ". Split it."),
          .metadata = {{"count", absl::StrCat(count)},
                       {"limit", absl::StrCat(limit)}},
          .violations = {
              {Text(field), absl::StrCat("At most ", limit, " ", ToAbsl(noun),
                                         " are allowed.")}}};
}

ApiError UnknownEnumValueError(std::string_view field, int value) {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_UNKNOWN_ENUM_VALUE,
          .message = absl::StrCat("The field ", ToAbsl(field), " holds ", value,
                                  ", which this server does not know; is the "
                                  "caller newer than the server?"),
          .metadata = {{"field", Text(field)}, {"value", absl::StrCat(value)}},
          .violations = {{Text(field), "Unknown enum value."}}};
}

ApiError UnknownClusterError(std::string_view cluster) {
  const std::string name = Shorten(cluster);
  return {.code = absl::StatusCode::kNotFound,
          .reason = v1::ERROR_REASON_UNKNOWN_CLUSTER,
          .message = absl::StrCat("No cluster named \"", name,
                                  "\" is configured on this server."),
          .metadata = {{"cluster", name}},
          .violations = {{"cluster", "No such cluster is configured."}}};
}

ApiError OutOfRangeError(std::string_view field, int64_t value, int64_t min,
                         int64_t max) {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_OUT_OF_RANGE,
          .message = absl::StrCat("The field ", ToAbsl(field), " holds ", value,
                                  "; it must be ", min, " to ", max, "."),
          .metadata = {{"field", Text(field)},
                       {"value", absl::StrCat(value)},
                       {"min", absl::StrCat(min)},
                       {"max", absl::StrCat(max)}},
          .violations = {
              {Text(field), absl::StrCat("Must be ", min, " to ", max, ".")}}};
}

ApiError UnequalCountsError(std::string_view field, int64_t count,
                            std::string_view other, int64_t other_count) {
  ApiError error = OutOfRangeError(field, count, other_count, other_count);
  error.message = absl::StrCat("The field ", ToAbsl(field), " has ", count,
                               " entries, and ", ToAbsl(other), " has ",
                               other_count, "; send one for each.");
  error.violations = {
      {Text(field),
       absl::StrCat("Must have as many entries as ", ToAbsl(other), ".")}};
  return error;
}

ApiError ExclusiveFieldsError(std::string_view field, std::string_view other) {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_EXCLUSIVE_FIELDS,
          .message = absl::StrCat("The request has ", ToAbsl(field), " and ",
                                  ToAbsl(other), "; send only one of them."),
          .violations = {
              {Text(other), absl::StrCat("Excludes ", ToAbsl(field), ".")}}};
}

ApiError MalformedTopologyError(std::string_view field,
                                std::string_view mistake) {
  return {
      .code = absl::StatusCode::kInvalidArgument,
      .reason = v1::ERROR_REASON_MALFORMED_TOPOLOGY,
      .message = absl::StrCat(
          "The field ", ToAbsl(field), " shows no topology: ", ToAbsl(mistake),
          ". Send what CLUSTER NODES or CLUSTER SHARDS answered, all of "
          "it."),
      .violations = {{Text(field), Text(mistake)}}};
}

ApiError UnknownNodeError(std::string_view field, int index) {
  return {.code = absl::StatusCode::kNotFound,
          .reason = v1::ERROR_REASON_UNKNOWN_NODE,
          .message = absl::StrCat(ToAbsl(field), "[", index,
                                  "] is no node of the cluster's topology; "
                                  "GetTopology lists them."),
          .metadata = {{"index", absl::StrCat(index)}},
          .violations = {{absl::StrCat(ToAbsl(field), "[", index, "]"),
                          "No such node is in the topology."}}};
}

ApiError TopologyNotReadyError(std::string_view cluster) {
  return {.code = absl::StatusCode::kUnavailable,
          .reason = v1::ERROR_REASON_TOPOLOGY_NOT_READY,
          .message = absl::StrCat("The topology of cluster \"", ToAbsl(cluster),
                                  "\" has not been read yet; try again."),
          .metadata = {{"cluster", Text(cluster)}},
          .retry_delay = kTopologyRetryDelay};
}

ApiError TopologyStaleError(std::string_view cluster, absl::Duration age,
                            absl::Duration max_age) {
  const int64_t age_seconds = absl::ToInt64Seconds(age);
  const int64_t max_age_seconds = absl::ToInt64Seconds(max_age);
  return {.code = absl::StatusCode::kUnavailable,
          .reason = v1::ERROR_REASON_TOPOLOGY_STALE,
          .message = absl::StrCat(
              "Cluster \"", ToAbsl(cluster), "\" last confirmed its topology ",
              age_seconds, " s ago; the limit is ", max_age_seconds,
              " s. Can the server reach the cluster's nodes?"),
          .metadata = {{"cluster", Text(cluster)},
                       {"ageSeconds", absl::StrCat(age_seconds)},
                       {"maxAgeSeconds", absl::StrCat(max_age_seconds)}},
          .retry_delay = kTopologyRetryDelay};
}

ApiError OverloadedError(std::string_view noun, int64_t limit) {
  return {.code = absl::StatusCode::kResourceExhausted,
          .reason = v1::ERROR_REASON_OVERLOADED,
          .message = absl::StrCat("The server is at its limit of ", limit, " ",
                                  ToAbsl(noun),
                                  "; try again later, or at another replica "
                                  "of the service."),
          .metadata = {{"limit", absl::StrCat(limit)}},
          .retry_delay = kOverloadRetryDelay};
}

ApiError UnknownCallerError() {
  return {.code = absl::StatusCode::kUnauthenticated,
          .reason = v1::ERROR_REASON_UNKNOWN_CALLER,
          .message =
              "Neither a client certificate nor a bearer token tells who "
              "calls; send one that this server knows."};
}

ApiError NotAllowedError(std::string_view caller, std::string_view kind,
                         std::string_view name) {
  const std::string shown = Shorten(name);
  return {.code = absl::StatusCode::kPermissionDenied,
          .reason = v1::ERROR_REASON_NOT_ALLOWED,
          .message = absl::StrCat("The caller ", ToAbsl(caller),
                                  " may not use the ", ToAbsl(kind), " \"",
                                  shown, "\"; ask those who run this server."),
          .metadata = {{"caller", Text(caller)}, {Text(kind), shown}}};
}

ApiError NotARedirectionError() {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_NOT_A_REDIRECTION,
          .message =
              "The error is no MOVED, ASK, TRYAGAIN or CLUSTERDOWN as a node "
              "sends it; report those only, as they came.",
          .violations = {{"error", "Must be a redirection of a node."}}};
}

ApiError StoppingError() {
  return {.code = absl::StatusCode::kUnavailable,
          .reason = v1::ERROR_REASON_STOPPING,
          .message =
              "The server is about to stop; call another replica of the "
              "service.",
          .retry_delay = kTopologyRetryDelay};
}

ApiError MalformedRequestError(std::string_view message_name) {
  return {.code = absl::StatusCode::kInvalidArgument,
          .reason = v1::ERROR_REASON_MALFORMED_REQUEST,
          .message = absl::StrCat(
              "The bytes of the request are no ", ToAbsl(message_name),
              ", or a field of type string in it is not UTF-8.")};
}

rpc::v1::Status ToMessage(const ApiError& error, std::string_view request_id) {
  rpc::v1::Status status;
  status.set_code(static_cast<int>(error.code));
  status.set_message(error.message);

  rpc::v1::ErrorInfo info;
  absl::string_view reason = v1::ErrorReason_Name(error.reason);
  absl::ConsumePrefix(&reason, "ERROR_REASON_");
  info.set_reason(std::string(reason));
  info.set_domain("slotplanner");
  for (const auto& [key, value] : error.metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  AddDetail(info, "ErrorInfo", status);

  if (!error.violations.empty()) {
    rpc::v1::BadRequest bad_request;
    for (const auto& [field, description] : error.violations) {
      auto& violation = *bad_request.add_field_violations();
      violation.set_field(field);
      violation.set_description(description);
    }
    AddDetail(bad_request, "BadRequest", status);
  }
  if (error.retry_delay) {
    rpc::v1::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(
        absl::ToInt64Seconds(*error.retry_delay));
    AddDetail(retry, "RetryInfo", status);
  }
  if (!request_id.empty()) {
    rpc::v1::RequestInfo request;
    request.set_request_id(Text(request_id));
    AddDetail(request, "RequestInfo", status);
  }
  return status;
}

absl::Status ToAbslStatus(const ApiError& error) {
  absl::Status status(error.code, error.message);
  const rpc::v1::Status message = ToMessage(error);
  for (const google::protobuf::Any& detail : message.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace slotplanner
