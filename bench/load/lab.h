// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/load_loop.h"
#include "bench/load/requests.h"
#include "bench/load/server_process.h"

namespace slotplanner {

// A server to be measured: a name, the program and its flags.
struct ServerUnderTest {
  std::string name;
  std::vector<std::string> command;
};

// A floor server, with channel arguments NAME=INTEGER beyond its own.
struct FloorVariant {
  std::string name;
  std::vector<std::string> arguments = {};
};

// What takes part in every scenario, and for how long.
struct LabOptions {
  std::vector<ServerUnderTest> servers;
  std::vector<FloorVariant> floors;
  std::vector<int> server_cpus;  // Empty: all.
  int rounds = 15;
  absl::Duration round = absl::Milliseconds(150);
};

// Starts the servers that the scenarios ask for. Each listens on TCP, which is
// its first address, and on a Unix-domain socket, its second.
class Lab {
 public:
  explicit Lab(LabOptions options);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  const LabOptions& options() const { return options_; }

  // A server that has its topology.
  std::unique_ptr<ServerProcess> Start(const ServerUnderTest& server) const;
  std::unique_ptr<ServerProcess> Start(const ServerUnderTest& server,
                                       const std::vector<int>& cpus) const;

  // A floor server that can answer with each of these numbers of bytes.
  std::unique_ptr<ServerProcess> StartFloor(
      const FloorVariant& floor, const std::vector<int>& replies) const;

 private:
  // A Unix-domain socket that no other server has.
  std::string NewSocket() const;

  const LabOptions options_;
  std::string folder_;  // Of the sockets.
  mutable int sockets_ = 0;
};

// The call with the bytes as gRPC takes them.
PreparedCall Prepare(const ApiCall& call);

// A call of a floor server with these bytes, answered by so many.
PreparedCall PrepareFloor(const std::string& request, int reply_bytes);

// Makes a call once and returns the size of its reply; ends the program when
// that is no answer.
int CheckCall(const ServerProcess& server, const ApiCall& call);

}  // namespace slotplanner
