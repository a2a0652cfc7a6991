// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/**
 * What a connection is good for. It keeps its mode for life: one in READONLY mode would serve a
 * stale read where the plan asks for the primary (rule D2). Immutable.
 */
final class ConnectionKey {
  final Endpoint endpoint;
  final boolean readonly;

  ConnectionKey(Endpoint endpoint, boolean readonly) {
    this.endpoint = endpoint;
    this.readonly = readonly;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ConnectionKey
        && ((ConnectionKey) other).endpoint.equals(endpoint)
        && ((ConnectionKey) other).readonly == readonly;
  }

  @Override
  public int hashCode() {
    return 2 * endpoint.hashCode() + (readonly ? 1 : 0);
  }
}
