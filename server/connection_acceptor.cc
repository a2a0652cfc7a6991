// SPDX-License-Identifier: Apache-2.0
#include "server/connection_acceptor.h"

#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/open_connections.h"
#include "service/resp/socket_io.h"

namespace slotplanner {
namespace {

using Clock = std::chrono::steady_clock;

// How many connections one listener may have accepted before the others have
// their turn, and how many are closed at once when there is no room.
constexpr int kMaxAcceptedPerTurn = 64;
constexpr int kMaxClosedPerTurn = 1024;

// How long to let the system be when it has no room.
constexpr std::chrono::milliseconds kBackoff(100);

// At the limit, open connections are counted again only after this many times
// the time that counting took: a flood of refused ones costs a tenth of a
// processor at most for that. 10,000 took 10 to 30 ms on a busy machine.
constexpr int kRestPerSweep = 9;

// The log says that connections are refused no more often than this.
constexpr std::chrono::minutes kMinLogInterval(1);

// A peer that is gone is noticed this long after something was sent to it, or
// by probes that begin after kKeepaliveIdle of silence. gRPC's own pings
// (MakeServerBuilder) do as much once HTTP/2 is spoken; this also covers the
// TLS handshake.
constexpr std::chrono::milliseconds kUserTimeout(20'000);
constexpr std::chrono::seconds kKeepaliveIdle(60);
constexpr std::chrono::seconds kKeepaliveInterval(10);

void SetOption(int descriptor, int level, int name, int value) {
  // Fails for Unix-domain sockets, which need none of them.
  setsockopt(descriptor, level, name, &value, sizeof value);
}

void SetConnectionOptions(int connection) {
  SetOption(connection, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(connection, IPPROTO_TCP, TCP_KEEPIDLE,
            static_cast<int>(kKeepaliveIdle.count()));
  SetOption(connection, IPPROTO_TCP, TCP_KEEPINTVL,
            static_cast<int>(kKeepaliveInterval.count()));
  SetOption(connection, IPPROTO_TCP, TCP_USER_TIMEOUT,
            static_cast<int>(kUserTimeout.count()));
}

// The connection that has waited longest; -1 and errno if there is none.
int Accept(int listening_descriptor) {
  return accept4(listening_descriptor, nullptr, nullptr,
                 SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// Whether `error` of accept4 says no more than that one connection came to
// nothing. From accept(2), "Error handling".
bool IsOfOneConnection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:  // A firewall's verdict.
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

pollfd ToRead(const FileDescriptor& descriptor) {
  return {.fd = descriptor.value(), .events = POLLIN, .revents = 0};
}

FileDescriptor OpenSpare() {
  return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

prometheus::Counter& RefusedCounter(prometheus::Registry& registry,
                                    const std::string& reason) {
  return prometheus::BuildCounter()
      .Name("slotplanner_refused_connections_total")
      .Help("Connections that were closed at once, by reason.")
      .Register(registry)
      .Add({{"reason", reason}});
}

// Logs when connections begin to be refused, and when they are accepted again,
// seldom enough for a log. Used by one thread.
class RefusalLog {
 public:
  void OnRefused(std::string_view reason, std::string_view message) {
    if (is_refusing_) return;
    is_refusing_ = true;
    const Clock::time_point now = Clock::now();
    if (has_logged_ && now - log_time_ < kMinLogInterval) return;
    log_time_ = now;
    has_logged_ = is_said_ = true;
    Log(LogLevel::kWarning, "connections_refused",
        {{"reason", reason}, {"message", message}});
  }

  void OnAccepted() {
    is_refusing_ = false;
    if (!is_said_) return;
    is_said_ = false;
    Log(LogLevel::kInfo, "connections_accepted_again");
  }

 private:
  bool is_refusing_ = false;
  bool is_said_ = false;     // The log's last word is that they are refused.
  bool has_logged_ = false;  // Ever.
  Clock::time_point log_time_;
};

}  // namespace

// What the thread works on.
class ConnectionAcceptor::Loop {
 public:
  Loop(std::vector<GrpcListener> listeners, int max_connections,
       FileDescriptor wake, prometheus::Registry& metrics)
      : listeners_(std::move(listeners)),
        max_connections_(max_connections),
        wake_(std::move(wake)),
        metrics_(metrics),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Stop() {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    listeners_.clear();
  }

  void EndFlooding(const std::string& peer) {
    {
      const std::lock_guard lock(flooding_mutex_);
      flooding_.push_back(peer);
    }
    WakeUp();
  }

  void SetMaxConnections(int max_connections) {
    max_connections_.store(max_connections, std::memory_order_relaxed);
  }

 private:
  struct Metrics {
    explicit Metrics(prometheus::Registry& registry)
        : accepted(prometheus::BuildCounter()
                       .Name("slotplanner_accepted_connections_total")
                       .Help("Connections that were accepted.")
                       .Register(registry)
                       .Add({})),
          ended_for_flood(prometheus::BuildCounter()
                              .Name("slotplanner_ended_connections_total")
                              .Help("Connections that were ended for what "
                                    "their peers did, by reason.")
                              .Register(registry)
                              .Add({{"reason", "flood"}})),
          refused_by_limit(RefusedCounter(registry, "connection_limit")),
          refused_by_system(RefusedCounter(registry, "system")) {}

    prometheus::Counter& accepted;
    prometheus::Counter& ended_for_flood;
    prometheus::Counter& refused_by_limit;
    prometheus::Counter& refused_by_system;
  };

  void WakeUp() const {
    const uint64_t one = 1;
    // Cannot fail: the counter is nowhere near its end.
    [[maybe_unused]] const ssize_t written =
        write(wake_.value(), &one, sizeof one);
  }

  void Run(const std::stop_token& stop) {
    const std::stop_callback wake_up(stop, [this] { WakeUp(); });
    std::vector<pollfd> polls = {ToRead(wake_)};
    std::vector<const GrpcListener*> owners = {nullptr};  // Beside `polls`.
    for (const GrpcListener& listener : listeners_) {
      for (const FileDescriptor& descriptor : listener.socket->descriptors()) {
        polls.push_back(ToRead(descriptor));
        owners.push_back(&listener);
      }
    }
    while (!stop.stop_requested()) {
      // Fails for want of memory; then nothing is ready.
      for (pollfd& entry : polls) entry.revents = 0;
      bool has_room =
          poll(polls.data(), polls.size(), -1) >= 0 || errno == EINTR;
      if (polls[0].revents != 0) EndThoseThatFlood();
      for (size_t i = 1; i < polls.size(); ++i) {
        if (polls[i].revents == 0) continue;
        has_room &= AcceptWaiting(polls[i].fd, *owners[i]->grpc_acceptor);
      }
      if (!has_room) std::this_thread::sleep_for(kBackoff);
    }
  }

  void EndThoseThatFlood() {
    uint64_t unused = 0;
    [[maybe_unused]] const ssize_t count =
        read(wake_.value(), &unused, sizeof unused);
    std::vector<std::string> flooding;
    {
      const std::lock_guard lock(flooding_mutex_);
      flooding.swap(flooding_);
    }
    for (const std::string& peer : flooding) {
      if (!open_.End(peer)) continue;
      metrics_.ended_for_flood.Increment();
      Log(LogLevel::kWarning, "connection_ended",
          {{"reason", "flood"},
           {"peer", peer},
           {"message",
            "It began thousands of calls within a second that were not "
            "answered, most likely because it reset them."}});
    }
  }

  // False if the system has no room for more.
  bool AcceptWaiting(int listening_descriptor,
                     grpc::experimental::ExternalConnectionAcceptor& grpc) {
    if (!spare_.is_open()) spare_ = OpenSpare();
    for (int i = 0; i < kMaxAcceptedPerTurn; ++i) {
      const int connection = Accept(listening_descriptor);
      if (connection >= 0) {
        Take(listening_descriptor, connection, grpc);
        continue;
      }
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK) return true;
      if (IsOfOneConnection(error)) continue;
      CloseWaiting(listening_descriptor);
      refusal_log_.OnRefused("system", ErrorText(error));
      return false;
    }
    return true;
  }

  void Take(int listening_descriptor, int connection,
            grpc::experimental::ExternalConnectionAcceptor& grpc) {
    open_.Add(connection);
    if (IsOverLimit()) {
      // Counted before the client can know.
      metrics_.refused_by_limit.Increment();
      open_.Remove(connection);
      close(connection);
      refusal_log_.OnRefused("connection_limit",
                             "As many connections as limits.max_connections "
                             "allows are open; raise it or add a replica.");
      return;
    }
    metrics_.accepted.Increment();
    refusal_log_.OnAccepted();
    SetConnectionOptions(connection);
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        parameters;
    parameters.listener_fd = listening_descriptor;
    parameters.fd = connection;
    grpc.HandleNewConnection(&parameters);
  }

  bool IsOverLimit() {
    const auto limit =
        static_cast<size_t>(max_connections_.load(std::memory_order_relaxed));
    if (open_.count() <= limit) return false;
    const Clock::time_point now = Clock::now();
    if (now >= next_sweep_time_) {
      open_.Sweep();
      const Clock::time_point end = Clock::now();
      next_sweep_time_ = end + kRestPerSweep * (end - now);
    }
    return open_.count() > limit;
  }

  // Gives the spare descriptor to those who wait, one after the other, so that
  // they learn at once that they are not served.
  void CloseWaiting(int listening_descriptor) {
    spare_ = FileDescriptor();
    int closed = 0;
    for (; closed < kMaxClosedPerTurn; ++closed) {
      const FileDescriptor connection(Accept(listening_descriptor));
      if (!connection.is_open()) break;
      metrics_.refused_by_system.Increment();
    }
    spare_ = OpenSpare();
    // Somebody else may have been faster to take the descriptor; that a
    // connection could not be accepted is to show all the same.
    if (closed == 0) metrics_.refused_by_system.Increment();
  }

  std::vector<GrpcListener> listeners_;
  std::atomic<int> max_connections_;
  const FileDescriptor
      wake_;  // An eventfd; readable when the thread has something to do.
  Metrics metrics_;
  std::mutex flooding_mutex_;
  std::vector<std::string> flooding_;  // Guarded by flooding_mutex_.

  // All below is the thread's.
  FileDescriptor spare_ = OpenSpare();
  OpenConnections open_;
  Clock::time_point next_sweep_time_;
  RefusalLog refusal_log_;

  std::mutex stop_mutex_;  // Held to end the thread.
  std::jthread thread_;    // Last: uses all of the above.
};

absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> ConnectionAcceptor::Start(
    std::vector<GrpcListener> listeners, int max_connections,
    prometheus::Registry& metrics) {
  assert(max_connections > 0);
  FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return absl::ResourceExhaustedError(ErrorText(errno));
  return std::unique_ptr<ConnectionAcceptor>(
      new ConnectionAcceptor(std::make_unique<Loop>(
          std::move(listeners), max_connections, std::move(wake), metrics)));
}

ConnectionAcceptor::ConnectionAcceptor(std::unique_ptr<Loop> loop)
    : loop_(std::move(loop)) {}

ConnectionAcceptor::~ConnectionAcceptor() { Stop(); }

void ConnectionAcceptor::Stop() { loop_->Stop(); }

void ConnectionAcceptor::EndFlooding(const std::string& peer) {
  loop_->EndFlooding(peer);
}

void ConnectionAcceptor::SetMaxConnections(int max_connections) {
  assert(max_connections > 0);
  loop_->SetMaxConnections(max_connections);
}

}  // namespace slotplanner
