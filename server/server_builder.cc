// SPDX-License-Identifier: Apache-2.0
#include "server/server_builder.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>

namespace slotplanner {
namespace {

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
  // For all servers of the process; a builder asks for it when it is made.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto builder = std::make_unique<grpc::ServerBuilder>();
  SetChannelArguments(*builder);
  builder->SetMaxReceiveMessageSize(max_message_bytes);
  builder->SetMaxSendMessageSize(max_message_bytes);
  return builder;
}

}  // namespace slotplanner
