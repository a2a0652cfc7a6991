// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"

namespace slotplanner {

// Some nodes on loopback ports of the system's choice. Each answers requests
// from a table, for as long and as often as it is asked; what a node says may
// change at any time. One thread serves them all. Thread-safe.
class FakeCluster {
 public:
  // Replies as bytes, by request, its arguments with spaces between: `CLUSTER
  // SHARDS`. Requests that are not in it are answered by an error.
  using Answers = std::map<std::string, std::string>;

  // All hang up on everybody at first.
  explicit FakeCluster(size_t node_count);
  ~FakeCluster();
  FakeCluster(const FakeCluster&) = delete;
  FakeCluster& operator=(const FakeCluster&) = delete;

  RespEndpoint endpoint(size_t node) const { return nodes_[node].endpoint; }

  // Node `node` answers so from the next request on.
  void Answer(size_t node, Answers answers);

  // It hangs up on new clients, and on old ones at their next request.
  void HangUp(size_t node);

  // Returns when exactly so many clients are connected.
  void WaitForClients(size_t count);

 private:
  struct ListeningNode {
    int listener = -1;
    RespEndpoint endpoint;
    bool is_up = false;  // Guarded by mutex_, as all below.
    Answers answers = {};
  };
  struct Client {
    int fd;
    size_t node;
    std::unique_ptr<RespParser> parser;
  };

  void Run(const std::stop_token& stop);
  void Accept(size_t node);
  // Answers what the client has sent. False when it, or the node, hangs up.
  bool Serve(const Client& client);
  // What the node answers; nothing when it hangs up.
  std::optional<std::string> AnswerOf(size_t node, const std::string& request);
  // To be called whenever `clients_` has changed.
  void CountClients();

  std::mutex mutex_;
  std::condition_variable clients_changed_;
  std::vector<ListeningNode> nodes_;
  size_t client_count_ = 0;      // Guarded by mutex_.
  std::vector<Client> clients_;  // Used by the thread only.
  std::jthread thread_;
};

}  // namespace slotplanner
