// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "slotplanner/v1/advisor_service.pb.h"

#include "service/answers/api_error.h"
#include "service/answers/request_limits.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// Whether the answer depends on the topology: always.
bool NeedsTopology(const v1::CheckTemplatesRequest& request);

std::optional<ApiError> Validate(const v1::CheckTemplatesRequest& request,
                                 const RequestLimits& limits);

// Fills the response of a valid request.
void AnswerCheckTemplates(const v1::CheckTemplatesRequest& request,
                          const ClusterSnapshot& snapshot,
                          v1::CheckTemplatesResponse& response);

}  // namespace slotplanner
