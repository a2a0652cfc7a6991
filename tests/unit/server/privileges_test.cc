// SPDX-License-Identifier: Apache-2.0
#include "server/privileges.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;

// The lines of /proc/PID/status that matter, and some around them. As Linux
// 6.1 writes them.
std::string StatusOf(std::string_view users, std::string_view permitted) {
  return absl::StrCat("Name:\tslotplanner-ser\nState:\tR (running)\n", "Uid:\t",
                      ToAbsl(users), "\nGid:\t0\t0\t0\t0\n",
                      "Groups:\t \nCapInh:\t0000000000000000\nCapPrm:\t",
                      ToAbsl(permitted), "\nCapEff:\t0000000000000000\n",
                      "CapBnd:\t000001ffffffffff\nSeccomp:\t2\n");
}

constexpr std::string_view kNobody = "65532\t65532\t65532\t65532";
constexpr std::string_view kNone = "0000000000000000";

TEST(CheckUnprivilegedTest, TakesAUserWithoutCapabilities) {
  EXPECT_EQ(CheckUnprivileged(StatusOf(kNobody, kNone)), absl::OkStatus());
}

TEST(CheckUnprivilegedTest, RefusesRootUnderAnyOfItsIds) {
  for (const std::string_view users :
       {"0\t0\t0\t0", "0\t65532\t65532\t65532", "65532\t0\t65532\t65532",
        "65532\t65532\t0\t65532", "65532\t65532\t65532\t0"}) {
    const absl::Status status = CheckUnprivileged(StatusOf(users, kNone));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << users;
    EXPECT_THAT(std::string(status.message()), HasSubstr("as root")) << users;
  }
}

TEST(CheckUnprivilegedTest, RefusesCapabilities) {
  // All, and CAP_NET_BIND_SERVICE alone (capability 10, capabilities(7)).
  for (const std::string_view permitted :
       {"000001ffffffffff", "0000000000000400"}) {
    const absl::Status status = CheckUnprivileged(StatusOf(kNobody, permitted));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("capabilities"));
  }
}

TEST(CheckUnprivilegedTest, RefusesWhatItCannotTell) {
  const std::string whole = StatusOf(kNobody, kNone);
  for (const std::string_view text :
       {std::string_view(), std::string_view("Uid:\nCapPrm:\n"),
        std::string_view(whole).substr(0, whole.find("CapPrm"))}) {
    const absl::Status status = CheckUnprivileged(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("does not tell"));
  }
}

TEST(CheckSelfUnprivilegedTest, ReadsThisProcess) {
  EXPECT_THAT(std::string(CheckSelfUnprivileged().message()),
              testing::Not(HasSubstr("does not tell")));
}

}  // namespace
}  // namespace slotplanner
