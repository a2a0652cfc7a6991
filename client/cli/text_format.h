// SPDX-License-Identifier: Apache-2.0
// Answers of the server as text for people, or as JSON.
#pragma once

#include <string>
#include <string_view>

#include "slotplanner/v1/advisor_service.pb.h"
#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/status.h"

namespace slotplanner::cli {

// `host:port`, with an IPv6 address in brackets.
std::string FormatEndpoint(const v1::Node& node);

// A plan: what becomes of each command, how its replies are merged, what is
// lost by it, or the refusal with its ways out; then per stage and node what is
// sent. Commands are numbered from 1, if there are several.
std::string FormatPlan(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan);

std::string FormatTopology(const v1::Topology& topology);

// The name of an enum value without its prefix, as in "SPLIT"; "UNKNOWN" for
// the empty name of a value that this client does not know.
std::string ShortName(const std::string& name, std::string_view prefix);

// The ways out of a refusal, under a heading; empty if there is none.
std::string FormatRemedies(
    const google::protobuf::RepeatedPtrField<v1::Remedy>& remedies);

// What an error means and what to do about it.
std::string FormatExplanation(const v1::ExplainErrorResponse& explanation);

// Why a call failed, as in "UNAVAILABLE (TOPOLOGY_NOT_READY): ...".
std::string FormatStatus(const absl::Status& status);

// A message in protobuf's JSON, on one line with its newline.
std::string FormatJson(const google::protobuf::Message& message);

}  // namespace slotplanner::cli
