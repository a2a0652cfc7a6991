// SPDX-License-Identifier: Apache-2.0
// The answers ring: requests read in place or parsed by protobuf, and responses
// written. Items are keys or commands.
#include <memory>
#include <random>
#include <string>

#include <benchmark/benchmark.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "service/answers/group_keys_answer.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/keyslot_answer.h"
#include "service/answers/plan_answer.h"
#include "service/answers/plan_batch_input.h"

namespace slotplanner {
namespace {

using google::protobuf::io::ArrayInputStream;

// What a frame of HTTP/2 carries unless told otherwise.
constexpr int kPieceSize = 16384;

constexpr RequestLimits kLimits = {};

ClusterSnapshot SixShards() {
  return {
      .topology = std::make_shared<const ClusterTopology>(MakeEvenTopology(6)),
      .catalog = CommandCatalog::Redis70(),
      .confirm_time = absl::UnixEpoch()};
}

std::string RandomKey(std::mt19937_64& random) {
  return "user:" +
         std::to_string(random() % 900'000'000'000'000 + 100'000'000'000'000);
}

std::string KeysRequest(int64_t count, v1::Grouping grouping) {
  std::mt19937_64 random(1);
  v1::GroupKeysRequest request;
  for (int64_t i = 0; i < count; ++i) request.add_keys(RandomKey(random));
  request.set_grouping(grouping);
  return request.SerializeAsString();
}

std::string MgetRequest(int64_t count) {
  std::mt19937_64 random(1);
  v1::PlanBatchRequest request;
  v1::Command& command = *request.add_commands();
  command.add_args("MGET");
  for (int64_t i = 0; i < count; ++i) command.add_args(RandomKey(random));
  return request.SerializeAsString();
}

std::string GetsRequest(int64_t count) {
  std::mt19937_64 random(1);
  v1::PlanBatchRequest request;
  for (int64_t i = 0; i < count; ++i) {
    v1::Command& command = *request.add_commands();
    command.add_args("GET");
    command.add_args(RandomKey(random));
  }
  return request.SerializeAsString();
}

template <typename Input>
void ReadInto(Input& input, const std::string& bytes) {
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()),
                          kPieceSize);
  if (!input.Read(stream, bytes.size())) std::abort();
}

template <typename Input>
void ReadAsMessageInto(Input& input, const std::string& bytes) {
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()),
                          kPieceSize);
  if (!input.ReadAsMessage(stream, 0)) std::abort();
}

void CountItems(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// As a call does it, from bytes to bytes.
void BM_Keyslot(benchmark::State& state) {
  const ClusterSnapshot cluster = SixShards();
  v1::KeyslotRequest sent;
  sent.set_key("user:{12345678}:cart");
  const std::string bytes = sent.SerializeAsString();
  std::string response_bytes;
  for (auto unused : state) {
    char first_block[4096];
    google::protobuf::ArenaOptions options;
    options.initial_block = first_block;
    options.initial_block_size = sizeof(first_block);
    google::protobuf::Arena arena(options);
    auto& request =
        *google::protobuf::Arena::CreateMessage<v1::KeyslotRequest>(&arena);
    auto& response =
        *google::protobuf::Arena::CreateMessage<v1::KeyslotResponse>(&arena);
    request.ParseFromString(bytes);
    AnswerKeyslot(request, &cluster, response);
    response.SerializeToString(&response_bytes);
    benchmark::DoNotOptimize(response_bytes.data());
  }
}
BENCHMARK(BM_Keyslot);

void BM_ReadKeys(benchmark::State& state) {
  const std::string bytes = KeysRequest(state.range(0), v1::GROUPING_NODE);
  for (auto unused : state) {
    GroupKeysInput input(kLimits);
    ReadInto(input, bytes);
    benchmark::DoNotOptimize(input.slots());
  }
  CountItems(state);
}
BENCHMARK(BM_ReadKeys)->RangeMultiplier(100)->Range(1, 1'000'000);

void BM_ReadKeysAsMessage(benchmark::State& state) {
  const std::string bytes = KeysRequest(state.range(0), v1::GROUPING_NODE);
  for (auto unused : state) {
    GroupKeysInput input(kLimits);
    ReadAsMessageInto(input, bytes);
    benchmark::DoNotOptimize(input.slots());
  }
  CountItems(state);
}
BENCHMARK(BM_ReadKeysAsMessage)->RangeMultiplier(100)->Range(1, 1'000'000);

template <v1::Grouping grouping>
void BM_GroupKeys(benchmark::State& state) {
  const ClusterSnapshot cluster = SixShards();
  const std::string bytes = KeysRequest(state.range(0), grouping);
  GroupKeysInput input(kLimits);
  ReadInto(input, bytes);
  for (auto unused : state) {
    benchmark::DoNotOptimize(AnswerGroupKeys(input, &cluster).size);
  }
  CountItems(state);
}
BENCHMARK(BM_GroupKeys<v1::GROUPING_NODE>)
    ->RangeMultiplier(100)
    ->Range(1, 1'000'000);
BENCHMARK(BM_GroupKeys<v1::GROUPING_SLOT>)
    ->RangeMultiplier(100)
    ->Range(1, 1'000'000);

template <std::string (*Request)(int64_t)>
void BM_ReadBatch(benchmark::State& state) {
  const std::string bytes = Request(state.range(0));
  for (auto unused : state) {
    PlanBatchInput input(kLimits);
    ReadInto(input, bytes);
    benchmark::DoNotOptimize(input.commands());
  }
  CountItems(state);
}
BENCHMARK(BM_ReadBatch<GetsRequest>)->Arg(1)->Arg(1000)->Arg(100'000);
BENCHMARK(BM_ReadBatch<MgetRequest>)->Arg(1)->Arg(1000)->Arg(100'000);

template <std::string (*Request)(int64_t)>
void BM_ReadBatchAsMessage(benchmark::State& state) {
  const std::string bytes = Request(state.range(0));
  for (auto unused : state) {
    PlanBatchInput input(kLimits);
    ReadAsMessageInto(input, bytes);
    benchmark::DoNotOptimize(input.commands());
  }
  CountItems(state);
}
BENCHMARK(BM_ReadBatchAsMessage<GetsRequest>)->Arg(1000);
BENCHMARK(BM_ReadBatchAsMessage<MgetRequest>)->Arg(1000);

template <std::string (*Request)(int64_t)>
void BM_WritePlan(benchmark::State& state) {
  const ClusterSnapshot cluster = SixShards();
  const std::string bytes = Request(state.range(0));
  PlanBatchInput input(kLimits);
  ReadInto(input, bytes);
  const BatchPlan plan = MakePlan(input, cluster);
  for (auto unused : state) {
    benchmark::DoNotOptimize(ToResponse(plan, cluster).size);
  }
  CountItems(state);
}
BENCHMARK(BM_WritePlan<GetsRequest>)->Arg(1)->Arg(1000)->Arg(100'000);
BENCHMARK(BM_WritePlan<MgetRequest>)->Arg(1)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace slotplanner
