// SPDX-License-Identifier: Apache-2.0
#include "service/topology/redis_source.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_nodes_reply.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/node_poll.h"
#include "service/topology/node_session.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_vote.h"

namespace slotplanner {
namespace {

RespEndpoint EndpointOf(const Node& node) {
  return {.host = node.host, .port = node.port};
}

// From the `turn`-th on, round and round.
template <typename T>
void AppendInTurn(std::vector<T> from, size_t turn, std::vector<T>& out) {
  if (from.empty()) return;
  std::rotate(from.begin(),
              from.begin() + static_cast<std::ptrdiff_t>(turn % from.size()),
              from.end());
  out.insert(out.end(), from.begin(), from.end());
}

// Whom to ask, the most promising first: primaries that own slots, for they
// decide on failovers; then all others. The nodes are those of `topology`.
std::vector<const Node*> NodesToAsk(const ClusterTopology& topology,
                                    size_t turn) {
  std::vector<const Node*> owners;
  std::vector<const Node*> others;
  for (const Shard& shard : topology.shards()) {
    (shard.slot_ranges.empty() ? others : owners).push_back(&shard.primary);
    for (const Node& replica : shard.replicas) others.push_back(&replica);
  }
  std::vector<const Node*> nodes;
  AppendInTurn(std::move(owners), turn, nodes);
  AppendInTurn(std::move(others), turn, nodes);
  return nodes;
}

std::vector<uint64_t> EpochsOf(const ClusterTopology& topology,
                               const ClusterNodes& nodes) {
  std::vector<uint64_t> epochs;
  for (const Shard& shard : topology.shards()) {
    const auto found = nodes.config_epochs.find(shard.primary.node_id);
    // A primary that came between the two replies has none yet.
    epochs.push_back(found != nodes.config_epochs.end() ? found->second : 0);
  }
  return epochs;
}

// Nodes may be behind one address; it is asked once.
std::vector<RespEndpoint> WithoutRepeats(
    const std::vector<RespEndpoint>& endpoints) {
  std::vector<RespEndpoint> distinct;
  std::set<std::string> seen;
  for (const RespEndpoint& endpoint : endpoints) {
    if (seen.insert(ToString(endpoint)).second) distinct.push_back(endpoint);
  }
  return distinct;
}

// One status for all that went wrong, a few of them in full.
absl::Status Summarize(const std::vector<NodeProblem>& problems) {
  constexpr size_t kMaxShown = 3;
  std::string text = absl::StrJoin(
      problems.begin(),
      problems.begin() +
          static_cast<std::ptrdiff_t>(std::min(kMaxShown, problems.size())),
      " ", [](std::string* out, const NodeProblem& problem) {
        absl::StrAppend(out, problem.status.message());
      });
  if (problems.size() > kMaxShown) {
    absl::StrAppend(&text, " So did ", problems.size() - kMaxShown,
                    " other nodes fail.");
  }
  const bool is_reachable = std::any_of(
      problems.begin(), problems.end(), [](const NodeProblem& problem) {
        return absl::IsInvalidArgument(problem.status);
      });
  return is_reachable ? absl::InvalidArgumentError(text)
                      : absl::UnavailableError(text);
}

}  // namespace

// What the nodes have told in one look.
struct RedisSource::Findings {
  bool HasAsked(const RespEndpoint& node) const {
    return asked.contains(ToString(node));
  }
  bool HasFailed(const RespEndpoint& node) const {
    return std::any_of(
        problems.begin(), problems.end(),
        [&](const NodeProblem& problem) { return problem.node == node; });
  }
  bool HasHeardOf(const std::string& node_id) const {
    return std::any_of(nodes.begin(), nodes.end(), [&](const ClusterNodes& n) {
      return n.node_id == node_id;
    });
  }

  std::set<std::string> asked;  // Endpoints, as `ToString` gives them.
  int asked_for_view_count = 0;
  std::vector<ClusterView> views;
  std::vector<RespEndpoint> viewers;  // Who gave them, in the same order.
  std::vector<ClusterNodes> nodes;
  bool hides_nodes = false;
  std::vector<NodeProblem> problems;
};

RedisSource::RedisSource(const RedisSourceSpec& spec,
                         const ClusterAccess& access)
    : seeds_(spec.seeds),
      max_votes_(access.max_votes),
      dialer_(spec, access),
      poll_(&dialer_) {}

absl::StatusOr<ClusterReading> RedisSource::Read(absl::Time deadline) {
  absl::StatusOr<ClusterReading> reading = Look(deadline);
  poll_.CloseUnused();
  ++turn_;
  return reading;
}

absl::StatusOr<ClusterReading> RedisSource::Look(absl::Time deadline) {
  Findings findings;
  absl::StatusOr<TopologyChoice> choice = Choose(deadline, findings);
  if (!choice.ok()) return choice.status();
  const ClusterTopology& topology = *choice->topology;
  AskForNodes(topology, deadline, findings);
  absl::Status catalog_status = UpdateCatalog(topology, deadline, findings);
  if (catalog_ == nullptr) return catalog_status;

  ClusterReading reading = {.topology = choice->topology,
                            .catalog = catalog_,
                            .hides_commands = hides_commands_};
  reading.migrations = Migrations(topology, findings);
  reading.asked_node_count = findings.asked_for_view_count;
  reading.agreeing_node_count = choice->agreeing_count;
  reading.hides_migrations = findings.hides_nodes;
  reading.access_status = dialer_.CheckAccess();
  reading.is_settled =
      choice->is_unanimous &&
      std::none_of(topology.shards().begin(), topology.shards().end(),
                   [&](const Shard& shard) {
                     return !shard.slot_ranges.empty() &&
                            findings.HasFailed(EndpointOf(shard.primary));
                   });
  constexpr size_t kMaxProblems = 32;
  if (findings.problems.size() > kMaxProblems) {
    findings.problems.erase(findings.problems.begin() + kMaxProblems,
                            findings.problems.end());
  }
  reading.problems = std::move(findings.problems);
  choice_ = *std::move(choice);
  return reading;
}

absl::StatusOr<TopologyChoice> RedisSource::Choose(absl::Time deadline,
                                                   Findings& findings) {
  AskForViews(deadline, findings);
  if (findings.views.empty()) return Summarize(findings.problems);
  const TopologyChoice* last = choice_.has_value() ? &*choice_ : nullptr;
  std::optional<TopologyChoice> choice = ChooseTopology(findings.views, last);
  if (!choice.has_value() && last != nullptr) {
    // Perhaps somebody has dealt out the slots by hand: then most primaries
    // say so.
    std::vector<RespEndpoint> primaries;
    for (const Shard& shard : last->topology->shards()) {
      const RespEndpoint primary = EndpointOf(shard.primary);
      if (!findings.HasAsked(primary)) primaries.push_back(primary);
    }
    AskForViewsOf(WithoutRepeats(primaries), deadline, findings);
    choice = ChooseTopology(findings.views, last);
  }
  if (!choice.has_value()) {
    return absl::UnavailableError(
        "The nodes that answered know only a topology older than the last "
        "one.");
  }
  if (last != nullptr &&
      last->topology->version() == choice->topology->version()) {
    choice->topology = last->topology;
  }
  return *std::move(choice);
}

void RedisSource::AskForViews(absl::Time deadline, Findings& findings) {
  std::vector<RespEndpoint> candidates;
  const auto add_nodes_of = [&](const ClusterTopology& topology) {
    for (const Node* node : NodesToAsk(topology, turn_)) {
      // A node that is known by another address has voted already.
      if (!findings.HasHeardOf(node->node_id)) {
        candidates.push_back(EndpointOf(*node));
      }
    }
  };
  if (choice_.has_value()) {
    add_nodes_of(*choice_->topology);
  } else {
    candidates = seeds_;
  }
  while (absl::Now() < deadline) {
    std::erase_if(candidates, [&](const RespEndpoint& candidate) {
      return findings.HasAsked(candidate);
    });
    candidates = WithoutRepeats(candidates);
    const auto count = std::min<size_t>(candidates.size(), VotesLeft(findings));
    const std::vector<RespEndpoint> nodes(
        candidates.begin(),
        candidates.begin() + static_cast<std::ptrdiff_t>(count));
    if (nodes.empty()) return;
    // Nodes that all stall leave time for those behind them.
    const absl::Time now = absl::Now();
    AskForViewsOf(nodes, now + (deadline - now) / 2, findings);
    if (findings.views.empty()) {
      candidates.insert(candidates.begin(), seeds_.begin(), seeds_.end());
    }
    for (const ClusterView& view : findings.views) add_nodes_of(*view.topology);
  }
}

// A round that gets no view at all is followed by another one.
size_t RedisSource::VotesLeft(const Findings& findings) const {
  const int asked = findings.views.empty() ? 0 : findings.asked_for_view_count;
  return static_cast<size_t>(std::max(max_votes_ - asked, 0));
}

void RedisSource::AskForViewsOf(const std::vector<RespEndpoint>& nodes,
                                absl::Time deadline, Findings& findings) {
  for (size_t begin = 0; begin < nodes.size(); begin += NodePoll::kMaxNodes) {
    const size_t count = std::min(NodePoll::kMaxNodes, nodes.size() - begin);
    const auto wave = std::span(nodes).subspan(begin, count);
    std::vector<NodeAnswer> answers =
        poll_.Ask(wave, Question::kView, deadline);
    for (size_t i = 0; i < count; ++i) {
      findings.asked.insert(ToString(wave[i]));
      NodeAnswer& answer = answers[i];
      if (!answer.status.ok()) {
        ++findings.asked_for_view_count;
        findings.problems.push_back(
            {.node = wave[i], .status = std::move(answer.status)});
        continue;
      }
      ClusterView view = {.node_id = "",
                          .topology = std::move(answer.topology),
                          .shard_epochs = {}};
      if (answer.nodes.has_value()) {
        // A node with two addresses has one vote.
        if (findings.HasHeardOf(answer.nodes->node_id)) continue;
        view.node_id = answer.nodes->node_id;
        view.shard_epochs = EpochsOf(*view.topology, *answer.nodes);
        findings.nodes.push_back(*std::move(answer.nodes));
      } else {
        findings.hides_nodes = true;
      }
      ++findings.asked_for_view_count;
      // Equal topologies are kept once.
      for (const ClusterView& other : findings.views) {
        if (other.topology->version() == view.topology->version()) {
          view.topology = other.topology;
          break;
        }
      }
      findings.views.push_back(std::move(view));
      findings.viewers.push_back(wave[i]);
    }
  }
}

void RedisSource::AskForNodes(const ClusterTopology& topology,
                              absl::Time deadline, Findings& findings) {
  std::vector<RespEndpoint> primaries;
  for (const Shard& shard : topology.shards()) {
    const RespEndpoint primary = EndpointOf(shard.primary);
    if (!findings.HasAsked(primary) &&
        !findings.HasHeardOf(shard.primary.node_id)) {
      primaries.push_back(primary);
    }
  }
  primaries = WithoutRepeats(primaries);
  // Enough for the clusters that there are; one of the greatest size that the
  // specification knows, 1,000 nodes, is gone through in ten looks.
  const size_t count = std::min(primaries.size(), NodePoll::kMaxNodes);
  std::vector<RespEndpoint> in_turn;
  AppendInTurn(std::move(primaries), turn_ * NodePoll::kMaxNodes, in_turn);
  in_turn.resize(count);
  std::vector<NodeAnswer> answers =
      poll_.Ask(in_turn, Question::kNodes, deadline);
  for (size_t i = 0; i < count; ++i) {
    if (!answers[i].status.ok()) {
      findings.problems.push_back(
          {.node = in_turn[i], .status = std::move(answers[i].status)});
    } else if (answers[i].nodes.has_value()) {
      findings.nodes.push_back(*std::move(answers[i].nodes));
    } else {
      findings.hides_nodes = true;
    }
  }
}

std::vector<SlotMigration> RedisSource::Migrations(
    const ClusterTopology& topology, const Findings& findings) {
  for (const ClusterNodes& nodes : findings.nodes) {
    reported_migrations_[nodes.node_id] = nodes.migrations;
  }
  std::set<std::string> primaries;
  for (const Shard& shard : topology.shards()) {
    primaries.insert(shard.primary.node_id);
  }
  std::erase_if(reported_migrations_, [&](const auto& entry) {
    return !primaries.contains(entry.first);
  });
  std::vector<ReportedMigration> reported;
  for (const auto& [node_id, migrations] : reported_migrations_) {
    for (const SlotMigration& migration : migrations) {
      reported.push_back({.migration = migration,
                          .is_source = migration.source_node_id == node_id});
    }
  }
  return ChooseMigrations(std::move(reported), topology);
}

absl::Status RedisSource::UpdateCatalog(const ClusterTopology& topology,
                                        absl::Time deadline,
                                        Findings& findings) {
  if (catalog_ != nullptr && !hides_commands_ &&
      catalog_version_ == topology.version()) {
    return absl::OkStatus();
  }
  std::vector<NodeProblem> problems;
  for (size_t i = 0; i < findings.viewers.size(); ++i) {
    if (findings.views[i].topology->version() != topology.version()) continue;
    const absl::Time now = absl::Now();
    // A node that stalls leaves time for others; and the commands that were
    // read before will do, so that a new topology need not wait for newer ones.
    absl::Time limit = now + (deadline - now) / 3;
    if (catalog_ != nullptr) limit = std::min(limit, now + absl::Seconds(1));
    std::vector<NodeAnswer> answers =
        poll_.Ask({&findings.viewers[i], 1}, Question::kCommands, limit);
    NodeAnswer& answer = answers.front();
    if (!answer.status.ok()) {
      problems.push_back(
          {.node = findings.viewers[i], .status = std::move(answer.status)});
      if (catalog_ != nullptr) break;
      continue;
    }
    catalog_version_ = topology.version();
    if (answer.catalog != nullptr) {
      catalog_ = std::move(answer.catalog);
      hides_commands_ = false;
    } else if (catalog_ == nullptr) {
      catalog_ = CommandCatalog::Redis70();
      hides_commands_ = true;
    }
    return absl::OkStatus();
  }
  absl::Status status = Summarize(problems);
  std::move(problems.begin(), problems.end(),
            std::back_inserter(findings.problems));
  return status;
}

}  // namespace slotplanner
