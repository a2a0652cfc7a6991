// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;

/**
 * A connection to one node, which speaks RESP2. Used by one thread at a time, but for {@link
 * #abort}. Requests are answered in their order.
 */
public interface NodeConnection {
  /**
   * Appends a request to what is to be sent; some of it may be sent already.
   *
   * @param args the name of a command, then its arguments
   * @throws NodeConnectionException when the connection is lost; then the node has not got this
   *     request whole
   */
  void write(List<byte[]> args) throws NodeConnectionException;

  /**
   * Sends what was appended.
   *
   * @throws NodeConnectionException when the connection is lost; the node may have got all of it
   */
  void flush() throws NodeConnectionException;

  /**
   * Waits for the next reply.
   *
   * @return the reply, which may be an error
   * @throws NodeConnectionException when the connection is lost
   */
  Reply read() throws NodeConnectionException;

  /**
   * Whether the connection is open and nothing has come that nobody asked for. Does not wait.
   *
   * @return false when it must not be used again
   */
  boolean isQuiet();

  /** Closes the connection at once, whatever other threads do with it. Thread-safe. */
  void abort();
}
