// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/server_builder.h>

namespace slotplanner {

// The method of the floor server that answers with so many bytes.
std::string FloorMethod(int reply_bytes);

// What a call costs before anybody looks at it: serves, until the process is
// killed, a method for each size in `replies`, with the API and the settings of
// the real server. A method takes any request, reads none of it, and answers
// with bytes that were ready before. Logs its addresses as the real server
// does.
[[noreturn]] void RunFloorServer(const std::vector<std::string>& listen,
                                 const std::vector<int>& replies,
                                 const std::vector<std::string>& arguments);

}  // namespace slotplanner
