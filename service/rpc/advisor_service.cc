// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <utility>

#include "slotplanner/v1/advisor_service.grpc.pb.h"

#include "service/answers/advice_answers.h"
#include "service/answers/template_answer.h"
#include "service/rpc/advisor_analyses.h"
#include "service/rpc/analysis_call.h"
#include "service/rpc/services.h"
#include "service/rpc/serving_snapshot.h"
#include "service/rpc/unary_call.h"

namespace slotplanner {
namespace {

using v1::AdvisorService;
using RawService = AdvisorService::WithRawCallbackMethod_ExplainError<
    AdvisorService::WithRawCallbackMethod_SuggestHashTags<
        AdvisorService::WithRawCallbackMethod_MintHashTags<
            AdvisorService::WithRawCallbackMethod_AnalyzeKeys<
                AdvisorService::WithRawCallbackMethod_AnalyzeWorkload<
                    AdvisorService::WithRawCallbackMethod_CheckTemplates<
                        AdvisorService::Service>>>>>>;
using MaybeError = std::optional<ApiError>;

// What a request is answered from, or the error of its call.
struct Basis {
  // May be null if the answer does not depend on it.
  std::shared_ptr<const ClusterSnapshot> snapshot = nullptr;
  MaybeError error = std::nullopt;
};

template <typename Request>
Basis BasisOf(const UnaryCall& call, const Request& request) {
  auto [cluster, error] = call.FindCluster(request.cluster());
  if (!error) error = Validate(request, call.state().request_limits);
  if (error) return {.error = std::move(error)};
  ServingSnapshot serving = call.SnapshotOf(*cluster);
  if (!NeedsTopology(request)) serving.error.reset();
  return {.snapshot = std::move(serving.snapshot),
          .error = std::move(serving.error)};
}

MaybeError ExplainError(const UnaryCall& call,
                        const v1::ExplainErrorRequest& request,
                        v1::ExplainErrorResponse& response) {
  Basis basis = BasisOf(call, request);
  if (basis.error) return std::move(basis.error);
  AnswerExplainError(request, basis.snapshot.get(), response);
  return std::nullopt;
}

MaybeError SuggestHashTags(const UnaryCall& call,
                           const v1::SuggestHashTagsRequest& request,
                           v1::SuggestHashTagsResponse& response) {
  Basis basis = BasisOf(call, request);
  if (basis.error) return std::move(basis.error);
  AnswerSuggestHashTags(request, basis.snapshot.get(), response);
  return std::nullopt;
}

MaybeError MintHashTags(const UnaryCall& call,
                        const v1::MintHashTagsRequest& request,
                        v1::MintHashTagsResponse& response) {
  Basis basis = BasisOf(call, request);
  if (basis.error) return std::move(basis.error);
  return AnswerMintHashTags(request, basis.snapshot.get(), response);
}

MaybeError CheckTemplates(const UnaryCall& call,
                          const v1::CheckTemplatesRequest& request,
                          v1::CheckTemplatesResponse& response) {
  Basis basis = BasisOf(call, request);
  if (basis.error) return std::move(basis.error);
  AnswerCheckTemplates(request, *basis.snapshot, response);
  return std::nullopt;
}

// Advice may be much work though its request has few bytes.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* AnswerOnWorker(UnaryCall* call, Handler handler) {
  if (call->is_admitted()) {
    call->RunOnWorker(
        [call, handler] { Answer<Request, Response>(call, handler); });
  }
  return call;
}

// Thread-safe.
class AdvisorServiceImpl final : public RawService {
 public:
  AdvisorServiceImpl(CallGate& gate, prometheus::Registry& metrics)
      : gate_(gate),
        explain_error_("ExplainError", AdvisorService::service_full_name(),
                       metrics),
        suggest_hash_tags_("SuggestHashTags",
                           AdvisorService::service_full_name(), metrics),
        mint_hash_tags_("MintHashTags", AdvisorService::service_full_name(),
                        metrics),
        analyze_keys_("AnalyzeKeys", AdvisorService::service_full_name(),
                      metrics, MethodType::kClientStream),
        analyze_workload_("AnalyzeWorkload",
                          AdvisorService::service_full_name(), metrics,
                          MethodType::kClientStream),
        check_templates_("CheckTemplates", AdvisorService::service_full_name(),
                         metrics) {}

  grpc::ServerUnaryReactor* ExplainError(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override {
    return AnswerOnWorker<v1::ExplainErrorRequest, v1::ExplainErrorResponse>(
        new UnaryCall(gate_, explain_error_, context, request, response),
        slotplanner::ExplainError);
  }

  grpc::ServerUnaryReactor* SuggestHashTags(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return AnswerOnWorker<v1::SuggestHashTagsRequest,
                          v1::SuggestHashTagsResponse>(
        new UnaryCall(gate_, suggest_hash_tags_, context, request, response),
        slotplanner::SuggestHashTags);
  }

  grpc::ServerUnaryReactor* MintHashTags(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override {
    return AnswerOnWorker<v1::MintHashTagsRequest, v1::MintHashTagsResponse>(
        new UnaryCall(gate_, mint_hash_tags_, context, request, response),
        slotplanner::MintHashTags);
  }

  grpc::ServerReadReactor<grpc::ByteBuffer>* AnalyzeKeys(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override {
    return new AnalysisCall(gate_, analyze_keys_, context, response,
                            MakeKeyAnalysis(gate_));
  }

  grpc::ServerReadReactor<grpc::ByteBuffer>* AnalyzeWorkload(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override {
    return new AnalysisCall(gate_, analyze_workload_, context, response,
                            MakeWorkloadAnalysis(gate_));
  }

  grpc::ServerUnaryReactor* CheckTemplates(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return AnswerOnWorker<v1::CheckTemplatesRequest,
                          v1::CheckTemplatesResponse>(
        new UnaryCall(gate_, check_templates_, context, request, response),
        slotplanner::CheckTemplates);
  }

 private:
  CallGate& gate_;
  RpcMethod explain_error_;
  RpcMethod suggest_hash_tags_;
  RpcMethod mint_hash_tags_;
  RpcMethod analyze_keys_;
  RpcMethod analyze_workload_;
  RpcMethod check_templates_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdvisorService(
    CallGate& gate, prometheus::Registry& metrics) {
  return std::make_unique<AdvisorServiceImpl>(gate, metrics);
}

}  // namespace slotplanner
