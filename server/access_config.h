// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/config/v1/server_config.pb.h"

#include "server/declared_commands.h"
#include "service/topology/cluster_access.h"
#include "service/topology/source_spec.h"

namespace slotplanner {

// How to get at the nodes of `cluster`, whose `source` is read already. What is
// wrong is reported with its path within the cluster, such as `.tls.key_file`.
// Files are not opened: they may come, go and change while the server runs.
ClusterAccess ReadClusterAccess(const config::v1::Cluster& cluster,
                                const SourceSpec& source, ReportProblem report);

}  // namespace slotplanner
