// SPDX-License-Identifier: Apache-2.0
// A gRPC server behind our own listeners, and who calls it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <prometheus/registry.h>

#include "absl/status/statusor.h"
#include "server/connection_acceptor.h"
#include "server/listen_address.h"

namespace slotplanner {

// Answers every method with the identities of the caller, one a line, until
// destroyed. Not thread-safe.
class ListeningServer {
 public:
  struct Options {
    std::vector<std::string> addresses = {"127.0.0.1:0"};
    int max_connections = 100;
    std::shared_ptr<grpc::ServerCredentials> credentials =
        grpc::InsecureServerCredentials();
  };

  explicit ListeningServer(const Options& options);
  ~ListeningServer();
  ListeningServer(const ListeningServer&) = delete;
  ListeningServer& operator=(const ListeningServer&) = delete;

  // Where it listens, in the order of the options.
  const std::vector<ListenAddress>& addresses() const { return addresses_; }
  int port() const { return addresses_.front().port; }

  ConnectionAcceptor& acceptor() { return *acceptor_; }
  prometheus::Registry& metrics() { return metrics_; }

 private:
  prometheus::Registry metrics_;
  std::unique_ptr<grpc::CallbackGenericService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<ListenAddress> addresses_;
  std::unique_ptr<ConnectionAcceptor> acceptor_;
};

// A channel that shares its connection with no other.
std::shared_ptr<grpc::Channel> MakeTestChannel(
    const std::string& target,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials =
        grpc::InsecureChannelCredentials());

// What a `ListeningServer` answers over `channel`; fails as the call does.
absl::StatusOr<std::string> CallOver(
    const std::shared_ptr<grpc::Channel>& channel);

// The value of a counter or a gauge, by its name and, if it has one, its
// label's value; -1 if there is none.
double MetricValue(const prometheus::Registry& metrics, const std::string& name,
                   const std::string& label_value = "");

}  // namespace slotplanner
