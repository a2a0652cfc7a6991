// SPDX-License-Identifier: Apache-2.0
// The answers ring: requests read in place or parsed by protobuf, and responses
// written. Items are keys or commands.
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "absl/strings/str_cat.h"
#include "service/answers/analyze_keys_input.h"
#include "service/answers/group_keys_answer.h"
#include "service/answers/group_keys_input.h"
#include "service/answers/key_analysis_answer.h"
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

// Messages of 64 KiB of a stream, all with other keys.
std::vector<std::string> AnalyzeRequests(bool have_tags, bool have_weights) {
  constexpr size_t kRequests = 16;
  constexpr size_t kRequestBytes = 64 << 10;
  std::mt19937_64 random(1);
  std::vector<std::string> requests;
  while (requests.size() < kRequests) {
    v1::AnalyzeKeysRequest request;
    for (size_t bytes = 0; bytes < kRequestBytes;) {
      std::string key = RandomKey(random);
      if (have_tags) key = absl::StrCat("{", key, "}:cart");
      // A byte of the tag and one of the size.
      bytes += key.size() + 2;
      request.add_keys(std::move(key));
      if (have_weights) {
        request.add_weights(static_cast<int64_t>(random() % 10'000));
        bytes += 2;
      }
    }
    requests.push_back(request.SerializeAsString());
  }
  return requests;
}

// As a stream does it, from bytes to counters.
void BM_AnalyzeKeys(benchmark::State& state, bool have_tags,
                    bool have_weights) {
  const std::vector<std::string> requests =
      AnalyzeRequests(have_tags, have_weights);
  KeyCounts counts;
  AnalyzeKeysInput input(kLimits);
  for (auto unused : state) {
    for (const std::string& bytes : requests) {
      ReadInto(input, bytes);
      if (input.CountInto(counts)) std::abort();
    }
  }
  state.SetItemsProcessed(counts.key_count());
}
BENCHMARK_CAPTURE(BM_AnalyzeKeys, untagged, false, false);
BENCHMARK_CAPTURE(BM_AnalyzeKeys, all_different_tags, true, false);
BENCHMARK_CAPTURE(BM_AnalyzeKeys, weights, false, true);
BENCHMARK_CAPTURE(BM_AnalyzeKeys, all_different_tags_and_weights, true, true);

void BM_FillKeyAnalysis(benchmark::State& state) {
  const ClusterSnapshot cluster = SixShards();
  std::mt19937_64 random(1);
  KeyCounts counts;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string key = absl::StrCat("{", random() % 1'000'000, "}");
    counts.Add(key);
  }
  v1::AnalysisSettings settings;
  settings.set_show_keys(true);
  for (auto unused : state) {
    v1::AnalyzeKeysResponse response;
    FillKeyAnalysis(counts, {.current = &cluster}, settings, response);
    benchmark::DoNotOptimize(response.SerializeAsString());
  }
}
BENCHMARK(BM_FillKeyAnalysis);

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
