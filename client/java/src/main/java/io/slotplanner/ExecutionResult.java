// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;

/** What a batch came to. Immutable. */
final class ExecutionResult {
  /** Parallel to the commands. */
  final List<CommandResult> commands;

  /**
   * What to report by <code>TopologyService.ReportRedirection</code>: the first MOVED that was met,
   * or the first other redirection that stood to the end. Empty when there was none.
   */
  final String redirection;

  ExecutionResult(List<CommandResult> commands, String redirection) {
    this.commands = commands;
    this.redirection = redirection;
  }
}
