// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.ArrayList;
import java.util.List;

/** A delivery on its way, during one run of a plan. Used by one thread at a time. */
final class Trip {
  /** Where and when a delivery is to be sent again. */
  static final class Detour {
    final Endpoint endpoint;
    final boolean readonly;
    final boolean asking;
    final long due; // As System.nanoTime.

    Detour(Endpoint endpoint, boolean readonly, boolean asking, long due) {
      this.endpoint = endpoint;
      this.readonly = readonly;
      this.asking = asking;
      this.due = due;
    }
  }

  final Delivery delivery;
  final int index; // Of the delivery.
  Endpoint endpoint;
  boolean readonly;
  boolean asking; // Each of its steps needs an ASKING before it.
  int detours;
  int delays; // How often it was told to try later.
  long due; // When it is to be sent again.

  // Of a transaction: what became of its WATCH commands, and the replies since MULTI.
  boolean hasFailedWatch;
  Detour detour; // That a WATCH calls for; or null.
  final List<Reply> replies = new ArrayList<>();

  Trip(Delivery delivery, int index) {
    this.delivery = delivery;
    this.index = index;
    this.endpoint = delivery.first().endpoint;
    this.readonly = delivery.first().requiresReadonly;
  }

  /** Makes it ready to be sent once more, from its first part. */
  void take(Detour next) {
    endpoint = next.endpoint;
    readonly = next.readonly;
    asking = next.asking;
    due = next.due;
    hasFailedWatch = false;
    detour = null;
    replies.clear();
  }
}
