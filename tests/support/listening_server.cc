// SPDX-License-Identifier: Apache-2.0
#include "tests/support/listening_server.h"

#include <chrono>
#include <future>
#include <utility>

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "server/listening_socket.h"
#include "service/rpc/caller_identities.h"

namespace slotplanner {
namespace {

class Answer final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Answer(const std::vector<std::string>& identities) {
    const grpc::Slice text(absl::StrJoin(identities, "\n"));
    response_ = grpc::ByteBuffer(&text, 1);
    StartRead(&request_);
  }

  void OnReadDone(bool /*ok*/) override {
    StartWriteAndFinish(&response_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

class AnsweringService final : public grpc::CallbackGenericService {
 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Answer(CallerIdentities(*context->auth_context()));
  }
};

std::string TextOf(grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

}  // namespace

ListeningServer::ListeningServer(const Options& options)
    : service_(std::make_unique<AnsweringService>()) {
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(service_.get());
  std::vector<GrpcListener> listeners;
  for (const std::string& address : options.addresses) {
    GrpcListener& listener = listeners.emplace_back();
    listener.socket =
        ListeningSocket::Open(ParseListenAddress(address).value()).value();
    listener
        .grpc_acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        options.credentials);
    addresses_.push_back(listener.socket->address());
  }
  server_ = builder.BuildAndStart();
  acceptor_ = ConnectionAcceptor::Start(std::move(listeners),
                                        options.max_connections, metrics_)
                  .value();
}

ListeningServer::~ListeningServer() {
  acceptor_->Stop();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::shared_ptr<grpc::Channel> MakeTestChannel(
    const std::string& target,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

absl::StatusOr<std::string> CallOver(
    const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  // Only a hanging test reaches it.
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
  const grpc::Slice nothing("");
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> promise;
  stub.UnaryCall(&context, "/test.Service/Method", {}, &request, &response,
                 [&promise](grpc::Status status) {
                   promise.set_value(std::move(status));
                 });
  const grpc::Status status = promise.get_future().get();
  if (!status.ok()) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message());
  }
  return TextOf(response);
}

double MetricValue(const prometheus::Registry& metrics, const std::string& name,
                   const std::string& label_value) {
  const std::vector<prometheus::MetricFamily> families = metrics.Collect();
  for (const prometheus::MetricFamily& family : families) {
    if (family.name != name) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (!label_value.empty() &&
          (metric.label.empty() || metric.label.front().value != label_value)) {
        continue;
      }
      return family.type == prometheus::MetricType::Counter
                 ? metric.counter.value
                 : metric.gauge.value;
    }
  }
  return -1;
}

}  // namespace slotplanner
