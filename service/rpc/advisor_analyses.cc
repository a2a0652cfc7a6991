// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/advisor_analyses.h"

#include <cassert>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "slotplanner/v1/advisor_service.grpc.pb.h"

#include "absl/time/clock.h"
#include "service/advice/key_counts.h"
#include "service/advice/workload_counts.h"
#include "service/answers/analysis_settings.h"
#include "service/answers/analyze_keys_input.h"
#include "service/answers/analyze_workload_input.h"
#include "service/answers/key_analysis_answer.h"
#include "service/answers/what_if.h"
#include "service/answers/workload_answer.h"
#include "service/rpc/serving_snapshot.h"

namespace slotplanner {
namespace {

// Reads `message` in place into `input`; `bytes` are a reader of it that lives
// as long. MALFORMED_REQUEST if it is no such message.
template <typename Input>
std::optional<ApiError> Read(const grpc::ByteBuffer& message,
                             grpc::ProtoBufferReader& bytes, Input& input) {
  if (bytes.status().ok()) {
    if (input.Read(bytes, message.Length())) return std::nullopt;
    grpc::ByteBuffer copy(message);  // Of no bytes: they are shared.
    grpc::ProtoBufferReader same_bytes(&copy);
    if (input.ReadAsMessage(same_bytes, message.Length())) return std::nullopt;
  }
  return MalformedRequestError(Input::Message::descriptor()->full_name());
}

// What the settings of a stream ask for, from its first message on.
class Settings {
 public:
  // Reads them, unless it has. Without a topology, error unless
  // `is_topology_optional`.
  std::optional<ApiError> Begin(CallGate& gate, const CallAccess& access,
                                const v1::AnalysisSettings& message,
                                bool is_topology_optional) {
    if (std::exchange(has_begun_, true)) return std::nullopt;
    message_ = message;
    ClusterOrError found = gate.FindCluster(access, message_.cluster());
    if (found.error) return std::move(found.error);
    if (auto error = Validate(message_)) return error;
    ServingSnapshot serving = TakeSnapshot(
        *found.cluster, access.state->max_topology_age, absl::Now());
    if (serving.error && !is_topology_optional) {
      return std::move(serving.error);
    }
    snapshot_ = std::move(serving.snapshot);
    if (!message_.has_what_if()) return std::nullopt;
    HypotheticalSnapshot what_if = MakeHypotheticalSnapshot(
        message_.what_if(), "settings.what_if", snapshot_.get());
    what_if_ = std::move(what_if.snapshot);
    return std::move(what_if.error);
  }

  const v1::AnalysisSettings& message() const { return message_; }
  const ClusterSnapshot* snapshot() const { return snapshot_.get(); }
  const ClusterSnapshot* what_if() const { return what_if_.get(); }

  KeyAnalysisBasis basis() const {
    return {
        .current = snapshot_.get(),
        .what_if = what_if_ == nullptr ? nullptr : what_if_->topology.get()};
  }

 private:
  bool has_begun_ = false;
  v1::AnalysisSettings message_;
  std::shared_ptr<const ClusterSnapshot> snapshot_;  // Null: none is known.
  std::shared_ptr<const ClusterSnapshot> what_if_;   // Null without one.
};

template <typename Response>
grpc::ByteBuffer Serialize(const Response& response) {
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  [[maybe_unused]] const grpc::Status status =
      grpc::SerializationTraits<Response>::Serialize(response, &bytes,
                                                     &own_buffer);
  assert(status.ok());
  return bytes;
}

class KeyAnalysis final : public Analysis {
 public:
  explicit KeyAnalysis(CallGate& gate) : gate_(gate) {}

  std::optional<ApiError> Add(const CallAccess& access,
                              const grpc::ByteBuffer& message) override {
    grpc::ByteBuffer copy(message);  // Of no bytes: they are shared.
    grpc::ProtoBufferReader bytes(&copy);
    // One for the whole stream, so that its memory is used again.
    if (!input_) input_.emplace(access.state->request_limits);
    if (auto error = Read(message, bytes, *input_)) return error;
    if (auto error = settings_.Begin(gate_, access, input_->settings(), true)) {
      return error;
    }
    return input_->CountInto(counts_);
  }

  std::optional<ApiError> Answer(const CallAccess& access,
                                 grpc::ByteBuffer& bytes) override {
    // As there may have been no message.
    if (auto error = settings_.Begin(gate_, access, {}, true)) return error;
    v1::AnalyzeKeysResponse response;
    FillKeyAnalysis(counts_, settings_.basis(), settings_.message(), response);
    bytes = Serialize(response);
    return std::nullopt;
  }

 private:
  CallGate& gate_;
  Settings settings_;
  std::optional<AnalyzeKeysInput> input_;
  KeyCounts counts_;
};

class WorkloadAnalysis final : public Analysis {
 public:
  explicit WorkloadAnalysis(CallGate& gate) : gate_(gate) {}

  std::optional<ApiError> Add(const CallAccess& access,
                              const grpc::ByteBuffer& message) override {
    grpc::ByteBuffer copy(message);  // Of no bytes: they are shared.
    grpc::ProtoBufferReader bytes(&copy);
    // As above.
    if (!input_) input_.emplace(access.state->request_limits);
    if (auto error = Read(message, bytes, *input_)) return error;
    if (auto error =
            settings_.Begin(gate_, access, input_->settings(), false)) {
      return error;
    }
    return input_->CountInto(*settings_.snapshot(), settings_.what_if(),
                             counts_);
  }

  std::optional<ApiError> Answer(const CallAccess& access,
                                 grpc::ByteBuffer& bytes) override {
    // As there may have been no message.
    if (auto error = settings_.Begin(gate_, access, {}, false)) return error;
    v1::AnalyzeWorkloadResponse response;
    FillWorkloadAnalysis(counts_, settings_.basis(), settings_.message(),
                         response);
    bytes = Serialize(response);
    return std::nullopt;
  }

 private:
  CallGate& gate_;
  Settings settings_;
  std::optional<AnalyzeWorkloadInput> input_;
  WorkloadCounts counts_;
};

}  // namespace

std::unique_ptr<Analysis> MakeKeyAnalysis(CallGate& gate) {
  return std::make_unique<KeyAnalysis>(gate);
}

std::unique_ptr<Analysis> MakeWorkloadAnalysis(CallGate& gate) {
  return std::make_unique<WorkloadAnalysis>(gate);
}

}  // namespace slotplanner
