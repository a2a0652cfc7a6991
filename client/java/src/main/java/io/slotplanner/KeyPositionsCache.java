// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Keeps the table of each cluster, from its first use on. Thread-safe. */
final class KeyPositionsCache {
  /** A server hears of a new command with a refresh, which is seconds apart, too. */
  private static final long MIN_FETCH_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final class Entry {
    final KeyPositionsTable table;
    long mayFetchFrom;

    Entry(KeyPositionsTable table, long mayFetchFrom) {
      this.table = table;
      this.mayFetchFrom = mayFetchFrom;
    }
  }

  private final LongSupplier nanoClock;
  private final Map<String, Entry> entries = new HashMap<>(); // Guarded by this.

  KeyPositionsCache(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /**
   * The table of a cluster. `fetch` is called when there is none yet, and when a command is not
   * listed, which may have been added since: then for one caller at a time, not within a second of
   * the last time, and meanwhile the table is the old one. Throws what `fetch` throws, after which
   * the next caller fetches anew.
   */
  KeyPositionsTable tableFor(
      String cluster, List<Command> commands, Supplier<KeyPositionsTable> fetch) {
    KeyPositionsTable kept = kept(cluster, commands);
    if (kept != null) {
      return kept;
    }
    try {
      KeyPositionsTable table = fetch.get();
      synchronized (this) {
        entries.put(cluster, new Entry(table, nextFetch()));
      }
      return table;
    } catch (RuntimeException e) {
      synchronized (this) {
        Entry entry = entries.get(cluster);
        if (entry != null) {
          entry.mayFetchFrom = nanoClock.getAsLong();
        }
      }
      throw e;
    }
  }

  /** The table that will do; null when one must be fetched. */
  private KeyPositionsTable kept(String cluster, List<Command> commands) {
    Entry entry;
    synchronized (this) {
      entry = entries.get(cluster);
    }
    if (entry == null || commands.stream().allMatch(entry.table::lists)) {
      return entry == null ? null : entry.table;
    }
    synchronized (this) {
      entry = entries.get(cluster);
      if (nanoClock.getAsLong() - entry.mayFetchFrom < 0) {
        return entry.table;
      }
      entry.mayFetchFrom = nextFetch(); // From here on others leave it to this caller.
      return null;
    }
  }

  private long nextFetch() {
    return nanoClock.getAsLong() + MIN_FETCH_INTERVAL_NANOS;
  }
}
