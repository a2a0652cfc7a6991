// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "service/rpc/call_gate.h"

namespace slotplanner {

// Answers calls of methods that no service has, as gRPC would: UNIMPLEMENTED.
// gRPC's own answer passes no gate, so that calls of such methods could be
// begun and reset without end. Thread-safe.
class UnknownMethodService final : public grpc::CallbackGenericService {
 public:
  // `gate` outlives this.
  explicit UnknownMethodService(CallGate* gate) : gate_(gate) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  CallGate* const gate_;
};

}  // namespace slotplanner
