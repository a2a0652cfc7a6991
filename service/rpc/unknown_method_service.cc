// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/unknown_method_service.h"

namespace slotplanner {
namespace {

// One call. It deletes itself when gRPC is done with it.
class UnknownMethodCall final : public grpc::ServerGenericBidiReactor {
 public:
  UnknownMethodCall(CallGate* gate, grpc::GenericCallbackServerContext* context)
      : gate_(gate), context_(context), begun_(gate->CountBegun(*context)) {
    Finish({grpc::StatusCode::UNIMPLEMENTED, ""});
  }

  void OnDone() override {
    gate_->CountEnded(*context_, begun_);
    delete this;
  }

 private:
  CallGate* const gate_;
  grpc::GenericCallbackServerContext* const context_;
  const BegunCall begun_;
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethodService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new UnknownMethodCall(gate_, context);
}

}  // namespace slotplanner
