// SPDX-License-Identifier: Apache-2.0
// Real connections to a gRPC server behind our own accept loop: how many, over
// what, and what happens when the system has no descriptor left.
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/connection_acceptor.h"
#include "server/file_limit.h"
#include "server/listening_socket.h"
#include "service/base/file_descriptor.h"
#include "tests/support/listening_server.h"

namespace slotplanner {
namespace {

// Far enough that only a hanging test reaches it.
constexpr absl::Duration kLong = absl::Seconds(60);

// A client of 127.0.0.1 below HTTP/2. Not thread-safe.
class RawClient {
 public:
  // Not connected yet, but needs no further descriptor for that.
  RawClient() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {}

  void Connect(int port) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(connect(socket_.value(), reinterpret_cast<sockaddr*>(&name),
                      sizeof name),
              0);
  }

  // Whether the server speaks, as gRPC does first thing (SETTINGS), or closes.
  bool IsServed() {
    pollfd ready = {.fd = socket_.value(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&ready, 1, static_cast<int>(kLong / absl::Milliseconds(1))),
              1);
    char byte = 0;
    return recv(socket_.value(), &byte, 1, 0) == 1;
  }

 private:
  FileDescriptor socket_;
};

// A client of the server that it serves; none if it closes it at once.
std::optional<RawClient> ConnectTo(const ListeningServer& server) {
  std::optional<RawClient> client(std::in_place);
  client->Connect(server.port());
  if (!client->IsServed()) client.reset();
  return client;
}

// As `ConnectTo`, but insists.
std::optional<RawClient> ConnectAtLast(const ListeningServer& server) {
  const absl::Time deadline = absl::Now() + kLong;
  std::optional<RawClient> client;
  while (!client.has_value() && absl::Now() < deadline) {
    client = ConnectTo(server);
  }
  EXPECT_TRUE(client.has_value()) << "Every connection is refused.";
  return client;
}

double Accepted(ListeningServer& server) {
  return MetricValue(server.metrics(),
                     "slotplanner_accepted_connections_total");
}

double Refused(ListeningServer& server, const std::string& reason) {
  return MetricValue(server.metrics(), "slotplanner_refused_connections_total",
                     reason);
}

// While it lives, no descriptor can be opened that is not open by then.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit limit = before_;
    // Given out lowest first: this is the first that is free.
    limit.rlim_cur = static_cast<rlim_t>(FileDescriptor(dup(0)).value());
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(dup(0), -1);
  }
  ~NoDescriptorLeft() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptorLeft(const NoDescriptorLeft&) = delete;
  NoDescriptorLeft& operator=(const NoDescriptorLeft&) = delete;

 private:
  rlimit before_ = {};
};

TEST(ServerConnectionsTest, AnswersOverIpv4) {
  const ListeningServer server({});
  const auto answer =
      CallOver(MakeTestChannel(absl::StrCat("127.0.0.1:", server.port())));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "");
}

bool HasIpv6() {
  return ListeningSocket::Open(ParseListenAddress("[::1]:0").value()).ok();
}

TEST(ServerConnectionsTest, AnswersOverIpv6) {
  if (!HasIpv6()) GTEST_SKIP() << "There is no IPv6 here.";
  const ListeningServer server({.addresses = {"[::1]:0"}});
  const auto answer =
      CallOver(MakeTestChannel(absl::StrCat("[::1]:", server.port())));
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST(ServerConnectionsTest, AnswersOverBothAtTheirWildcard) {
  if (!HasIpv6()) GTEST_SKIP() << "There is no IPv6 here.";
  const ListeningServer server({.addresses = {"[::]:0"}});
  for (const char* host : {"127.0.0.1", "[::1]"}) {
    const auto answer =
        CallOver(MakeTestChannel(absl::StrCat(host, ":", server.port())));
    EXPECT_TRUE(answer.ok()) << host << answer.status();
  }
}

TEST(ServerConnectionsTest, AnswersAtAllAddressesOfAName) {
  const ListeningServer server({.addresses = {"localhost:0"}});
  std::vector<std::string> hosts = {"127.0.0.1"};
  // Where the hosts file gives localhost both.
  if (HasIpv6() &&
      ListeningSocket::Open(ParseListenAddress("localhost:0").value())
              .value()
              ->descriptors()
              .size() > 1) {
    hosts.emplace_back("[::1]");
  }
  for (const std::string& host : hosts) {
    const auto answer =
        CallOver(MakeTestChannel(absl::StrCat(host, ":", server.port())));
    EXPECT_TRUE(answer.ok()) << host << answer.status();
  }
}

TEST(ServerConnectionsTest, AnswersOverAUnixSocketBesideTcp) {
  const std::string path =
      absl::StrCat(testing::TempDir(), "/connections.", getpid(), ".sock");
  {
    const ListeningServer server(
        {.addresses = {"127.0.0.1:0", "unix:" + path}});
    const auto by_file = CallOver(MakeTestChannel("unix:" + path));
    EXPECT_TRUE(by_file.ok()) << by_file.status();
    const auto by_port =
        CallOver(MakeTestChannel(absl::StrCat("127.0.0.1:", server.port())));
    EXPECT_TRUE(by_port.ok()) << by_port.status();
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ServerConnectionsTest, HoldsTheLimitExactly) {
  ListeningServer server({.max_connections = 3});
  std::vector<std::optional<RawClient>> clients(3);
  for (auto& client : clients) client = ConnectTo(server);
  for (const auto& client : clients) EXPECT_TRUE(client.has_value());
  EXPECT_FALSE(ConnectTo(server).has_value());
  EXPECT_EQ(Accepted(server), 3);
  EXPECT_EQ(Refused(server, "connection_limit"), 1);
  EXPECT_EQ(Refused(server, "system"), 0);

  // As soon as gRPC has closed its end of one, there is room for one.
  clients.back().reset();
  clients.back() = ConnectAtLast(server);
  EXPECT_FALSE(ConnectTo(server).has_value());

  for (auto& client : clients) client.reset();
  for (auto& client : clients) client = ConnectAtLast(server);
  EXPECT_FALSE(ConnectTo(server).has_value());
}

// A descriptor that comes back by accept4 was closed; here none does.
TEST(ServerConnectionsTest, HasRoomAlsoWhenSomethingElseTookTheDescriptor) {
  ListeningServer server({.max_connections = 1});
  std::optional<RawClient> client = ConnectTo(server);
  ASSERT_TRUE(client.has_value());
  client.reset();
  std::vector<FileDescriptor> others;
  const absl::Time deadline = absl::Now() + kLong;
  while (!client.has_value() && absl::Now() < deadline) {
    // As many as were freed by the client, the server and the last try.
    for (int i = 0; i < 4 && others.size() < 500; ++i) {
      others.emplace_back(dup(0));
    }
    client = ConnectTo(server);
  }
  EXPECT_TRUE(client.has_value());
}

TEST(ServerConnectionsTest, TakesAnotherLimit) {
  ListeningServer server({.max_connections = 1});
  const auto first = ConnectTo(server);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(ConnectTo(server).has_value());

  server.acceptor().SetMaxConnections(2);
  const auto second = ConnectTo(server);
  EXPECT_TRUE(second.has_value());
  EXPECT_FALSE(ConnectTo(server).has_value());

  server.acceptor().SetMaxConnections(3);
  EXPECT_TRUE(ConnectTo(server).has_value());
}

TEST(ServerConnectionsTest, KeepsWhatIsOpenUnderALowerLimit) {
  ListeningServer server({});
  const auto channel =
      MakeTestChannel(absl::StrCat("127.0.0.1:", server.port()));
  ASSERT_TRUE(CallOver(channel).ok());
  const auto second = ConnectTo(server);
  server.acceptor().SetMaxConnections(1);
  EXPECT_FALSE(ConnectTo(server).has_value());
  EXPECT_TRUE(CallOver(channel).ok());
}

TEST(ServerConnectionsTest, ServesManyAtOnce) {
  ListeningServer server({.max_connections = 200});
  std::vector<RawClient> clients(200);
  for (RawClient& client : clients) client.Connect(server.port());
  for (RawClient& client : clients) EXPECT_TRUE(client.IsServed());
  EXPECT_FALSE(ConnectTo(server).has_value());
}

// gRPC 1.51 itself would accept nothing any more after this.
TEST(ServerConnectionsTest, LivesThroughAWantOfDescriptors) {
  ListeningServer server({});
  const auto channel =
      MakeTestChannel(absl::StrCat("127.0.0.1:", server.port()));
  ASSERT_TRUE(CallOver(channel).ok());
  std::vector<RawClient> clients(10);
  {
    const NoDescriptorLeft none_left;
    for (RawClient& client : clients) {
      client.Connect(server.port());
      EXPECT_FALSE(client.IsServed());
    }
    EXPECT_TRUE(CallOver(channel).ok());
  }
  EXPECT_EQ(Refused(server, "system"), 10);
  EXPECT_EQ(Refused(server, "connection_limit"), 0);
  ConnectAtLast(server);
}

TEST(ServerConnectionsTest, LivesWithoutASpareDescriptor) {
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  ListeningServer server({});
  RawClient client;
  {
    // The three that are below are open; what is closed cannot be opened again.
    rlimit none = before;
    none.rlim_cur = 3;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    client.Connect(server.port());
    const absl::Time deadline = absl::Now() + kLong;
    while (Refused(server, "system") < 1 && absl::Now() < deadline) {
    }
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  }
  EXPECT_GE(Refused(server, "system"), 1);
  // It had to wait, and nobody had a descriptor to turn it away with.
  EXPECT_TRUE(client.IsServed());
}

TEST(ServerConnectionsTest, StopsListeningAndKeepsWhatIsOpen) {
  ListeningServer server({});
  const std::string target = absl::StrCat("127.0.0.1:", server.port());
  const auto channel = MakeTestChannel(target);
  ASSERT_TRUE(CallOver(channel).ok());
  server.acceptor().Stop();
  EXPECT_TRUE(CallOver(channel).ok());
  EXPECT_EQ(CallOver(MakeTestChannel(target)).status().code(),
            absl::StatusCode::kUnavailable);
  server.acceptor().Stop();  // Does nothing.
}

// Keeps the first connection that it is given.
class KeepingAcceptor : public grpc::experimental::ExternalConnectionAcceptor {
 public:
  explicit KeepingAcceptor(std::promise<int>& connection)
      : connection_(connection) {}
  void HandleNewConnection(NewConnectionParameters* parameters) override {
    connection_.set_value(parameters->fd);
  }

 private:
  std::promise<int>& connection_;
};

int OptionOf(const FileDescriptor& descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(descriptor.value(), level, name, &value, &size);
  return value;
}

TEST(ServerConnectionsTest, NoticesPeersThatAreGone) {
  std::promise<int> promise;
  prometheus::Registry metrics;
  std::vector<GrpcListener> listeners;
  listeners.push_back(
      {.socket =
           ListeningSocket::Open(ParseListenAddress("127.0.0.1:0").value())
               .value(),
       .grpc_acceptor = std::make_unique<KeepingAcceptor>(promise)});
  const int port = listeners.front().socket->address().port;
  const auto acceptor =
      ConnectionAcceptor::Start(std::move(listeners), 1, metrics);
  ASSERT_TRUE(acceptor.ok());
  RawClient client;
  client.Connect(port);
  const FileDescriptor connection(promise.get_future().get());
  EXPECT_EQ(OptionOf(connection, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(OptionOf(connection, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(OptionOf(connection, IPPROTO_TCP, TCP_USER_TIMEOUT), 20'000);
  EXPECT_TRUE(fcntl(connection.value(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(connection.value(), F_GETFD) & FD_CLOEXEC);
}

TEST(FileLimitTest, IsRaisedToTheMost) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = 100;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  RaiseFileLimit();
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(limit.rlim_cur, before.rlim_max);
  if (before.rlim_max > 256 && before.rlim_max < 2'000'000'000) {
    EXPECT_EQ(ConnectionsThatFit(), static_cast<int>(before.rlim_max) - 256);
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace slotplanner
