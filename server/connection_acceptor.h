// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/server_builder.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "absl/status/statusor.h"
#include "server/listening_socket.h"
#include "service/base/file_descriptor.h"

namespace slotplanner {

// A socket, and what the connections from it go to.
struct GrpcListener {
  std::unique_ptr<ListeningSocket> socket;
  // From `ServerBuilder::experimental().AddExternalConnectionAcceptor`.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc_acceptor;
};

// Accepts the connections of all listeners on one thread and hands them to
// gRPC, up to a number that are open at a time; more are closed at once. When
// the system has no room for another one, those that wait are closed if that is
// possible, and it goes on as soon as there is room. Thread-safe.
class ConnectionAcceptor {
 public:
  // Accepts at once. `metrics` lives longer. Requires: the gRPC server of the
  // listeners has been started, and `Stop` is called before its `Shutdown`;
  // `max_connections` is positive. RESOURCE_EXHAUSTED when the system lacks
  // what the thread waits with.
  static absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> Start(
      std::vector<GrpcListener> listeners, int max_connections,
      prometheus::Registry& metrics);

  // As `Stop`.
  ~ConnectionAcceptor();
  ConnectionAcceptor(const ConnectionAcceptor&) = delete;
  ConnectionAcceptor& operator=(const ConnectionAcceptor&) = delete;

  // Accepts no more and closes the listeners; what is open stays open. Calls
  // after the first do nothing.
  void Stop();

  // Ends the connection whose peer is `peer`, as gRPC names it, soon. Nothing
  // happens for Unix-domain sockets, whose peers have no names, nor after
  // `Stop`. Does not wait.
  void EndFlooding(const std::string& peer);

  // How many connections may be open from now on. Those beyond a lower number
  // stay open. Requires: `max_connections` is positive.
  void SetMaxConnections(int max_connections);

 private:
  class Loop;

  explicit ConnectionAcceptor(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace slotplanner
