// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/answers/api_error.h"
#include "service/answers/request_limits.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Whether the answer depends on the topology.
bool NeedsTopology(const v1::ExplainErrorRequest& request);
bool NeedsTopology(const v1::SuggestHashTagsRequest& request);
bool NeedsTopology(const v1::MintHashTagsRequest& request);

std::optional<ApiError> Validate(const v1::ExplainErrorRequest& request,
                                 const RequestLimits& limits);
std::optional<ApiError> Validate(const v1::SuggestHashTagsRequest& request,
                                 const RequestLimits& limits);
std::optional<ApiError> Validate(const v1::MintHashTagsRequest& request,
                                 const RequestLimits& limits);

// Fills the response of a valid request. Requires: `snapshot` is not null if
// the answer depends on it.
void AnswerExplainError(const v1::ExplainErrorRequest& request,
                        const ClusterSnapshot* snapshot,
                        v1::ExplainErrorResponse& response);

void AnswerSuggestHashTags(const v1::SuggestHashTagsRequest& request,
                           const ClusterSnapshot* snapshot,
                           v1::SuggestHashTagsResponse& response);

// As above; an error when a node is not in the topology.
std::optional<ApiError> AnswerMintHashTags(
    const v1::MintHashTagsRequest& request, const ClusterSnapshot* snapshot,
    v1::MintHashTagsResponse& response);

}  // namespace slotplanner
