// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

/** Which node of a shard serves commands that only read. */
public enum ReadPreference {
  /** The primary. */
  PRIMARY,
  /** A replica that is online, or the primary if there is none. */
  REPLICA,
  /** A node in the client's zone: a replica, else the primary; failing both, any replica. */
  NEAREST
}
