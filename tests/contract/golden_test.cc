// SPDX-License-Identifier: Apache-2.0
// Calls the services over a real connection and compares every answer, byte for
// byte in protobuf's text form, with tests/contract/golden/*.txt. A file is
//
//     # what it shows
//     --- METHOD, as package.Service/Method
//     request in text form; or, after `bytes:`, C-escaped bytes of any kind
//     --- response, or: --- status CODE
//     the response without its confirm_time; or message and details
//
// SLOTPLANNER_UPDATE_GOLDEN=1 writes the answers instead; read the diff.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "slotplanner/rpc/v1/error_details.pb.h"
#include "slotplanner/v1/advisor_service.pb.h"
#include "slotplanner/v1/error_reason.pb.h"
#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/access/token_digest.h"
#include "service/commands/command_catalog.h"
#include "service/commands/command_reply.h"
#include "service/rpc/services.h"
#include "tests/support/plan_fixture.h"
#include "tests/support/serving.h"

namespace slotplanner {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::TextFormat;

std::filesystem::path GoldenDir() {
  const char* dir = std::getenv("SLOTPLANNER_GOLDEN_DIR");
  return dir == nullptr ? "tests/contract/golden" : dir;
}

struct Case {
  std::string comment;
  std::string method;
  std::string caller;  // Whose token is sent; empty: no callers are configured.
  std::string request;
  std::string answer;
};

// Splits a file at its two lines that begin with "---". The first names the
// method, and behind a word "as" the caller.
Case ReadCase(const std::filesystem::path& path) {
  Case result;
  std::ifstream file(path);
  std::string* part = &result.comment;
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "--- ") && part == &result.comment) {
      const std::pair<std::string, std::string> method_and_caller =
          absl::StrSplit(line.substr(4), absl::MaxSplits(" as ", 1));
      std::tie(result.method, result.caller) = method_and_caller;
      part = &result.request;
    } else if (absl::StartsWith(line, "--- ")) {
      part = &result.answer;
      absl::StrAppend(part, line, "\n");
    } else {
      absl::StrAppend(part, line, "\n");
    }
  }
  return result;
}

std::string ToText(const Message& message) {
  TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

template <typename Detail>
std::string DetailText(const google::protobuf::Any& any) {
  Detail detail;
  EXPECT_TRUE(detail.ParseFromString(any.value()));
  return ToText(detail);
}

std::string StatusText(const grpc::Status& status) {
  std::string text = absl::StrCat("--- status ", status.error_code(), "\n",
                                  status.error_message(), "\n");
  rpc::v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  for (const auto& any : details.details()) {
    absl::StrAppend(&text, any.type_url(), "\n");
    if (absl::EndsWith(any.type_url(), "/google.rpc.ErrorInfo")) {
      absl::StrAppend(&text, DetailText<rpc::v1::ErrorInfo>(any));
    } else if (absl::EndsWith(any.type_url(), "/google.rpc.BadRequest")) {
      absl::StrAppend(&text, DetailText<rpc::v1::BadRequest>(any));
    } else if (absl::EndsWith(any.type_url(), "/google.rpc.RetryInfo")) {
      absl::StrAppend(&text, DetailText<rpc::v1::RetryInfo>(any));
    } else {
      ADD_FAILURE() << "unexpected detail " << any.type_url();
    }
  }
  return text;
}

// Commands whose keys are found in different ways.
std::shared_ptr<const CommandCatalog> FewCommands() {
  std::vector<CommandInfo> commands;
  for (const char* name :
       {"eval", "georadius", "migrate", "mset", "object", "sort"}) {
    commands.push_back(*CommandCatalog::Redis70()->Find(name));
  }
  CommandInfo msetex = *CommandCatalog::Redis70()->Find("mset");
  msetex.name = "msetex";
  msetex.key_specs[0].find_keys =
      FindKeysKeynum{.keynum_index = 0, .first_key = 1, .key_step = 2};
  commands.push_back(msetex);
  return std::make_shared<const CommandCatalog>(
      *CommandCatalog::FromCommandReply(ToCommandReply(commands)));
}

// A server with the clusters `default` (three shards, slot 12182 moving from
// the last to the first), `partial` (the first shard only), `cold` (no topology
// yet), `stale` (confirmed an eternity ago) and `few` (with some commands of
// Redis and a MSETEX only), and limits of 8 keys, 4
// commands, 12 arguments, 6 keys to advise on, 5 hash tags and no watchers. For
// a case with a caller, only `keyslots` may call: Keyslot for `default`.
class GoldenTest : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(planner_.get());
    builder.RegisterService(topology_.get());
    builder.RegisterService(advisor_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    Publish("default", ThreeShards());
    ClusterSnapshot moving = ThreeShards();
    const auto& shards = moving.topology->shards();
    moving.migrations = {{.slot = *HashSlot::FromNumber(12182),
                          .source_node_id = shards[2].primary.node_id,
                          .target_node_id = shards[0].primary.node_id}};
    moving.asked_node_count = 5;
    moving.agreeing_node_count = 4;
    Publish("moving", moving);
    ClusterSnapshot stale = ThreeShards();
    stale.confirm_time = absl::InfinitePast();
    Publish("stale", stale);
    ClusterSnapshot partial = ThreeShards();
    partial.topology = std::make_shared<const ClusterTopology>(
        *ClusterTopology::Make({partial.topology->shards()[0]}));
    Publish("partial", partial);
    ClusterSnapshot few = ThreeShards();
    few.catalog = FewCommands();
    Publish("few", few);
    stub_ = std::make_unique<grpc::GenericStub>(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  void Publish(const char* cluster, ClusterSnapshot snapshot) {
    serving_.cluster(cluster).store.Publish(
        std::make_shared<const ClusterSnapshot>(std::move(snapshot)));
  }

  // From here on only `keyslots` may call.
  void AllowKeyslotsOnly() {
    ServingState state = *serving_.state.Get();
    state.callers = std::make_shared<const Callers>(
        std::vector<CallerRule>{{.name = "keyslots",
                                 .identities = {},
                                 .tokens = {DigestOf("token-of-keyslots")},
                                 .methods = {"Keyslot"},
                                 .clusters = {"default"}}});
    serving_.state.Replace(state);
  }

  // The answer to `bytes`, as a golden file shows it.
  std::string Call(const std::string& method, const std::string& caller,
                   const std::string& bytes, const std::string& response_name) {
    grpc::ClientContext context;
    if (!caller.empty()) {
      context.AddMetadata("authorization",
                          absl::StrCat("Bearer token-of-", caller));
    }
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub_->UnaryCall(&context, "/" + method, grpc::StubOptions(), &request,
                     &response,
                     [&done](grpc::Status status) { done.set_value(status); });
    const grpc::Status status = done.get_future().get();
    if (!status.ok()) return StatusText(status);

    grpc::Slice flat;
    EXPECT_TRUE(response.DumpToSingleSlice(&flat).ok());
    const std::unique_ptr<Message> message(
        MessageFactory::generated_factory()
            ->GetPrototype(
                DescriptorPool::generated_pool()->FindMessageTypeByName(
                    response_name))
            ->New());
    EXPECT_TRUE(
        message->ParseFromArray(flat.begin(), static_cast<int>(flat.size())));
    // Bulk is written by hand: as protobuf would have.
    EXPECT_EQ(message->SerializeAsString(),
              std::string(flat.begin(), flat.end()));
    return absl::StrCat(
        "--- response\n",
        absl::StrReplaceAll(ToText(*message),
                            {{"  confirm_time {\n  }\n", ""},
                             {"    confirm_time {\n    }\n", ""}}));
  }

  // The fixture's clusters were confirmed in 1970.
  Serving serving_{{"default", "partial", "moving", "stale", "cold", "few"},
                   {.request_limits = {.max_keys = 8,
                                       .max_commands = 4,
                                       .max_arguments = 12,
                                       .max_advice_keys = 6,
                                       .max_hash_tags = 5},
                    .call_limits = {.max_watchers = 0},
                    .max_topology_age = absl::Hours(24 * 365 * 1000)}};
  std::unique_ptr<grpc::Service> planner_ =
      MakeSlotPlannerService(serving_.gate, serving_.metrics);
  std::unique_ptr<grpc::Service> topology_ =
      MakeTopologyService(serving_.gate, serving_.watches, serving_.metrics);
  std::unique_ptr<grpc::Service> advisor_ =
      MakeAdvisorService(serving_.gate, serving_.metrics);
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

TEST_P(GoldenTest, AnswersAsTheFileSays) {
  const Case golden = ReadCase(GetParam());
  std::string service_and_method = golden.method;
  std::replace(service_and_method.begin(), service_and_method.end(), '/', '.');
  const auto* method =
      DescriptorPool::generated_pool()->FindMethodByName(service_and_method);
  ASSERT_NE(method, nullptr) << golden.method;

  std::string bytes;
  if (absl::string_view escaped = golden.request;
      absl::ConsumePrefix(&escaped, "bytes:")) {
    ASSERT_TRUE(absl::CUnescape(absl::StripAsciiWhitespace(escaped), &bytes));
  } else {
    const std::unique_ptr<Message> request(
        MessageFactory::generated_factory()
            ->GetPrototype(method->input_type())
            ->New());
    TextFormat::Parser parser;
    ASSERT_TRUE(parser.ParseFromString(golden.request, request.get()));
    bytes = request->SerializeAsString();
  }

  if (!golden.caller.empty()) AllowKeyslotsOnly();
  const std::string answer = Call(golden.method, golden.caller, bytes,
                                  method->output_type()->full_name());
  if (std::getenv("SLOTPLANNER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(GetParam())
        << golden.comment << "--- " << golden.method
        << (golden.caller.empty() ? "" : " as ") << golden.caller << "\n"
        << golden.request << answer;
    return;
  }
  EXPECT_EQ(answer, golden.answer) << GetParam();
}

std::vector<std::filesystem::path> GoldenFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(GoldenDir())) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(
    , GoldenTest, testing::ValuesIn(GoldenFiles()),
    [](const testing::TestParamInfo<std::filesystem::path>& file) {
      return file.param.stem().string();
    });

// Every reason that this server can give has a file that shows it.
TEST(GoldenFilesTest, ShowEveryErrorReason) {
  // STOPPING comes only from a server that stops (tests/integration).
  const std::set<std::string> unsent = {"UNSPECIFIED", "STOPPING"};
  std::string all;
  for (const auto& path : GoldenFiles()) all += ReadCase(path).answer;
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    std::string reason = reasons->value(i)->name();
    reason = reason.substr(std::string("ERROR_REASON_").size());
    EXPECT_EQ(absl::StrContains(all, absl::StrCat("reason: \"", reason, "\"")),
              unsent.count(reason) == 0)
        << reason;
  }
}

}  // namespace
}  // namespace slotplanner
