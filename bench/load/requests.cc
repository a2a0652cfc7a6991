// SPDX-License-Identifier: Apache-2.0
#include "bench/load/requests.h"

#include <algorithm>
#include <cstddef>
#include <random>

#include "slotplanner/v1/topology_service.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace slotplanner {
namespace {

constexpr char kSlotPlannerService[] = "/slotplanner.v1.SlotPlannerService/";
constexpr int kKeyBytes = 20;

// Random keys of one length, the same ones in every run.
class KeySource {
 public:
  // Requires: at least 16.
  explicit KeySource(int key_bytes)
      : padding_(static_cast<size_t>(key_bytes) - 16, ':') {}

  std::string Next() { return absl::StrFormat("%016x%s", random_(), padding_); }

 private:
  std::mt19937_64 random_;
  const std::string padding_;
};

// A call of PlanBatch whose answer plans every command, in `min_parts` parts
// altogether or more.
ApiCall PlanCall(const v1::PlanBatchRequest& request, int items,
                 int min_parts) {
  const int commands = request.commands_size();
  return {absl::StrCat(kSlotPlannerService, "PlanBatch"),
          request.SerializeAsString(), items,
          [commands, min_parts](const std::string& bytes) {
            v1::PlanBatchResponse response;
            if (!response.ParseFromString(bytes)) return false;
            int parts = 0;
            for (const v1::CommandPlan& plan : response.command_plans()) {
              if (plan.part_count() == 0) return false;
              parts += plan.part_count();
            }
            return response.command_plans_size() == commands &&
                   parts >= min_parts;
          }};
}

}  // namespace

ApiCall TopologyCall() {
  return {"/slotplanner.v1.TopologyService/GetTopology",
          {},
          0,
          [](const std::string& bytes) {
            v1::GetTopologyResponse response;
            return response.ParseFromString(bytes) && response.has_topology();
          }};
}

ApiCall KeyslotCall() {
  v1::KeyslotRequest request;
  request.set_key(KeySource(kKeyBytes).Next());
  return {absl::StrCat(kSlotPlannerService, "Keyslot"),
          request.SerializeAsString(), 1, [](const std::string& bytes) {
            v1::KeyslotResponse response;
            return response.ParseFromString(bytes) && response.has_owner();
          }};
}

ApiCall GroupKeysCall(v1::Grouping grouping, int keys) {
  KeySource source(kKeyBytes);
  v1::GroupKeysRequest request;
  request.set_grouping(grouping);
  for (int i = 0; i < keys; ++i) request.add_keys(source.Next());
  return {absl::StrCat(kSlotPlannerService, "GroupKeys"),
          request.SerializeAsString(), keys, [keys](const std::string& bytes) {
            v1::GroupKeysResponse response;
            if (!response.ParseFromString(bytes)) return false;
            int grouped = 0;
            for (const v1::KeyGroup& group : response.groups()) {
              grouped += group.key_indexes_size();
            }
            return response.slots_size() == keys && grouped == keys;
          }};
}

ApiCall PlanMgetCall(int keys) {
  KeySource source(kKeyBytes);
  v1::PlanBatchRequest request;
  v1::Command& mget = *request.add_commands();
  mget.add_args("MGET");
  for (int i = 0; i < keys; ++i) mget.add_args(source.Next());
  return PlanCall(request, keys, std::min(keys, 2));
}

ApiCall PlanMgetOfOneSlotCall(int keys) {
  v1::PlanBatchRequest request;
  v1::Command& mget = *request.add_commands();
  mget.add_args("MGET");
  for (int i = 0; i < keys; ++i) mget.add_args(absl::StrCat("{a}", i % 10));
  return PlanCall(request, keys, 1);
}

ApiCall PlanFanOutCall(int commands) {
  v1::PlanBatchRequest request;
  for (int i = 0; i < commands; ++i) request.add_commands()->add_args("DBSIZE");
  return PlanCall(request, commands, commands);
}

ApiCall PlanGetsCall(int commands, int key_bytes) {
  KeySource source(key_bytes);
  v1::PlanBatchRequest request;
  for (int i = 0; i < commands; ++i) {
    v1::Command& get = *request.add_commands();
    get.add_args("GET");
    get.add_args(source.Next());
  }
  return PlanCall(request, commands, commands);
}

}  // namespace slotplanner
