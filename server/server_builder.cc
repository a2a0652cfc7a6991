// SPDX-License-Identifier: Apache-2.0
#include "server/server_builder.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/service_type.h>

#include "grpc/health/v1/health.pb.h"

namespace slotplanner {
namespace {

// What gRPC offers to all servers of a process.
void EnableHealthAndReflection() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC's health service is not in the descriptor pool that reflection reads;
  // this keeps the linker from dropping the code that puts it there.
  grpc::health::v1::HealthCheckRequest::descriptor();
}

void SetChannelArguments(grpc::ServerBuilder& builder) {
  // A port in use is an error, not a port shared.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Notice dead peers within 80 s, and let clients ping as often as gRPC's own
  // clients may, every 10 s, also between calls.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

}  // namespace

std::unique_ptr<grpc::ServerBuilder> MakeServerBuilder(int max_message_bytes) {
  EnableHealthAndReflection();  // A builder asks for them when it is made.
  auto builder = std::make_unique<grpc::ServerBuilder>();
  SetChannelArguments(*builder);
  builder->SetMaxReceiveMessageSize(max_message_bytes);
  builder->SetMaxSendMessageSize(max_message_bytes);
  return builder;
}

}  // namespace slotplanner
