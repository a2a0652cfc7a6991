// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;
import slotplanner.v1.TopologyServiceOuterClass.GetKeyPositionsResponse;
import slotplanner.v1.TopologyServiceOuterClass.HiddenArguments;
import slotplanner.v1.TopologyServiceOuterClass.KeyPositions;
import slotplanner.v1.TopologyServiceOuterClass.KeyRange;

/**
 * Which arguments of which command the planner reads, as <code>TopologyService.GetKeyPositions
 * </code> says; so that all others need not travel. Immutable.
 */
final class KeyPositionsTable {
  private static final byte[] EMPTY = {};

  // By name, in lower case; subcommands by `container|name`.
  private final Map<String, KeyPositions> positions = new HashMap<>();
  private int maxNameLength;

  KeyPositionsTable(GetKeyPositionsResponse response) {
    for (KeyPositions each : response.getCommandsList()) {
      positions.put(each.getCommand(), each);
      maxNameLength = Math.max(maxNameLength, each.getCommand().length());
    }
  }

  /** Whether the command, and its subcommand if it has one, is in the table. */
  boolean lists(Command command) {
    KeyPositions container = find(command);
    return container != null
        && (!container.getIsContainer()
            || command.args().size() == 1
            || findSubcommand(command) != null);
  }

  /**
   * The arguments of a command with an empty one in place of each that is not read; of what the
   * table does not list, of all but the name and the subcommand. O(arguments).
   */
  byte[][] withoutValues(Command command) {
    List<byte[]> args = command.args();
    KeyPositions found = find(command);
    boolean isContainer = found != null && found.getIsContainer();
    KeyPositions rest = isContainer ? findSubcommand(command) : found;
    if (rest != null && rest.getReadsAll()) {
      return withoutHidden(rest, args);
    }
    byte[][] out = new byte[args.size()][];
    Arrays.fill(out, EMPTY);
    out[0] = args.get(0);
    if (isContainer && out.length > 1) {
      out[1] = args.get(1);
    }
    if (rest != null) {
      for (KeyRange range : rest.getRangesList()) {
        forEachRead(range, args, index -> out[index] = args.get(index));
      }
    }
    return out;
  }

  private KeyPositions find(Command command) {
    String name = Bytes.latin1(command.args().get(0));
    return name.indexOf('|') >= 0 ? null : findName(name);
  }

  private KeyPositions findSubcommand(Command command) {
    List<byte[]> args = command.args();
    return args.size() < 2
        ? null
        : findName(Bytes.latin1(args.get(0)) + "|" + Bytes.latin1(args.get(1)));
  }

  private KeyPositions findName(String name) {
    return name.length() > maxNameLength ? null : positions.get(lowerCaseAscii(name));
  }

  /** Other letters stay as they are: names are bytes. */
  private static String lowerCaseAscii(String latin1) {
    return latin1.chars().anyMatch(c -> c >= 0x80) ? latin1 : latin1.toLowerCase(Locale.ROOT);
  }

  private static void forEachRead(KeyRange range, List<byte[]> args, IntConsumer read) {
    int size = args.size();
    long first = Math.max(range.getFirst(), 1);
    long step = Math.max(range.getStep(), 1);
    long behind = first; // Behind the keys and what belongs to them.
    long last = range.getLast() < 0 ? size + range.getLast() : range.getLast();
    if (range.getCountIndex() != 0) {
      if (range.getCountIndex() < 0 || range.getCountIndex() >= size) {
        return;
      }
      read.accept(range.getCountIndex());
      long count = parseKeyCount(args.get(range.getCountIndex()));
      behind = first + count * step;
      if (count < 0 || (count > 0 && behind > size)) {
        return;
      }
      last = behind - 1;
    } else if (last >= first) {
      behind = first + ((last - first) / step + 1) * step;
    }
    for (long i = first; i <= Math.min(last, size - 1); i += step) {
      read.accept((int) i);
    }
    for (long i = behind; range.getReadsBehind() && i < size; i++) {
      read.accept((int) i);
    }
  }

  /** -1 when the planner reads no number of keys there. */
  private static long parseKeyCount(byte[] arg) {
    String text = Bytes.latin1(arg);
    return text.matches("0|[1-9][0-9]{0,8}") ? Long.parseLong(text) : -1;
  }

  /** All arguments but those behind the words that hide some. */
  private static byte[][] withoutHidden(KeyPositions rest, List<byte[]> args) {
    byte[][] out = args.toArray(new byte[0][]);
    for (int i = 1; i < out.length; i++) {
      HiddenArguments hidden = hiddenBehind(rest, i, out[i]);
      if (hidden == null) {
        continue;
      }
      if (hidden.getCount() == 0) {
        break;
      }
      for (int n = 0; n < hidden.getCount() && i + 1 < out.length; n++) {
        out[++i] = EMPTY;
      }
    }
    return out;
  }

  private static HiddenArguments hiddenBehind(KeyPositions rest, int index, byte[] word) {
    for (HiddenArguments hidden : rest.getHiddenList()) {
      if (index >= hidden.getFirst() && Bytes.equalsIgnoreCase(word, hidden.getWord())) {
        return hidden;
      }
    }
    return null;
  }
}
