// SPDX-License-Identifier: Apache-2.0
#include "server/listening_socket.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;

ListenAddress Parse(const std::string& text) {
  return ParseListenAddress(text).value();
}

std::string ErrorOf(const std::string& address) {
  return std::string(ListeningSocket::Open(Parse(address)).status().message());
}

// A file name of this test, of which nothing is left afterwards.
class SocketPath {
 public:
  ~SocketPath() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  std::string address() const { return "unix:" + path_; }

 private:
  const std::string path_ =
      absl::StrCat(testing::TempDir(), "/listening.", getpid(), ".sock");
};

TEST(ListeningSocketTest, TellsThePortThatTheSystemChose) {
  const auto socket = ListeningSocket::Open(Parse("127.0.0.1:0"));
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_GT((*socket)->address().port, 0);
  EXPECT_EQ((*socket)->descriptors().size(), 1);
}

TEST(ListeningSocketTest, IsFreeAgainWhenClosed) {
  const std::string address =
      ToString((*ListeningSocket::Open(Parse("127.0.0.1:0")))->address());
  EXPECT_TRUE(ListeningSocket::Open(Parse(address)).ok());
}

TEST(ListeningSocketTest, TellsThatAPortIsInUse) {
  const auto socket = ListeningSocket::Open(Parse("127.0.0.1:0"));
  const std::string address = ToString((*socket)->address());
  EXPECT_EQ(ErrorOf(address), absl::StrCat("cannot listen on ", address,
                                           ": Address already in use"));
}

TEST(ListeningSocketTest, TellsThatAPortOfANameIsInUse) {
  const auto socket = ListeningSocket::Open(Parse("127.0.0.1:0"));
  EXPECT_THAT(ErrorOf(absl::StrCat("localhost:", (*socket)->address().port)),
              HasSubstr("Address already in use"));
}

TEST(ListeningSocketTest, TellsOfAnAddressOfAnotherMachine) {
  // From RFC 5737: addresses for documentation.
  EXPECT_THAT(ErrorOf("192.0.2.1:0"),
              HasSubstr("Cannot assign requested address"));
}

TEST(ListeningSocketTest, TellsOfANameThatStandsForNothing) {
  // From RFC 6761: never resolves.
  EXPECT_THAT(ErrorOf("no-such-host.invalid:0"),
              HasSubstr("cannot listen on no-such-host.invalid:0: "));
}

TEST(ListeningSocketTest, NeverBlocksAndIsNotInherited) {
  const auto socket = ListeningSocket::Open(Parse("127.0.0.1:0"));
  const int descriptor = (*socket)->descriptors().front().value();
  EXPECT_TRUE(fcntl(descriptor, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
}

TEST(ListeningSocketTest, LetsTheGroupConnectToASocketFile) {
  const SocketPath file;
  const auto socket = ListeningSocket::Open(Parse(file.address()));
  ASSERT_TRUE(socket.ok()) << socket.status();
  struct stat info = {};
  ASSERT_EQ(stat(file.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660);
}

TEST(ListeningSocketTest, TakesItsSocketFileAwayAtTheEnd) {
  const SocketPath file;
  EXPECT_TRUE(ListeningSocket::Open(Parse(file.address())).ok());
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(ListeningSocketTest, LeavesTheSocketFileOfSomebodyElse) {
  const SocketPath file;
  auto first = ListeningSocket::Open(Parse(file.address()));
  // While the first one's inode is in use, no other file gets its number.
  std::filesystem::rename(file.path(), file.path() + ".moved");
  const auto second = ListeningSocket::Open(Parse(file.address()));
  ASSERT_TRUE(second.ok()) << second.status();
  first->reset();
  EXPECT_TRUE(std::filesystem::exists(file.path()));
  std::filesystem::remove(file.path() + ".moved");
}

TEST(ListeningSocketTest, KeepsASocketFileOnWhichSomebodyListens) {
  const SocketPath file;
  const auto socket = ListeningSocket::Open(Parse(file.address()));
  EXPECT_THAT(ErrorOf(file.address()), HasSubstr("Address already in use"));
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

TEST(ListeningSocketTest, TakesTheFileOfADeadProcess) {
  const SocketPath file;
  {
    auto dead = ListeningSocket::Open(Parse(file.address()));
    // Out of the way of its destructor.
    std::filesystem::rename(file.path(), file.path() + ".moved");
  }
  std::filesystem::rename(file.path() + ".moved", file.path());
  EXPECT_TRUE(ListeningSocket::Open(Parse(file.address())).ok());
}

TEST(ListeningSocketTest, KeepsAFileThatIsNoSocket) {
  const SocketPath file;
  std::ofstream(file.path()) << "precious";
  EXPECT_THAT(ErrorOf(file.address()), HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

TEST(ListeningSocketTest, TellsThatAFolderIsMissing) {
  EXPECT_THAT(ErrorOf("unix:/no/such/folder/a.sock"),
              HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace slotplanner
