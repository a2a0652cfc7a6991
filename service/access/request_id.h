// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slotplanner {

// What to call a request in logs, so that it can be found from the caller's
// side: `x_request_id` if that has 1 to 128 printable ASCII characters, none of
// them a space, a quote (") or a backslash; else the trace id of `traceparent`
// if that is valid (W3C Trace Context, section 3.2, versions 00 to fe); else
// empty. A view into the argument that it is from. Both are values of metadata
// keys, empty when there are none.
std::string_view RequestIdOf(std::string_view x_request_id,
                             std::string_view traceparent);

}  // namespace slotplanner
