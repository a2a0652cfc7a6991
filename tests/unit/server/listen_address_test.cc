// SPDX-License-Identifier: Apache-2.0
#include "server/listen_address.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/listening_socket.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;

TEST(ParseListenAddressTest, ReadsWhatToStringWrites) {
  for (const char* text :
       {"127.0.0.1:50051", "localhost:0", "[::1]:65535", "0.0.0.0:1",
        "unix:/run/slotplanner.sock", "unix:relative.sock"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(ToString(*address), text);
  }
}

TEST(ParseListenAddressTest, RefusesEverythingElseWithoutRepeatingIt) {
  for (const std::string& text :
       {std::string(""), std::string(":50051"), std::string("secret"),
        std::string("secret:"), std::string("secret:65536"),
        std::string("secret:-1"), std::string("secret:+1"),
        std::string("secret:http"), std::string("::1:50051"),
        std::string("unix:"), "unix:/" + std::string(107, 'x'),
        std::string("sec\nret:1"), std::string("secret:1 ")}) {
    const auto address = ParseListenAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_THAT(std::string(address.status().message()),
                testing::Not(HasSubstr("secret")));
  }
}

TEST(CheckListenAddressTest, TellsThatAPortIsInUse) {
  const auto listener =
      ListeningSocket::Open(ParseListenAddress("127.0.0.1:0").value());
  ASSERT_TRUE(listener.ok()) << listener.status();
  const ListenAddress& address = (*listener)->address();
  EXPECT_EQ(CheckListenAddress(address).message(),
            absl::StrCat("cannot listen on ", ToString(address),
                         ": Address already in use"));
}

TEST(CheckListenAddressTest, LeavesTheAddressFree) {
  const ListenAddress address =
      ListeningSocket::Open(ParseListenAddress("127.0.0.1:0").value())
          .value()
          ->address();
  EXPECT_TRUE(CheckListenAddress(address).ok());
  EXPECT_TRUE(CheckListenAddress(address).ok());
}

}  // namespace
}  // namespace slotplanner
