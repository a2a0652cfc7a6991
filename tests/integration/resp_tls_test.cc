// SPDX-License-Identifier: Apache-2.0
// Connections over TLS to a real redis-server, and to nodes that do it wrong.
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_connection.h"
#include "service/resp/rotating_tls_context.h"
#include "service/resp/tls_context.h"
#include "tests/support/fake_node.h"
#include "tests/support/tls_files.h"

namespace slotplanner {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using std::string_view_literals::operator""sv;

constexpr std::array kPing = {"PING"sv};

// Far enough that only a hanging test reaches it.
absl::Time Later() { return absl::Now() + absl::Seconds(60); }
absl::Time Soon() { return absl::Now() + absl::Milliseconds(100); }

// A redis-server that speaks nothing but TLS, with the server's certificate of
// `files`.
class TlsRedis {
 public:
  explicit TlsRedis(const TestTlsFiles& files, bool demands_certificate = false)
      : directory_(files.Path("redis")) {
    std::filesystem::create_directories(directory_);
    const std::string auth_clients = demands_certificate ? "yes" : "no";
    std::minstd_rand random(std::random_device{}());
    do {
      // Below the range that the kernel hands out; Redis itself says when the
      // port is in use, by ending.
      endpoint_ = {.host = "127.0.0.1",
                   .port = std::uniform_int_distribution(21000, 31000)(random)};
      Run({"redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port",
           std::to_string(endpoint_.port), "--tls-cert-file",
           files.Path("server.crt"), "--tls-key-file", files.Path("server.key"),
           "--tls-ca-cert-file", files.Path("ca.crt"), "--tls-auth-clients",
           auth_clients, "--dir", directory_, "--save", ""});
    } while (!IsReady());
  }

  ~TlsRedis() {
    kill(process_, SIGTERM);
    End();
  }

  TlsRedis(const TlsRedis&) = delete;
  TlsRedis& operator=(const TlsRedis&) = delete;

  RespEndpoint endpoint() const { return endpoint_; }

 private:
  void Run(std::vector<std::string> command) {
    std::array<int, 2> pipe = {};
    ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    EXPECT_EQ(posix_spawnp(&process_, arguments[0], &actions, nullptr,
                           arguments.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe[1]);
    log_ = fdopen(pipe[0], "r");
  }

  // False when it ended instead.
  bool IsReady() {
    std::array<char, 1024> line;
    while (fgets(line.data(), line.size(), log_) != nullptr) {
      if (absl::StrContains(line.data(), "Ready to accept")) return true;
    }
    End();
    return false;
  }

  void End() {
    fclose(log_);
    waitpid(process_, nullptr, 0);
  }

  const std::string directory_;
  RespEndpoint endpoint_;
  pid_t process_ = 0;
  FILE* log_ = nullptr;
};

absl::StatusOr<std::unique_ptr<RespConnection>> ConnectTo(
    const RespEndpoint& endpoint, const TlsFiles& files) {
  auto tls = TlsContext::Load(files);
  if (!tls.ok()) return tls.status();
  return RespConnection::Connect(endpoint, Later(), {.tls = *tls});
}

// What became of a PING on a new connection.
absl::StatusOr<RespValue> Ping(const RespEndpoint& endpoint,
                               const TlsFiles& files) {
  auto connection = ConnectTo(endpoint, files);
  if (!connection.ok()) return connection.status();
  return (*connection)->Call(kPing, Later());
}

// Says that a PING fails, as UNAVAILABLE, and why.
std::string PingFailure(const RespEndpoint& endpoint, const TlsFiles& files) {
  const absl::Status status = Ping(endpoint, files).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(ToString(endpoint)));
  return std::string(status.message());
}

TEST(RespTlsTest, TalksToANodeWhoseAuthorityItTrusts) {
  const TestTlsFiles files;
  const TlsRedis redis(files);
  EXPECT_EQ(*Ping(redis.endpoint(), files.ForClient()),
            RespValue::Status("PONG"));
}

TEST(RespTlsTest, RefusesANodeOfAnotherAuthority) {
  const TestTlsFiles files;
  const TestTlsFiles others;
  const TlsRedis redis(files);
  EXPECT_THAT(PingFailure(redis.endpoint(), others.ForClient()),
              HasSubstr("not accepted: self-signed certificate"));
  // The system trusts no authority of a test either.
  EXPECT_THAT(PingFailure(redis.endpoint(), {}), HasSubstr("certificate"));
}

TEST(RespTlsTest, RefusesANodeOfAnotherName) {
  const TestTlsFiles files({"--host", "redis.test"});
  const TlsRedis redis(files);
  TlsFiles client = files.ForClient();
  EXPECT_THAT(PingFailure(redis.endpoint(), client),
              HasSubstr("127.0.0.1 is not accepted: IP address mismatch"));
  client.server_name = "other.test";
  EXPECT_THAT(PingFailure(redis.endpoint(), client),
              HasSubstr("other.test is not accepted: hostname mismatch"));
  client.server_name = "redis.test";
  EXPECT_TRUE(Ping(redis.endpoint(), client).ok());
}

TEST(RespTlsTest, RefusesAnExpiredCertificate) {
  const TestTlsFiles files({"--expired"});
  const TlsRedis redis(files);
  EXPECT_THAT(PingFailure(redis.endpoint(), files.ForClient()),
              HasSubstr("certificate has expired"));
}

TEST(RespTlsTest, ShowsItsCertificateToANodeThatDemandsOne) {
  const TestTlsFiles files;
  const TlsRedis redis(files, /*demands_certificate=*/true);
  EXPECT_EQ(*Ping(redis.endpoint(), files.ForClient(true)),
            RespValue::Status("PONG"));
}

TEST(RespTlsTest, ANodeThatMissesOurCertificateSaysSo) {
  const TestTlsFiles files;
  const TlsRedis redis(files, /*demands_certificate=*/true);
  EXPECT_THAT(PingFailure(redis.endpoint(), files.ForClient()),
              HasSubstr("certificate required"));
}

TEST(RespTlsTest, UsesRotatedFiles) {
  TestTlsFiles files;
  RotatingTlsContext context(files.ForClient(true));
  for (int i = 0; i < 2; ++i) {
    // Each time with another authority, which is all that the node trusts.
    if (i > 0) files.Rotate();
    const TlsRedis redis(files, /*demands_certificate=*/true);
    auto connection = RespConnection::Connect(redis.endpoint(), Later(),
                                              {.tls = *context.Current()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    EXPECT_TRUE((*connection)->Call(kPing, Later()).ok());
  }
}

// Many records each way, and more than the socket buffers hold.
TEST(RespTlsTest, CarriesLargeRequestsAndReplies) {
  const TestTlsFiles files;
  const TlsRedis redis(files);
  const auto connection = *ConnectTo(redis.endpoint(), files.ForClient());
  const std::string value(size_t{5} << 20, 'v');
  constexpr int kPairs = 4;
  for (int i = 0; i < kPairs; ++i) {
    connection->Send(std::array<std::string_view, 3>{"SET", "foo", value});
    connection->Send(std::array<std::string_view, 2>{"GET", "foo"});
  }
  RespConnection* const pointer = connection.get();
  while (connection->has_unreceived()) {
    const auto statuses = PollConnections({&pointer, 1}, Later());
    ASSERT_TRUE(statuses.ok()) << statuses.status();
    ASSERT_TRUE(statuses->front().ok()) << statuses->front();
  }
  for (int i = 0; i < kPairs; ++i) {
    EXPECT_EQ(connection->TakeReply(), RespValue::Status("OK"));
    EXPECT_EQ(connection->TakeReply(), RespValue::String(value));
  }
  EXPECT_EQ(connection->sent_bytes(), connection->queued_bytes());
  EXPECT_TRUE(connection->IsQuiet());
}

// Carries each byte between one client and a node by itself.
class ByteByByteRelay {
 public:
  explicit ByteByByteRelay(const RespEndpoint& node)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size),
        0);
    endpoint_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
    thread_ = std::jthread([this, port = node.port] { Carry(port); });
  }

  ~ByteByByteRelay() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  RespEndpoint endpoint() const { return endpoint_; }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void Carry(int port) const {
    const sockaddr_in address = Loopback(port);
    const int node = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(node, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0);
    const int client = accept(listener_, nullptr, nullptr);
    const int on = 1;
    for (const int fd : {node, client}) {
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    std::array<pollfd, 2> ends = {pollfd{node, POLLIN, 0},
                                  pollfd{client, POLLIN, 0}};
    bool is_open = client >= 0;
    while (is_open && poll(ends.data(), ends.size(), /*timeout=*/-1) > 0) {
      for (size_t i = 0; i < 2; ++i) {
        char byte;
        if (ends[i].revents == 0) continue;
        is_open = is_open && recv(ends[i].fd, &byte, 1, 0) == 1 &&
                  send(ends[1 - i].fd, &byte, 1, MSG_NOSIGNAL) == 1;
      }
    }
    close(node);
    close(client);
  }

  const int listener_;
  RespEndpoint endpoint_;
  std::jthread thread_;
};

TEST(RespTlsTest, PutsRecordsTogetherThatArriveByteByByte) {
  const TestTlsFiles files;
  const TlsRedis redis(files);
  const ByteByByteRelay relay(redis.endpoint());
  const auto connection = ConnectTo(relay.endpoint(), files.ForClient());
  ASSERT_TRUE(connection.ok()) << connection.status();
  const std::string value(40'000, 'v');
  EXPECT_EQ(
      *(*connection)
           ->Call(std::array<std::string_view, 2>{"ECHO", value}, Later()),
      RespValue::String(value));
}

TEST(RespTlsTest, ANodeThatGoesAwayIsUnavailable) {
  const TestTlsFiles files;
  auto redis = std::make_unique<TlsRedis>(files);
  const auto connection = *ConnectTo(redis->endpoint(), files.ForClient());
  ASSERT_TRUE(connection->Call(kPing, Later()).ok());
  EXPECT_TRUE(connection->IsQuiet());
  redis.reset();
  EXPECT_FALSE(connection->IsQuiet());
  const absl::Status status = connection->Call(kPing, Later()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST(RespTlsTest, ANodeThatDoesNotSpeakTlsIsNamedAsThat) {
  const TestTlsFiles files;
  const FakeNode node(FakeScript().Send("-ERR Protocol error\r\n").Stall());
  EXPECT_THAT(PingFailure(node.endpoint(), files.ForClient()),
              HasSubstr("TLS handshake: it does not speak TLS"));
}

TEST(RespTlsTest, ANodeThatHangsUpInTheHandshakeIsUnavailable) {
  const TestTlsFiles files;
  const FakeNode node;
  EXPECT_THAT(PingFailure(node.endpoint(), files.ForClient()),
              AnyOf(HasSubstr("TLS handshake: the node closed"),
                    HasSubstr("TLS handshake: Connection reset")));
}

TEST(RespTlsTest, AHandshakeThatStallsEndsAtTheConnectDeadline) {
  const TestTlsFiles files;
  const FakeNode node(FakeScript().Stall());
  auto connection = RespConnection::Start(
      node.endpoint(), Soon(), {.tls = *TlsContext::Load(files.ForClient())});
  ASSERT_TRUE(connection.ok()) << connection.status();
  const absl::Status status = (*connection)->Call(kPing, Later()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("TLS handshake: it did not answer in time"));
  EXPECT_EQ((*connection)->sent_bytes(), 0u);
}

TEST(RespTlsTest, AHandshakeThatStallsHoldsUpNoOtherNode) {
  const TestTlsFiles files;
  const TlsRedis redis(files);
  const FakeNode stalling(FakeScript().Stall());
  const RespConnectOptions options = {.tls =
                                          *TlsContext::Load(files.ForClient())};
  const auto a = *RespConnection::Start(stalling.endpoint(), Later(), options);
  const auto b = *RespConnection::Start(redis.endpoint(), Later(), options);
  const std::array<RespConnection*, 2> connections = {a.get(), b.get()};
  for (RespConnection* connection : connections) connection->Send(kPing);
  while (!b->has_reply()) {
    const auto statuses = PollConnections(connections, Later());
    ASSERT_TRUE(statuses.ok()) << statuses.status();
    for (const absl::Status& status : *statuses) ASSERT_TRUE(status.ok());
  }
  EXPECT_FALSE(a->is_connected());
}

}  // namespace
}  // namespace slotplanner
