// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_node.h"

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_reply.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

// A socket bound to a free loopback port, and that port.
std::pair<int, RespEndpoint> Bind() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return {fd, {.host = "127.0.0.1", .port = ntohs(address.sin_port)}};
}

// Nothing when the client hung up first.
std::optional<RespValue> ReadRequest(int fd, RespParser& parser) {
  std::array<char, 4096> buffer;
  while (true) {
    absl::StatusOr<std::optional<RespValue>> request = parser.Next();
    if (!request.ok()) return std::nullopt;
    if (request->has_value()) return **std::move(request);
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) return std::nullopt;
    parser.Feed({buffer.data(), static_cast<size_t>(count)});
  }
}

// False when the client hung up.
bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool WriteByteByByte(int fd, std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!WriteAll(fd, bytes.substr(i, 1))) return false;
  }
  return true;
}

void WaitForHangUp(int fd) {
  char ignored;
  while (recv(fd, &ignored, 1, 0) > 0) {
  }
}

}  // namespace

std::string ToWire(const RespValue& value) {
  std::string wire;
  AppendReply(value, wire);
  return wire;
}

FakeScript& FakeScript::Expect(std::vector<std::string> args) {
  steps_.push_back({.kind = Step::Kind::kExpect, .args = std::move(args)});
  return *this;
}

FakeScript& FakeScript::Send(std::string bytes) {
  steps_.push_back({.kind = Step::Kind::kSend, .bytes = std::move(bytes)});
  return *this;
}

FakeScript& FakeScript::SendByteByByte(std::string bytes) {
  steps_.push_back(
      {.kind = Step::Kind::kSendByteByByte, .bytes = std::move(bytes)});
  return *this;
}

FakeScript& FakeScript::Stall() {
  steps_.push_back({.kind = Step::Kind::kStall});
  return *this;
}

FakeNode::FakeNode(FakeScript script) : script_(std::move(script)) {
  std::tie(listener_, endpoint_) = Bind();
  EXPECT_EQ(listen(listener_, SOMAXCONN), 0);
  acceptor_ = std::jthread([this] { Accept(); });
}

FakeNode::~FakeNode() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  clients_.clear();  // Nobody adds to it any more; joins.
  close(listener_);
  for (const std::string& request : unexpected_) {
    ADD_FAILURE() << "fake node " << ToString(endpoint_) << ": " << request;
  }
}

void FakeNode::Play(FakeScript script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

int FakeNode::connection_count() const {
  const std::lock_guard lock(mutex_);
  return connection_count_;
}

void FakeNode::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    ++connection_count_;
    open_.insert(fd);
    clients_.emplace_back([this, fd, script = script_] { Serve(fd, script); });
  }
}

void FakeNode::Serve(int fd, const FakeScript& script) {
  RespParser parser(RespLimits{});
  bool is_connected = true;
  for (const FakeScript::Step& step : script.steps_) {
    if (!is_connected) break;
    switch (step.kind) {
      case FakeScript::Step::Kind::kExpect:
        is_connected = Expect(fd, parser, step.args);
        break;
      case FakeScript::Step::Kind::kSend:
        is_connected = WriteAll(fd, step.bytes);
        break;
      case FakeScript::Step::Kind::kSendByteByByte:
        is_connected = WriteByteByByte(fd, step.bytes);
        break;
      case FakeScript::Step::Kind::kStall:
        WaitForHangUp(fd);
        is_connected = false;
        break;
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  close(fd);
}

bool FakeNode::Expect(int fd, RespParser& parser,
                      const std::vector<std::string>& args) {
  const std::optional<RespValue> request = ReadRequest(fd, parser);
  if (!request.has_value()) return false;
  std::vector<std::string> got;
  for (const RespValue& arg : request->elements) got.push_back(arg.text);
  if (got == args) return true;
  const std::lock_guard lock(mutex_);
  unexpected_.push_back(absl::StrCat("expected ", absl::StrJoin(args, " "),
                                     ", got ", absl::StrJoin(got, " ")));
  return false;
}

RefusingNode::RefusingNode() { std::tie(socket_, endpoint_) = Bind(); }

RefusingNode::~RefusingNode() { close(socket_); }

SwallowingNode::SwallowingNode() {
  std::tie(listener_, endpoint_) = Bind();
  EXPECT_EQ(listen(listener_, /*backlog=*/0), 0);
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  EXPECT_EQ(
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  // The queue is full when an attempt is still open after what a loopback
  // connection never takes.
  bool is_full = false;
  while (!is_full) {
    const int fd =
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    queued_.push_back(fd);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) continue;
    pollfd connected = {.fd = fd, .events = POLLOUT, .revents = 0};
    is_full = poll(&connected, 1, /*timeout=*/100) == 0;
  }
}

SwallowingNode::~SwallowingNode() {
  for (const int fd : queued_) close(fd);
  close(listener_);
}

void SwallowingNode::Refuse() { shutdown(listener_, SHUT_RDWR); }

}  // namespace slotplanner
