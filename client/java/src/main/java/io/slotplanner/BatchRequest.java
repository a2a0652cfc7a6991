// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;

/** What to plan: commands, and how. Immutable. */
final class BatchRequest {
  final List<Command> commands;
  final ExecuteOptions options;

  /** As in <code>PlanBatchRequest</code>. */
  final String outdatedTopologyVersion;

  BatchRequest(List<Command> commands, ExecuteOptions options, String outdatedTopologyVersion) {
    this.commands = List.copyOf(commands);
    this.options = options;
    this.outdatedTopologyVersion = outdatedTopologyVersion;
  }
}
