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
  // Reads them, unless it has.
  std::optional<ApiError> Begin(CallGate& gate, const CallAccess& access,
                                const v1::AnalysisSettings& message,
                                bool needs_topology) {
    if (std::exchange(has_begun_, true)) return std::nullopt;
    message_ = message;
    ClusterOrError found = gate.FindCluster(access, message_.cluster());
    if (found.error) return std::move(found.error);
    if (auto error = Validate(message_)) return error;
    ServingSnapshot serving = TakeSnapshot(
        *found.cluster, access.state->max_topology_age, absl::Now());
    if (serving.error && needs_topology) {
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

struct KeyAnalysis {
  using Input = AnalyzeKeysInput;
  using Response = v1::AnalyzeKeysResponse;
  static constexpr bool kNeedsTopology = false;

  std::optional<ApiError> Add(const Input& input, const Settings&) {
    return input.CountInto(counts);
  }
  void Fill(const Settings& settings, Response& response) const {
    FillKeyAnalysis(counts, settings.basis(), settings.message(), response);
  }

  KeyCounts counts;
};

struct WorkloadAnalysis {
  using Input = AnalyzeWorkloadInput;
  using Response = v1::AnalyzeWorkloadResponse;
  static constexpr bool kNeedsTopology = true;

  std::optional<ApiError> Add(const Input& input, const Settings& settings) {
    return input.CountInto(*settings.snapshot(), settings.what_if(), counts);
  }
  void Fill(const Settings& settings, Response& response) const {
    FillWorkloadAnalysis(counts, settings.basis(), settings.message(),
                         response);
  }

  WorkloadCounts counts;
};

// One stream, counted into a `Kind`, which is one of the above.
template <typename Kind>
class StreamAnalysis final : public Analysis {
 public:
  explicit StreamAnalysis(CallGate& gate) : gate_(gate) {}

  std::optional<ApiError> Add(const CallAccess& access,
                              const grpc::ByteBuffer& message) override {
    grpc::ByteBuffer copy(message);  // Of no bytes: they are shared.
    grpc::ProtoBufferReader bytes(&copy);
    // One for the whole stream, so that its memory is used again.
    if (!input_) input_.emplace(access.state->request_limits);
    if (auto error = Read(message, bytes, *input_)) return error;
    if (auto error = Begin(access, input_->settings())) return error;
    return kind_.Add(*input_, settings_);
  }

  std::optional<ApiError> Answer(const CallAccess& access,
                                 grpc::ByteBuffer& bytes) override {
    // As there may have been no message.
    if (auto error = Begin(access, {})) return error;
    typename Kind::Response response;
    kind_.Fill(settings_, response);
    bytes = Serialize(response);
    return std::nullopt;
  }

 private:
  std::optional<ApiError> Begin(const CallAccess& access,
                                const v1::AnalysisSettings& settings) {
    return settings_.Begin(gate_, access, settings, Kind::kNeedsTopology);
  }

  CallGate& gate_;
  Settings settings_;
  std::optional<typename Kind::Input> input_;
  Kind kind_;
};

}  // namespace

std::unique_ptr<Analysis> MakeKeyAnalysis(CallGate& gate) {
  return std::make_unique<StreamAnalysis<KeyAnalysis>>(gate);
}

std::unique_ptr<Analysis> MakeWorkloadAnalysis(CallGate& gate) {
  return std::make_unique<StreamAnalysis<WorkloadAnalysis>>(gate);
}

}  // namespace slotplanner
