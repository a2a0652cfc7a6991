// SPDX-License-Identifier: Apache-2.0
#include "service/topology/node_dialer.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/password_source.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/tls_context.h"
#include "service/topology/cluster_access.h"
#include "service/topology/source_spec.h"

namespace slotplanner {
namespace {

// Some round trips over any distance, and one SYN that was lost (it is sent
// again after a second). Not longer: after each further loss the system waits
// twice as long, while a node that is back answers a new SYN at once.
constexpr absl::Duration kConnectTimeout = absl::Seconds(2);

// Many nodes are read at once, and one of them may be hostile, so a reply may
// be less long than a caller's. CLUSTER SHARDS has some 17 values and 350 bytes
// a node: 16 MiB are 47,000 nodes and 500,000 values 29,000, where the
// specification of the cluster goes up to 1,000. CLUSTER SLOTS repeats the
// nodes for each range: 16384 ranges of a primary and a replica are 280,000
// values. A `RespValue` has about 72 bytes: 36 MB for a reply.
constexpr RespLimits kLimits = {.max_reply_bytes = size_t{16} << 20,
                                .max_reply_elements = 500'000};

absl::Status Explain(const RespEndpoint& node, const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrCat("Node ", ToString(node), ": ", status.message()));
}

}  // namespace

NodeDialer::NodeDialer(const RedisSourceSpec& spec, ClusterAccess access)
    : access_(std::move(access)) {
  if (access_.user.empty()) access_.user = spec.user;
  if (access_.password.is_none() && !spec.password.empty()) {
    access_.password = PasswordSource::Literal(spec.password);
  }
  if (spec.tls) tls_.emplace(access_.tls.value_or(TlsFiles{}));
}

absl::StatusOr<std::unique_ptr<RespConnection>> NodeDialer::Dial(
    const RespEndpoint& node) {
  RespConnectOptions options = {.tls = nullptr, .limits = kLimits};
  if (tls_.has_value()) {
    absl::StatusOr<std::shared_ptr<const TlsContext>> tls = tls_->Current();
    if (!tls.ok()) return Explain(node, tls.status());
    options.tls = *std::move(tls);
  }
  const absl::StatusOr<std::string> password = access_.password.Read();
  if (!password.ok()) return Explain(node, password.status());
  absl::StatusOr<std::unique_ptr<RespConnection>> connection =
      RespConnection::Start(node, absl::Now() + kConnectTimeout, options);
  if (!connection.ok()) return connection;
  (*connection)
      ->LogIn(access_.user, *password, absl::StatusCode::kInvalidArgument);
  return connection;
}

absl::Status NodeDialer::CheckAccess() {
  if (tls_.has_value()) {
    if (const auto tls = tls_->Current(); !tls.ok()) return tls.status();
    // `Current` goes on with the last good files.
    if (absl::Status loaded = tls_->load_status(); !loaded.ok()) return loaded;
  }
  return access_.password.Read().status();
}

}  // namespace slotplanner
