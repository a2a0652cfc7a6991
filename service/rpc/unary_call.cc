// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/unary_call.h"

#include <cstdlib>

namespace slotplanner {

void Finish(const UnaryCall& call, const grpc::Status& status) {
  call.metrics->CountHandled(status.error_code(), absl::Now() - call.start);
  call.reactor->Finish(status);
}

grpc::ByteBuffer ToByteBuffer(WireBytes bytes) {
  const size_t size = bytes.size;
  const grpc::Slice slice(bytes.data.release(), size, std::free);
  return {&slice, 1};
}

}  // namespace slotplanner
