// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.Optional;
import java.util.Set;

/** What the errors of a node mean for whoever sent the command. */
final class Redirection {
  private static final Set<String> TRY_LATER =
      Set.of("TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN");
  private static final Set<String> OF_TOPOLOGY = Set.of("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN");

  /** Whether only this command goes elsewhere, once, after ASKING (rule F2). */
  final boolean isAsk;

  final Endpoint target;

  private Redirection(boolean isAsk, Endpoint target) {
    this.isAsk = isAsk;
    this.target = target;
  }

  /**
   * Reads an error line such as <code>MOVED 3999 127.0.0.1:6381</code>. An empty host means that of
   * the sender. Nothing when the line is another error, names no slot, or no endpoint.
   */
  static Optional<Redirection> parse(String error, Endpoint sender) {
    String[] words = error.split(" ", -1);
    boolean isAsk = words[0].equals("ASK");
    if (words.length != 3 || !(isAsk || words[0].equals("MOVED"))) {
      return Optional.empty();
    }
    // An IPv6 address has colons of its own; the port follows the last one.
    int colon = words[2].lastIndexOf(':');
    if (colon < 0 || numberOf(words[1], 0, KeySlot.COUNT - 1) < 0) {
      return Optional.empty();
    }
    String host = words[2].substring(0, colon);
    int port = numberOf(words[2].substring(colon + 1), 1, 65535);
    if (host.equals("?") || port < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Redirection(isAsk, new Endpoint(host.isEmpty() ? sender.host() : host, port)));
  }

  /** Whether the node has executed nothing and may do so later (rule F4). */
  static boolean meansTryLater(String error) {
    return TRY_LATER.contains(codeOf(error));
  }

  /** Whether whoever makes the plans wants to hear of it. */
  static boolean tellsOfTopology(String error) {
    return OF_TOPOLOGY.contains(codeOf(error));
  }

  /** Whether a write came to a replica. It names no primary, so there is nothing to follow. */
  static boolean meansNotPrimary(String error) {
    return codeOf(error).equals("READONLY");
  }

  /**
   * Whether the node has executed nothing, because the command belongs elsewhere or comes early.
   */
  static boolean isAboutThePlan(String error) {
    return meansTryLater(error)
        || meansNotPrimary(error)
        || error.startsWith("MOVED ")
        || error.startsWith("ASK ");
  }

  private static String codeOf(String error) {
    int space = error.indexOf(' ');
    return space < 0 ? error : error.substring(0, space);
  }

  /** -1 when the text is no number from `first` to `last`. */
  private static int numberOf(String text, int first, int last) {
    if (!text.matches("[0-9]{1,5}")) {
      return -1;
    }
    int number = Integer.parseInt(text);
    return number < first || number > last ? -1 : number;
  }
}
