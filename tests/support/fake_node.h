// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// `value` as it goes over the wire.
std::string ToWire(const RespValue& value);

// What a fake node does on one connection, step by step; behind the last step
// it hangs up. A plain value.
class FakeScript {
 public:
  // Reads one request. Another one than `args` fails the test and ends the
  // script; no request, because the client hung up, only ends it.
  FakeScript& Expect(std::vector<std::string> args);
  // Writes bytes as they are: whole, or each in a packet of its own.
  FakeScript& Send(std::string bytes);
  FakeScript& SendByteByByte(std::string bytes);
  FakeScript& Send(const RespValue& reply) { return Send(ToWire(reply)); }
  // Does nothing until the client hangs up.
  FakeScript& Stall();

 private:
  friend class FakeNode;

  struct Step {
    enum class Kind { kExpect, kSend, kSendByteByByte, kStall };
    Kind kind;
    std::vector<std::string> args = {};
    std::string bytes = {};
  };
  std::vector<Step> steps_;
};

// A server on a loopback port of the system's choice that plays a script to
// every client, each in a thread of its own. The destructor cuts all
// connections and reports requests that were not expected as test failures.
// Thread-safe.
class FakeNode {
 public:
  explicit FakeNode(FakeScript script = {});
  ~FakeNode();
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  RespEndpoint endpoint() const { return endpoint_; }

  // Plays `script` to clients that connect from now on.
  void Play(FakeScript script);

  // How many clients have connected so far.
  int connection_count() const;

 private:
  void Accept();
  void Serve(int fd, const FakeScript& script);
  bool Expect(int fd, RespParser& parser, const std::vector<std::string>& args);

  int listener_ = -1;
  RespEndpoint endpoint_;
  mutable std::mutex mutex_;
  FakeScript script_;  // Guarded by mutex_, as all below.
  int connection_count_ = 0;
  std::set<int> open_;                   // Sockets of clients.
  std::vector<std::string> unexpected_;  // What to report.
  std::vector<std::jthread> clients_;
  std::jthread acceptor_;  // Not guarded; last, for it uses all the rest.
};

// A loopback port where nobody listens for as long as this lives: connections
// are refused.
class RefusingNode {
 public:
  RefusingNode();
  ~RefusingNode();
  RefusingNode(const RefusingNode&) = delete;
  RefusingNode& operator=(const RefusingNode&) = delete;

  RespEndpoint endpoint() const { return endpoint_; }

 private:
  int socket_ = -1;
  RespEndpoint endpoint_;
};

// A loopback port whose connection attempts get no answer: it listens, but
// nobody accepts, and no more fit into its queue.
class SwallowingNode {
 public:
  SwallowingNode();
  ~SwallowingNode();
  SwallowingNode(const SwallowingNode&) = delete;
  SwallowingNode& operator=(const SwallowingNode&) = delete;

  RespEndpoint endpoint() const { return endpoint_; }

  // Refuses connections from now on; those under way learn it when the kernel
  // tries them again, after 1 s at first. May be called from another thread.
  void Refuse();

 private:
  int listener_ = -1;
  std::vector<int> queued_;  // Sockets that fill the queue.
  RespEndpoint endpoint_;
};

}  // namespace slotplanner
