// SPDX-License-Identifier: Apache-2.0
// A node that is out to harm, beside a good one: the cluster is read all the
// same, in bounded time and memory, and the node is a problem of its own.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/topology/redis_source.h"
#include "tests/support/cluster_replies.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

// False when the peer has gone.
bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// Whether the peer is still there after `delay`, whatever it sent meanwhile.
bool IsThereAfter(int fd, absl::Duration delay) {
  char buffer[4096];
  const absl::Time end = absl::Now() + delay;
  while (absl::Now() < end) {
    pollfd readable = {.fd = fd, .events = POLLIN, .revents = 0};
    const auto left = absl::ToInt64Milliseconds(end - absl::Now());
    if (poll(&readable, 1, static_cast<int>(left) + 1) > 0 &&
        recv(fd, buffer, sizeof(buffer), 0) <= 0) {
      return false;
    }
  }
  return true;
}

// Does to each client that connects what the test says.
class HostileNode {
 public:
  using Deed = std::function<void(int fd, const std::stop_token& stop)>;

  explicit HostileNode(Deed deed) : deed_(std::move(deed)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, any, size), 0);
    EXPECT_EQ(getsockname(listener_, any, &size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    endpoint_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        deed_(fd, stop);
        close(fd);
      }
    });
  }
  ~HostileNode() {
    thread_.request_stop();
    shutdown(listener_, SHUT_RDWR);  // Wakes `accept4`.
    thread_.join();
    close(listener_);
  }
  HostileNode(const HostileNode&) = delete;
  HostileNode& operator=(const HostileNode&) = delete;

  const RespEndpoint& endpoint() const { return endpoint_; }

 private:
  const Deed deed_;
  int listener_ = -1;
  RespEndpoint endpoint_;
  std::jthread thread_;
};

// What may be held at a time for one node: a reply at its limit of 16 MiB in
// the parser's buffer, which grows by doubling, and as values (36 MB).
constexpr size_t kMaxHeapBytes = size_t{100} << 20;

// The greatest heap of the thread that makes it, which must be the main one,
// since then. (The malloc of a sanitizer shows none.)
class PeakHeap {
 public:
  size_t Stop() {
    thread_.request_stop();
    thread_.join();
    return peak_ - begin_;
  }

 private:
  static size_t HeapBytes() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }

  const size_t begin_ = HeapBytes();
  size_t peak_ = begin_;
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      peak_ = std::max(peak_, HeapBytes());
      std::this_thread::yield();
    }
  }};
};

class HostileNodeTest : public testing::Test {
 protected:
  // Reads a cluster with a good node and one that does `deed`, and checks what
  // must hold whatever it is. The message of the problem.
  std::string ProblemWith(HostileNode::Deed deed) {
    const HostileNode hostile(std::move(deed));
    FakeNode good;
    good.Play(FakeScript()
                  .Expect({"CLUSTER", "SHARDS"})
                  .Send(OneShardReply(good.endpoint()))
                  .Expect({"CLUSTER", "NODES"})
                  .Send(OneNodeReply())
                  .Expect({"COMMAND"})
                  .Send(CommandReply()));
    RedisSource source({.seeds = {hostile.endpoint(), good.endpoint()},
                        .user = "",
                        .password = "",
                        .tls = false});
    PeakHeap heap;
    const absl::Time begin = absl::Now();
    const auto reading = source.Read(begin + absl::Minutes(2));
    // A second behind the first view, and much for a busy machine.
    EXPECT_LT(absl::Now() - begin, absl::Minutes(1));
    EXPECT_LT(heap.Stop(), kMaxHeapBytes);
    if (!reading.ok()) {
      return absl::StrCat("fails: ", reading.status().message());
    }
    EXPECT_EQ(reading->topology->shards()[0].primary.port,
              good.endpoint().port);
    EXPECT_EQ(reading->problems.size(), 1u);
    if (reading->problems.empty()) return "none";
    EXPECT_EQ(reading->problems[0].node, hostile.endpoint());
    return std::string(reading->problems[0].status.message());
  }
};

TEST_F(HostileNodeTest, ClosesItsHalfOfTheConnection) {
  EXPECT_THAT(ProblemWith([](int fd, const std::stop_token&) {
                shutdown(fd, SHUT_WR);
                while (IsThereAfter(fd, absl::Seconds(1))) continue;
              }),
              testing::HasSubstr("closed the connection"));
}

TEST_F(HostileNodeTest, ClosesTheOtherHalfAndSaysNothing) {
  EXPECT_THAT(
      ProblemWith([](int fd, const std::stop_token& stop) {
        shutdown(fd, SHUT_RD);
        pollfd gone = {.fd = fd, .events = POLLRDHUP, .revents = 0};
        while (!stop.stop_requested() && (gone.revents & POLLHUP) == 0) {
          poll(&gone, 1, /*timeout=*/100);
        }
      }),
      testing::HasSubstr("127.0.0.1"));
}

TEST_F(HostileNodeTest, SendsAByteASecond) {
  EXPECT_THAT(ProblemWith([](int fd, const std::stop_token&) {
                const std::string reply = "*1000000\r\n";
                for (const char byte : reply) {
                  if (!SendAll(fd, {&byte, 1})) return;
                  if (!IsThereAfter(fd, absl::Seconds(1))) return;
                }
              }),
              testing::HasSubstr("in time"));
}

TEST_F(HostileNodeTest, NeverStopsSending) {
  EXPECT_THAT(ProblemWith([](int fd, const std::stop_token&) {
                if (!SendAll(fd, "$10737418240\r\n")) return;
                const std::string chunk(1 << 16, 'x');
                while (SendAll(fd, chunk)) continue;
              }),
              testing::HasSubstr("127.0.0.1"));
}

TEST_F(HostileNodeTest, ListsNodesWithoutEnd) {
  EXPECT_THAT(ProblemWith([](int fd, const std::stop_token&) {
                if (!SendAll(fd, "*400000\r\n")) return;
                const std::string shard = ToWire(ShardReply({}, {}));
                while (SendAll(fd, shard)) continue;
              }),
              testing::HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace slotplanner
