// SPDX-License-Identifier: Apache-2.0
#include "server/listen_address.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

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

// A socket that listens until destroyed; a Unix-domain one leaves its file.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    auto* const generic_name = reinterpret_cast<sockaddr*>(&name);
    EXPECT_EQ(bind(fd_, generic_name, size), 0);
    EXPECT_EQ(getsockname(fd_, generic_name, &size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    port_ = ntohs(name.sin_port);
  }
  explicit Listener(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name),
              0);
    EXPECT_EQ(listen(fd_, 1), 0);
  }
  ~Listener() { close(fd_); }

  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

ListenAddress Parse(const std::string& text) {
  return ParseListenAddress(text).value();
}

// A file name of this test, of which nothing is left afterwards.
class SocketPath {
 public:
  ~SocketPath() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_ =
      absl::StrCat(testing::TempDir(), "/slotplanner.", getpid(), ".sock");
};

TEST(CheckListenAddressTest, TellsThatAPortIsInUse) {
  const Listener listener;
  const absl::Status status =
      CheckListenAddress(Parse(absl::StrCat("127.0.0.1:", listener.port())));
  EXPECT_EQ(status.message(),
            absl::StrCat("cannot listen on 127.0.0.1:", listener.port(),
                         ": Address already in use"));
}

TEST(CheckListenAddressTest, IsContentWithAFreePortAndASystemChosenOne) {
  std::string address;
  {
    const Listener listener;
    address = absl::StrCat("127.0.0.1:", listener.port());
  }
  EXPECT_TRUE(CheckListenAddress(Parse(address)).ok());
  EXPECT_TRUE(CheckListenAddress(Parse("127.0.0.1:0")).ok());
  EXPECT_TRUE(CheckListenAddress(Parse("[::]:0")).ok());
}

TEST(CheckListenAddressTest, RefusesAnAddressOfAnotherMachine) {
  // From RFC 5737: addresses for documentation.
  EXPECT_THAT(std::string(CheckListenAddress(Parse("192.0.2.1:0")).message()),
              HasSubstr("Cannot assign requested address"));
}

TEST(CheckListenAddressTest, KeepsASocketFileOnWhichSomebodyListens) {
  const SocketPath file;
  const Listener listener(file.path());
  EXPECT_THAT(
      std::string(CheckListenAddress(Parse("unix:" + file.path())).message()),
      HasSubstr("Address already in use"));
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

TEST(CheckListenAddressTest, RemovesASocketFileThatNobodyListensOn) {
  const SocketPath file;
  { const Listener listener(file.path()); }
  ASSERT_TRUE(std::filesystem::exists(file.path()));
  EXPECT_TRUE(CheckListenAddress(Parse("unix:" + file.path())).ok());
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(CheckListenAddressTest, KeepsAFileThatIsNoSocket) {
  const SocketPath file;
  std::ofstream(file.path()) << "precious";
  EXPECT_FALSE(CheckListenAddress(Parse("unix:" + file.path())).ok());
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

TEST(CheckListenAddressTest, TellsThatAFolderIsMissing) {
  EXPECT_THAT(
      std::string(
          CheckListenAddress(Parse("unix:/no/such/folder/a.sock")).message()),
      HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace slotplanner
