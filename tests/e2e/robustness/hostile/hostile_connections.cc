// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/robustness/hostile/hostile_connections.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <memory>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/time/clock.h"

namespace slotplanner::hostile {
namespace {

// Turns of the loop wait no longer than this, which is the pace of slow
// writers.
constexpr int kTurnMilliseconds = 1;

// A flood writes so often before others have their turn.
constexpr int kWritesAtOnce = 8;

// Of 127.0.0.0/8, beginning at 127.1.0.1.
constexpr uint32_t kFirstSource = 0x7F010001;
constexpr uint32_t kSources = 250;

sockaddr_in LoopbackAddress(uint32_t host, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

// Begins to connect. -1: the system has no socket for it.
int StartToConnect(uint32_t source, uint16_t port) {
  const int socket_fd =
      socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return -1;
  const int on = 1;
  // The port is chosen with the peer in mind, so that sources share ports.
  setsockopt(socket_fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  const sockaddr_in from = LoopbackAddress(source, 0);
  const sockaddr_in to = LoopbackAddress(INADDR_LOOPBACK, port);
  if (bind(socket_fd, reinterpret_cast<const sockaddr*>(&from), sizeof(from)) !=
          0 ||
      (connect(socket_fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) !=
           0 &&
       errno != EINPROGRESS)) {
    close(socket_fd);
    return -1;
  }
  return socket_fd;
}

// A connection and how far its script is.
class Connection {
 public:
  // `counts` must outlive this.
  Connection(int socket_fd, Script script, HostileCounts* counts)
      : socket_(socket_fd), script_(std::move(script)), counts_(counts) {}
  ~Connection() {
    if (script_.ending == Ending::kReset) {
      const linger at_once = {.l_onoff = 1, .l_linger = 0};
      setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  bool is_slow_writer() const { return script_.is_slow_writer; }
  bool has_ended() const { return has_ended_; }

  // The events that this waits for.
  uint32_t Events() const {
    uint32_t events = 0;
    if (script_.reads) events |= EPOLLIN;
    if (!is_connected_ || (!script_.is_slow_writer && HasMore())) {
      events |= EPOLLOUT;
    }
    return events;
  }

  void Take(uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !is_connected_ && !Connected()) return;
    if ((events & EPOLLIN) != 0) Receive();
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) ClosedByServer();
    if ((events & EPOLLOUT) == 0 || script_.is_slow_writer) return;
    for (int i = 0; i < kWritesAtOnce && Send(script_.bytes.size()); ++i) {
    }
  }

  // For slow writers: sends the next byte.
  void SendOneByte() {
    if (is_connected_) Send(1);
  }

 private:
  bool HasMore() const {
    return sent_ < script_.bytes.size() || script_.more != nullptr;
  }

  bool Connected() {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    is_connected_ = error == 0;
    if (error != 0) {
      ++counts_->not_connected;
      has_ended_ = true;
    }
    return is_connected_;
  }

  // Whether it makes sense to send more at once.
  bool Send(size_t at_most) {
    if (has_ended_) return false;
    if (sent_ == script_.bytes.size() && script_.more != nullptr) {
      script_.bytes = script_.more();
      sent_ = 0;
    }
    const size_t count = std::min(at_most, script_.bytes.size() - sent_);
    const ssize_t sent =
        count == 0
            ? 0
            : send(socket_, script_.bytes.data() + sent_, count, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) ClosedByServer();
      return false;
    }
    sent_ += static_cast<size_t>(sent);
    counts_->bytes_sent += sent;
    if (!HasMore() && script_.ending != Ending::kWait) has_ended_ = true;
    return HasMore();
  }

  void Receive() {
    static std::array<char, 65536> unread;
    const ssize_t received = recv(socket_, unread.data(), unread.size(), 0);
    if (received > 0) {
      counts_->bytes_received += received;
    } else if (received == 0 || errno != EAGAIN) {
      ClosedByServer();
    }
  }

  void ClosedByServer() {
    if (has_ended_) return;
    has_ended_ = true;
    ++counts_->closed_by_server;
  }

  const int socket_;
  Script script_;
  HostileCounts* const counts_;
  size_t sent_ = 0;
  bool is_connected_ = false;
  bool has_ended_ = false;
};

class Loop {
 public:
  explicit Loop(const HostileOptions& options)
      : options_(options),
        random_(options.seed),
        counts_(options.kinds.size()),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Loop() { close(epoll_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  std::vector<HostileCounts> Run() {
    while (begun_ < options_.connections || !open_.empty()) {
      while (begun_ < options_.connections && open_.size() < options_.at_once) {
        Begin();
      }
      TakeEvents();
      EndThoseThatAreOver();
    }
    return std::move(counts_);
  }

 private:
  struct Open {
    std::unique_ptr<Connection> connection;
    absl::Time end;
  };

  void Begin() {
    const size_t kind = begun_ % options_.kinds.size();
    const uint32_t source =
        kFirstSource + static_cast<uint32_t>(begun_) % kSources;
    ++begun_;
    ++counts_[kind].connections;
    Script script = options_.kinds[kind].make(random_);
    const int socket_fd = StartToConnect(source, options_.port);
    if (socket_fd < 0) {
      ++counts_[kind].not_connected;
      return;
    }
    auto connection = std::make_unique<Connection>(socket_fd, std::move(script),
                                                   &counts_[kind]);
    open_.push_back({std::move(connection), absl::Now() + options_.lifetime});
    Control(EPOLL_CTL_ADD, *open_.back().connection);
  }

  void Control(int operation, Connection& connection) const {
    epoll_event event = {};
    event.events = connection.Events();
    event.data.ptr = &connection;
    epoll_ctl(epoll_, operation, connection.socket(), &event);
  }

  void TakeEvents() {
    std::array<epoll_event, 256> events;
    const int count =
        epoll_wait(epoll_, events.data(), events.size(), kTurnMilliseconds);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      connection.Take(event.events);
      if (!connection.has_ended()) Control(EPOLL_CTL_MOD, connection);
    }
  }

  // Also gives slow writers their turn.
  void EndThoseThatAreOver() {
    const absl::Time now = absl::Now();
    std::erase_if(open_, [now](const Open& open) {
      if (open.connection->is_slow_writer()) open.connection->SendOneByte();
      return open.connection->has_ended() || open.end <= now;
    });
  }

  const HostileOptions& options_;
  Random random_;
  std::vector<HostileCounts> counts_;
  const int epoll_;
  size_t begun_ = 0;
  std::vector<Open> open_;
};

}  // namespace

std::vector<HostileCounts> RunHostileConnections(
    const HostileOptions& options) {
  return Loop(options).Run();
}

}  // namespace slotplanner::hostile
