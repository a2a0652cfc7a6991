// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Connections to the nodes of a cluster, kept open between uses: there are never more of them than
 * were in use at one time. Thread-safe.
 */
final class NodeConnections implements AutoCloseable {
  private final NodeConnector connector;
  private final Map<ConnectionKey, Deque<NodeConnection>> idle =
      new HashMap<>(); // Guarded by this.
  private boolean isClosed; // Guarded by this.

  NodeConnections(NodeConnector connector) {
    this.connector = connector;
  }

  /**
   * A connection to the node for the caller alone, with no reply pending: an idle one, else a new
   * one.
   */
  NodeConnection take(Endpoint endpoint, boolean readonly, Deadline deadline)
      throws NodeConnectionException {
    ConnectionKey key = new ConnectionKey(endpoint, readonly);
    for (NodeConnection kept = takeIdle(key); kept != null; kept = takeIdle(key)) {
      // The node may have closed it meanwhile; better to learn that before a command is sent.
      if (kept.isQuiet()) {
        return kept;
      }
      kept.abort();
    }
    return connector.connect(endpoint, readonly, deadline);
  }

  /**
   * Keeps a connection for the next caller. Requires: `take` gave it for the same arguments,
   * nothing failed on it, and no reply is pending.
   */
  void giveBack(Endpoint endpoint, boolean readonly, NodeConnection connection) {
    synchronized (this) {
      if (!isClosed) {
        idle.computeIfAbsent(new ConnectionKey(endpoint, readonly), any -> new ArrayDeque<>())
            .push(connection);
        return;
      }
    }
    connection.abort();
  }

  /** Closes the idle connections to a node, because its name may stand for another address now. */
  synchronized void forget(Endpoint endpoint) {
    for (boolean readonly : new boolean[] {false, true}) {
      Deque<NodeConnection> forgotten = idle.remove(new ConnectionKey(endpoint, readonly));
      if (forgotten != null) {
        forgotten.forEach(NodeConnection::abort);
      }
    }
  }

  /** Closes the idle connections now, and those in use when they are given back. */
  @Override
  public synchronized void close() {
    isClosed = true;
    idle.values().forEach(connections -> connections.forEach(NodeConnection::abort));
    idle.clear();
  }

  private synchronized NodeConnection takeIdle(ConnectionKey key) {
    Deque<NodeConnection> connections = idle.get(key);
    if (connections == null) {
      return null;
    }
    NodeConnection connection = connections.pop();
    if (connections.isEmpty()) {
      idle.remove(key);
    }
    return connection;
  }
}
