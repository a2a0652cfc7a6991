// SPDX-License-Identifier: Apache-2.0
#include "bench/load/lab.h"

#include <filesystem>
#include <utility>

#include <stdlib.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "bench/load/fail.h"
#include "bench/load/floor_server.h"

namespace slotplanner {
namespace {

constexpr int kListeners = 2;

std::string ThisProgram() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::string MakeFolder() {
  std::string name =
      (std::filesystem::temp_directory_path() / "server_load.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Fail("cannot make ", name);
  return name;
}

grpc::ByteBuffer ToByteBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

Lab::Lab(LabOptions options)
    : options_(std::move(options)), folder_(MakeFolder()) {}

Lab::~Lab() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<ServerProcess> Lab::Start(const ServerUnderTest& server) const {
  return Start(server, options_.server_cpus);
}

std::unique_ptr<ServerProcess> Lab::Start(const ServerUnderTest& server,
                                          const std::vector<int>& cpus) const {
  std::vector<std::string> command = server.command;
  command.push_back(absl::StrCat("--grpc_listen=127.0.0.1:0,", NewSocket()));
  command.push_back("--admin_listen=127.0.0.1:0");
  auto process = std::make_unique<ServerProcess>(command, kListeners, cpus);
  // A server listens before it has its topology.
  const ApiCall call = TopologyCall();
  Connections connections(process->addresses().front(), 1);
  const absl::Time give_up = absl::Now() + absl::Seconds(10);
  while (!TryCall(connections, Prepare(call)).has_value()) {
    if (absl::Now() > give_up) Fail(server.name, " has no topology");
    absl::SleepFor(absl::Milliseconds(10));
  }
  return process;
}

std::unique_ptr<ServerProcess> Lab::StartFloor(
    const FloorVariant& floor, const std::vector<int>& replies) const {
  return std::make_unique<ServerProcess>(
      std::vector<std::string>{
          ThisProgram(), "--floor",
          absl::StrCat("--floor_replies=", absl::StrJoin(replies, ",")),
          absl::StrCat("--floor_arguments=",
                       absl::StrJoin(floor.arguments, ",")),
          absl::StrCat("--floor_listen=127.0.0.1:0,", NewSocket())},
      kListeners, options_.server_cpus);
}

std::string Lab::NewSocket() const {
  return absl::StrCat("unix:", folder_, "/", sockets_++);
}

PreparedCall Prepare(const ApiCall& call) {
  return {call.method, ToByteBuffer(call.request)};
}

PreparedCall PrepareFloor(const std::string& request, int reply_bytes) {
  return {FloorMethod(reply_bytes), ToByteBuffer(request)};
}

int CheckCall(const ServerProcess& server, const ApiCall& call) {
  Connections connections(server.addresses().front(), 1);
  const std::optional<std::string> reply = TryCall(connections, Prepare(call));
  if (!reply.has_value() || !call.is_answer(*reply)) {
    Fail("no answer from ", call.method);
  }
  return static_cast<int>(reply->size());
}

}  // namespace slotplanner
