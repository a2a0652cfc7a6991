// SPDX-License-Identifier: Apache-2.0
#include "server/server_builder.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/impl/server_builder_option.h>

#include "absl/time/time.h"

namespace slotplanner {
namespace {

// As gRPC takes it: its greatest number stands for never.
int ToMilliseconds(absl::Duration duration) {
  return static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(duration),
                                            std::numeric_limits<int>::max()));
}

void SetChannelArguments(const ServerOptions& options,
                         grpc::ServerBuilder& builder) {
  // A peer has connected and says nothing, or not yet what HTTP/2 or TLS begin
  // with.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  // Notice dead peers within 80 s, and let clients ping as often as gRPC's own
  // clients may, every 10 s, also between calls. Who pings more often than that
  // three times is sent away.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             options.max_calls_per_connection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             options.max_metadata_bytes);
  // gRPC makes the age differ by up to 10 % from one connection to the next.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             ToMilliseconds(options.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             ToMilliseconds(options.max_connection_age_grace));
}

// Takes reflection away, which gRPC adds to every server of a program that is
// linked with it.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    grpc::reflection::ProtoServerReflectionPlugin reflection;
    std::erase_if(*plugins, [&](const auto& plugin) {
      return plugin->name() == reflection.name();
    });
  }
};

}  // namespace

std::unique_ptr<grpc::ServerBuilder> MakeServerBuilder(
    const ServerOptions& options, const grpc::ResourceQuota& quota) {
  // For all servers of the process; a builder asks for it when it is made.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto builder = std::make_unique<grpc::ServerBuilder>();
  if (!options.reflection) {
    builder->SetOption(std::make_unique<WithoutReflection>());
  }
  SetChannelArguments(options, *builder);
  builder->SetResourceQuota(quota);
  builder->SetMaxReceiveMessageSize(options.max_message_bytes);
  builder->SetMaxSendMessageSize(options.max_message_bytes);
  return builder;
}

}  // namespace slotplanner
