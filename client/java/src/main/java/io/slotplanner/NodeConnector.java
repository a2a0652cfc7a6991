// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;

/** Makes connections to nodes. Thread-safe. */
public interface NodeConnector {
  /**
   * Connects to a node and logs in.
   *
   * @param endpoint the node
   * @param readonly whether the connection is to serve reads at a replica: <code>READONLY</code> is
   *     sent on it
   * @param deadline when to give up at the latest
   * @return a connection with no reply pending
   * @throws NodeConnectionException UNAVAILABLE when the node cannot be reached in time,
   *     UNAUTHENTICATED when it refuses the password, FAILED_PRECONDITION when it refuses READONLY,
   *     INVALID_ARGUMENT when the password cannot be read
   */
  NodeConnection connect(Endpoint endpoint, boolean readonly, Deadline deadline)
      throws NodeConnectionException;
}
