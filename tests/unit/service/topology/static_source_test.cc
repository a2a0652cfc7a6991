// SPDX-License-Identifier: Apache-2.0
#include "service/topology/static_source.h"

#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/topology_source.h"

namespace slotplanner {
namespace {

TEST(StaticSourceTest, ReadsEvenShardsAndTheCommandsOfRedis70) {
  StaticSource source(3);
  const absl::StatusOr<ClusterReading> reading =
      source.Read(absl::InfiniteFuture());
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->topology->shards().size(), 3u);
  EXPECT_EQ(reading->topology->unassigned_slot_count(), 0);
  EXPECT_EQ(reading->catalog, CommandCatalog::Redis70());
}

TEST(StaticSourceTest, GivesTheSameObjectsEachTime) {
  StaticSource source(1);
  EXPECT_EQ(source.Read(absl::InfiniteFuture())->topology,
            source.Read(absl::InfiniteFuture())->topology);
}

}  // namespace
}  // namespace slotplanner
