// SPDX-License-Identifier: Apache-2.0
#include "bench/load/floor_server.h"

#include <cstddef>
#include <cstdio>
#include <memory>

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/server_callback.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/load/fail.h"
#include "server/heap.h"
#include "server/server_builder.h"

namespace slotplanner {
namespace {

// As is the default of slotplanner-server.
constexpr int kMaxMessageBytes = 64 << 20;

using RawHandler =
    grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;

// The methods that generated code would declare as raw callback methods.
class FloorService final : public grpc::Service {
 public:
  explicit FloorService(const std::vector<int>& replies) {
    names_.reserve(replies.size());
    for (size_t i = 0; i < replies.size(); ++i) {
      names_.push_back(FloorMethod(replies[i]));
      AddMethod(new grpc::internal::RpcServiceMethod(
          names_[i].c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      const grpc::Slice bytes(
          std::string(static_cast<size_t>(replies[i]), 'x'));
      MarkMethodRawCallback(
          static_cast<int>(i),
          new RawHandler([bytes](grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* /*request*/,
                                 grpc::ByteBuffer* response) {
            *response = grpc::ByteBuffer(&bytes, 1);
            grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
            reactor->Finish(grpc::Status::OK);
            return reactor;
          }));
    }
  }

 private:
  std::vector<std::string> names_;  // gRPC keeps pointers to them.
};

// Adds a channel argument NAME=INTEGER.
void AddArgument(grpc::ServerBuilder& builder, const std::string& argument) {
  const std::vector<std::string> parts = absl::StrSplit(argument, '=');
  int value = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &value)) {
    Fail("a channel argument is NAME=INTEGER, not ", argument);
  }
  builder.AddChannelArgument(parts[0], value);
}

}  // namespace

std::string FloorMethod(int reply_bytes) {
  return absl::StrCat("/slotplanner.bench.Floor/Reply", reply_bytes);
}

void RunFloorServer(const std::vector<std::string>& listen,
                    const std::vector<int>& replies,
                    const std::vector<std::string>& arguments) {
  ApplyHeapSettings();
  ServerOptions options;
  options.max_message_bytes = kMaxMessageBytes;
  const std::unique_ptr<grpc::ServerBuilder> builder =
      MakeServerBuilder(options, grpc::ResourceQuota("floor"));
  for (const std::string& argument : arguments) AddArgument(*builder, argument);
  FloorService service(replies);
  builder->RegisterService(&service);
  std::vector<int> ports(listen.size());
  for (size_t i = 0; i < listen.size(); ++i) {
    builder->AddListeningPort(listen[i], grpc::InsecureServerCredentials(),
                              &ports[i]);
  }
  const std::unique_ptr<grpc::Server> server = builder->BuildAndStart();
  if (server == nullptr) Fail("the floor server cannot listen");
  for (size_t i = 0; i < listen.size(); ++i) {
    const bool is_unix = listen[i].starts_with("unix:");
    std::fprintf(stderr, "{\"protocol\":\"grpc\",\"address\":\"%s%s\"}\n",
                 is_unix ? listen[i].c_str() : "127.0.0.1:",
                 is_unix ? "" : absl::StrCat(ports[i]).c_str());
  }
  server->Wait();
  std::abort();  // Nobody shuts it down.
}

}  // namespace slotplanner
