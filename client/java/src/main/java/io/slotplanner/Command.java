// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A command as it would be sent to a single server: its name, then its arguments, all of them
 * bytes. Immutable as long as nobody writes to the arrays that it was made from.
 */
public final class Command {
  private final List<byte[]> args;

  private Command(List<byte[]> args) {
    if (args.isEmpty()) {
      throw new IllegalArgumentException("A command needs a name.");
    }
    args.forEach(java.util.Objects::requireNonNull);
    this.args = List.copyOf(args);
  }

  /**
   * A command of text.
   *
   * @param args the name, then the arguments, each encoded as UTF-8
   * @return the command
   * @throws IllegalArgumentException when there is no name
   */
  public static Command of(String... args) {
    List<byte[]> bytes = new ArrayList<>(args.length);
    for (String arg : args) {
      bytes.add(Bytes.utf8(arg));
    }
    return new Command(bytes);
  }

  /**
   * A command of bytes.
   *
   * @param args the name, then the arguments; not copied
   * @return the command
   * @throws IllegalArgumentException when there is no name
   */
  public static Command of(byte[]... args) {
    return new Command(Arrays.asList(args));
  }

  /**
   * A command of bytes.
   *
   * @param args the name, then the arguments; the arrays are not copied
   * @return the command
   * @throws IllegalArgumentException when there is no name
   */
  public static Command of(List<byte[]> args) {
    return new Command(args);
  }

  /**
   * The name, then the arguments.
   *
   * @return an immutable list of arrays that must not be written to
   */
  public List<byte[]> args() {
    return args;
  }

  /** Says how many arguments there are, never what they are. */
  @Override
  public String toString() {
    return "Command[" + args.size() + " arguments]";
  }
}
