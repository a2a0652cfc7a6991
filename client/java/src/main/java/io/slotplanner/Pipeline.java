// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection and what goes over it. It is kept for the whole run of a plan, because WATCH and
 * WAIT speak of what was sent on the same connection before. Used by one thread at a time, but for
 * {@link #abort}.
 */
final class Pipeline {
  private static final List<byte[]> ASKING = List.of(Bytes.utf8("ASKING"));
  static final Status DEADLINE_HAS_PASSED =
      Status.DEADLINE_EXCEEDED.withDescription("The deadline has passed.");

  /** Parts [first, end) of a delivery, to be sent. */
  static final class Step {
    final Trip trip;
    final int first;
    final int end;

    Step(Trip trip, int first, int end) {
      this.trip = trip;
      this.first = first;
      this.end = end;
    }
  }

  /** What came of a part, or of a transaction that was not begun. */
  static final class Answer {
    final Trip trip;
    final int part;

    /** Whether the node can have got it. */
    boolean wasSent;

    /** Null when there is none. */
    Reply reply;

    /**
     * Whether it stands for the whole of a transaction from MULTI on, which was held back because
     * its WATCH commands have not all succeeded on this connection.
     */
    boolean isHeld;

    /** Of what is held: whether its WATCH commands are in force, as far as they succeeded. */
    boolean isWatching;

    Answer(Trip trip, int part) {
      this.trip = trip;
      this.part = part;
    }

    /** The reply to ASKING means nothing: that to what is behind it tells. */
    boolean isOfAsking() {
      return trip == null;
    }
  }

  final Endpoint endpoint;
  final boolean readonly;
  final List<Step> queue = new ArrayList<>();
  boolean isRetired; // Another one takes what comes from now on.
  long retryTime; // As System.nanoTime; 0: never told to try later.

  /** Why the last exchange ended before its time; null if it did not. */
  Status cause;

  /** Whether the last exchange found no connection to send anything over. */
  boolean wasUnready;

  private final NodeConnections connections;
  private final Deadline deadline;
  private volatile NodeConnection connection;
  private volatile boolean isAborted;
  private Trip watcher; // Whose WATCH is in force.
  private List<Answer> answers;
  private int nextUnread;

  Pipeline(Endpoint endpoint, boolean readonly, NodeConnections connections, Deadline deadline) {
    this.endpoint = endpoint;
    this.readonly = readonly;
    this.connections = connections;
    this.deadline = deadline;
  }

  /**
   * Sends all that is queued, in one write unless a transaction has to wait for its WATCH commands,
   * and takes the replies, which a node keeps for us until we have written all. Answers stand in
   * the order of what was queued; those to ASKING are left out.
   */
  List<Answer> exchange() {
    answers = new ArrayList<>();
    nextUnread = 0;
    cause = null;
    wasUnready = !open();
    for (Step step : queue) {
      if (step.trip.delivery.isInBody(step.first) && isHeldBack(step.trip)) {
        hold(step);
      } else {
        send(step);
      }
    }
    queue.clear();
    drain();
    answers.removeIf(Answer::isOfAsking);
    return answers;
  }

  /** Makes the exchange end at once. Thread-safe. */
  void abort() {
    isAborted = true;
    NodeConnection open = connection;
    if (open != null) {
      open.abort();
    }
  }

  /** Keeps the connection for others, if it will do. */
  void finish() {
    NodeConnection open = connection;
    if (open == null) {
      return;
    }
    connection = null;
    // One in which a WATCH is in force would make others' EXEC fail.
    if (isRetired || isAborted || watcher != null) {
      open.abort();
    } else {
      connections.giveBack(endpoint, readonly, open);
    }
  }

  private boolean open() {
    if (deadline.isExpired()) {
      cause = DEADLINE_HAS_PASSED;
    } else if (connection == null) {
      try {
        connection = connections.take(endpoint, readonly, deadline);
      } catch (NodeConnectionException e) {
        cause = e.status();
      }
      if (isAborted && connection != null) {
        connection.abort();
      }
    }
    return cause == null;
  }

  private boolean isHeldBack(Trip trip) {
    if (trip.delivery.watchCount == 0 || wasUnready) {
      return false;
    }
    drain();
    // A WATCH ends with its connection.
    return cause != null || watcher != trip || trip.hasFailedWatch;
  }

  private void hold(Step step) {
    Answer held = new Answer(step.trip, step.first);
    held.isHeld = true;
    held.isWatching = cause == null && watcher == step.trip;
    answers.add(held);
    nextUnread = answers.size();
  }

  private void send(Step step) {
    Trip trip = step.trip;
    if (trip.asking) {
      write(new Answer(null, 0), ASKING);
    }
    for (int part = step.first; part < step.end; part++) {
      write(new Answer(trip, part), trip.delivery.parts.get(part).args);
    }
    switch (trip.delivery.kind) {
      case WATCH:
        watcher = trip;
        break;
      case UNWATCH:
        watcher = null;
        break;
      case TRANSACTION:
        watcher = trip.delivery.isInBody(step.first) ? null : trip;
        break;
      default:
        break;
    }
  }

  private void write(Answer answer, List<byte[]> args) {
    answers.add(answer);
    if (cause != null) {
      return;
    }
    try {
      connection.write(args);
      answer.wasSent = true;
    } catch (NodeConnectionException e) {
      lose(e);
    }
  }

  /** Takes the replies to all that was written. */
  private void drain() {
    try {
      if (cause == null && nextUnread < answers.size()) {
        connection.flush();
      }
      for (; cause == null && nextUnread < answers.size(); nextUnread++) {
        Answer answer = answers.get(nextUnread);
        answer.reply = connection.read();
        if (answer.reply.isError() && !answer.isOfAsking() && isWatch(answer)) {
          answer.trip.hasFailedWatch = true;
        }
      }
    } catch (NodeConnectionException e) {
      lose(e);
    }
  }

  private static boolean isWatch(Answer answer) {
    return answer.part < answer.trip.delivery.watchCount;
  }

  private void lose(NodeConnectionException e) {
    connection.abort();
    cause = deadline.isExpired() ? DEADLINE_HAS_PASSED : e.status();
  }
}
