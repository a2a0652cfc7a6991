// SPDX-License-Identifier: Apache-2.0
#include "bench/load/analysis_scenario.h"

#include <algorithm>
#include <memory>

#include <grpcpp/grpcpp.h>

#include "slotplanner/v1/advisor_service.grpc.pb.h"

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/load/fail.h"
#include "bench/load/server_process.h"

namespace slotplanner {
namespace {

constexpr double kMib = 1 << 20;

// What fits well into a message of 64 KiB.
constexpr int64_t kKeysInMessage = 2'500;

constexpr int kTags = 1'000;

std::string MakeKey(StreamedKeys kind, int64_t number) {
  switch (kind) {
    case StreamedKeys::kWithoutTags:
      return absl::StrFormat("user:%015d", number);
    case StreamedKeys::kWithOwnTags:
      return absl::StrFormat("{user:%09d}:cart", number);
    case StreamedKeys::kWithSomeTags:
    case StreamedKeys::kWithWeights:
      break;
  }
  return absl::StrFormat("{u:%03d}:%012d", number % kTags, number);
}

// A message with the keys of numbers in [begin, end).
v1::AnalyzeKeysRequest MakeMessage(StreamedKeys kind, int64_t begin,
                                   int64_t end) {
  v1::AnalyzeKeysRequest message;
  for (int64_t number = begin; number < end; ++number) {
    message.add_keys(MakeKey(kind, number));
    if (kind == StreamedKeys::kWithWeights) {
      message.add_weights(1 + number % 5'000);
    }
  }
  return message;
}

struct Measurement {
  absl::Duration cpu_time;
  int64_t bytes_after_a_second;
  int64_t bytes_at_the_end;
  int64_t request_bytes = 0;
  int64_t reply_bytes = 0;
};

Measurement Measure(const ServerProcess& server, StreamedKeys kind,
                    int64_t key_count) {
  const auto stub = v1::AdvisorService::NewStub(grpc::CreateChannel(
      server.addresses().front(), grpc::InsecureChannelCredentials()));
  Measurement measured = {};
  const absl::Duration cpu_before = server.CpuTime();
  const absl::Time start = absl::Now();
  grpc::ClientContext context;
  v1::AnalyzeKeysResponse response;
  const auto writer = stub->AnalyzeKeys(&context, &response);
  for (int64_t sent = 0; sent < key_count; sent += kKeysInMessage) {
    const v1::AnalyzeKeysRequest message =
        MakeMessage(kind, sent, std::min(sent + kKeysInMessage, key_count));
    measured.request_bytes += static_cast<int64_t>(message.ByteSizeLong());
    if (!writer->Write(message)) break;
    if (absl::Now() - start < absl::Seconds(1)) {
      measured.bytes_after_a_second = server.ResidentBytes();
    }
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) Fail("AnalyzeKeys: ", status.error_message());
  if (response.key_count() != key_count) {
    Fail("of ", key_count, " keys ", response.key_count(), " were counted");
  }
  measured.cpu_time = server.CpuTime() - cpu_before;
  measured.bytes_at_the_end = server.PeakResidentBytes();
  measured.reply_bytes = static_cast<int64_t>(response.ByteSizeLong());
  return measured;
}

}  // namespace

ScenarioResult RunAnalysisScenario(const Lab& lab, const std::string& name,
                                   StreamedKeys kind, int64_t key_count) {
  ScenarioResult result = {.name = name, .items = key_count};
  for (const ServerUnderTest& server : lab.options().servers) {
    ContenderResult contender = {.name = server.name};
    for (int round = 0; round < lab.options().rounds; ++round) {
      const Measurement measured = Measure(*lab.Start(server), kind, key_count);
      result.request_bytes = measured.request_bytes;
      result.reply_bytes = measured.reply_bytes;
      contender.rounds.push_back(
          {{"keys/cpu_s", static_cast<double>(key_count) /
                              absl::ToDoubleSeconds(measured.cpu_time)},
           {"mib_after_1s",
            static_cast<double>(measured.bytes_after_a_second) / kMib},
           {"peak_mib",
            static_cast<double>(measured.bytes_at_the_end) / kMib}});
    }
    result.contenders.push_back(std::move(contender));
  }
  return result;
}

}  // namespace slotplanner
