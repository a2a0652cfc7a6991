// SPDX-License-Identifier: Apache-2.0
#include "service/topology/declared_commands_source.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_value.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_source.h"
#include "tests/support/cluster_replies.h"

namespace slotplanner {
namespace {

// A catalog of one command, which is like GET.
std::shared_ptr<const CommandCatalog> CatalogOf(const std::string& name,
                                                int arity) {
  RespValue reply = CommandReply();
  reply.elements[0].elements[0] = RespValue::String(name);
  reply.elements[0].elements[1] = RespValue::Integer(arity);
  return std::make_shared<const CommandCatalog>(
      CommandCatalog::FromCommandReply(reply).value());
}

// Gives each reading once, from the first to the last.
class ListSource final : public TopologySource {
 public:
  explicit ListSource(std::vector<absl::StatusOr<ClusterReading>> readings)
      : readings_(std::move(readings)) {}

  absl::StatusOr<ClusterReading> Read(absl::Time /*deadline*/) override {
    return readings_.at(next_++);
  }

 private:
  const std::vector<absl::StatusOr<ClusterReading>> readings_;
  size_t next_ = 0;
};

TEST(DeclaredCommandsSourceTest, LaysThemOverTheCommandsOfAStaticCluster) {
  const auto source = MakeTopologySource(StaticSourceSpec{.shard_count = 3}, {},
                                         CatalogOf("my.get", 4));
  const absl::StatusOr<ClusterReading> reading =
      source->Read(absl::InfiniteFuture());
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->topology->shards().size(), 3u);
  ASSERT_NE(reading->catalog->Find("MY.GET"), nullptr);
  EXPECT_EQ(reading->catalog->Find("MY.GET")->arity, 4);
  EXPECT_NE(reading->catalog->Find("mget"), nullptr);
}

TEST(DeclaredCommandsSourceTest, PutsThemInPlaceOfThoseThatTheClusterTells) {
  const auto source = MakeTopologySource(StaticSourceSpec{.shard_count = 1}, {},
                                         CatalogOf("get", 7));
  EXPECT_EQ(source->Read(absl::InfiniteFuture())->catalog->Find("get")->arity,
            7);
}

TEST(DeclaredCommandsSourceTest, GivesTheSameCatalogUntilTheClustersIsAnother) {
  const auto topology =
      std::make_shared<const ClusterTopology>(MakeEvenTopology(1));
  const ClusterReading hidden = {.topology = topology,
                                 .catalog = CommandCatalog::Redis70(),
                                 .hides_commands = true};
  const ClusterReading own = {.topology = topology,
                              .catalog = CatalogOf("set", 3)};
  DeclaredCommandsSource source(
      std::make_unique<ListSource>(std::vector<absl::StatusOr<ClusterReading>>{
          hidden, absl::UnavailableError("gone"), hidden, own}),
      CatalogOf("my.get", 2));

  const auto first = source.Read(absl::InfiniteFuture());
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->hides_commands);
  EXPECT_TRUE(
      absl::IsUnavailable(source.Read(absl::InfiniteFuture()).status()));
  EXPECT_EQ(source.Read(absl::InfiniteFuture())->catalog, first->catalog);

  const auto last = source.Read(absl::InfiniteFuture());
  ASSERT_TRUE(last.ok());
  EXPECT_FALSE(last->hides_commands);
  EXPECT_NE(last->catalog->Find("set"), nullptr);
  EXPECT_NE(last->catalog->Find("my.get"), nullptr);
  EXPECT_EQ(last->catalog->Find("mget"), nullptr);
}

}  // namespace
}  // namespace slotplanner
