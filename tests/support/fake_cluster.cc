// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_cluster.h"

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
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
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

std::string Join(const RespValue& request) {
  std::string text;
  for (const RespValue& arg : request.elements) {
    absl::StrAppend(&text, text.empty() ? "" : " ", arg.text);
  }
  return text;
}

// Blocks when a client does not read, which those of this fake do. False when
// it hung up.
bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

FakeCluster::FakeCluster(size_t node_count) : nodes_(node_count) {
  for (ListeningNode& node : nodes_) {
    node.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any_address = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(node.listener, any_address, size), 0);
    EXPECT_EQ(getsockname(node.listener, any_address, &size), 0);
    EXPECT_EQ(listen(node.listener, SOMAXCONN), 0);
    node.endpoint = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FakeCluster::~FakeCluster() {
  thread_.request_stop();
  // Wakes the thread's `poll`.
  for (const ListeningNode& node : nodes_) shutdown(node.listener, SHUT_RDWR);
  thread_.join();
  for (const ListeningNode& node : nodes_) close(node.listener);
}

void FakeCluster::Answer(size_t node, Answers answers) {
  const std::lock_guard lock(mutex_);
  nodes_[node].is_up = true;
  nodes_[node].answers = std::move(answers);
}

void FakeCluster::HangUp(size_t node) {
  const std::lock_guard lock(mutex_);
  nodes_[node].is_up = false;
}

void FakeCluster::WaitForClients(size_t count) {
  std::unique_lock lock(mutex_);
  clients_changed_.wait(lock, [&] { return client_count_ == count; });
}

void FakeCluster::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled;
    for (const ListeningNode& node : nodes_) {
      polled.push_back({.fd = node.listener, .events = POLLIN, .revents = 0});
    }
    for (const Client& client : clients_) {
      polled.push_back({.fd = client.fd, .events = POLLIN, .revents = 0});
    }
    poll(polled.data(), polled.size(), /*timeout=*/-1);
    std::vector<Client> kept;
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (polled[nodes_.size() + i].revents == 0 || Serve(clients_[i])) {
        kept.push_back(std::move(clients_[i]));
      } else {
        close(clients_[i].fd);
      }
    }
    clients_ = std::move(kept);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if ((polled[i].revents & POLLIN) != 0) Accept(i);
    }
    CountClients();
  }
  for (const Client& client : clients_) close(client.fd);
}

void FakeCluster::Accept(size_t node) {
  const int fd = accept4(nodes_[node].listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  bool is_up = false;
  {
    const std::lock_guard lock(mutex_);
    is_up = nodes_[node].is_up;
  }
  if (!is_up) {
    close(fd);
    return;
  }
  // Answers to pipelined requests go out without waiting for each other.
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  clients_.push_back({.fd = fd,
                      .node = node,
                      .parser = std::make_unique<RespParser>(RespLimits{})});
}

bool FakeCluster::Serve(const Client& client) {
  std::array<char, 4096> buffer;
  const ssize_t count = recv(client.fd, buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  client.parser->Feed({buffer.data(), static_cast<size_t>(count)});
  while (true) {
    const absl::StatusOr<std::optional<RespValue>> request =
        client.parser->Next();
    if (!request.ok()) return false;
    if (!request->has_value()) return true;
    const std::optional<std::string> answer =
        AnswerOf(client.node, Join(**request));
    if (!answer.has_value() || !WriteAll(client.fd, *answer)) return false;
  }
}

std::optional<std::string> FakeCluster::AnswerOf(size_t node,
                                                 const std::string& request) {
  const std::lock_guard lock(mutex_);
  if (!nodes_[node].is_up) return std::nullopt;
  const Answers& answers = nodes_[node].answers;
  const auto found = answers.find(request);
  return found != answers.end() ? found->second : "-ERR unknown command\r\n";
}

void FakeCluster::CountClients() {
  const std::lock_guard lock(mutex_);
  if (client_count_ == clients_.size()) return;
  client_count_ = clients_.size();
  clients_changed_.notify_all();
}

}  // namespace slotplanner
