// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.Objects;

/** Where to connect to. Immutable. */
public final class Endpoint {
  private final String host;
  private final int port;

  /**
   * Makes an endpoint.
   *
   * @param host a name, an IPv4 address, or an IPv6 address without brackets
   * @param port 1 to 65535
   * @throws IllegalArgumentException when there is no such endpoint
   */
  public Endpoint(String host, int port) {
    if (host.isEmpty() || port < 1 || port > 65535) {
      throw new IllegalArgumentException("An endpoint has a host and a port from 1 to 65535.");
    }
    this.host = host;
    this.port = port;
  }

  /**
   * The host.
   *
   * @return a name, an IPv4 address, or an IPv6 address without brackets
   */
  public String host() {
    return host;
  }

  /**
   * The port.
   *
   * @return 1 to 65535
   */
  public int port() {
    return port;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Endpoint
        && ((Endpoint) other).host.equals(host)
        && ((Endpoint) other).port == port;
  }

  @Override
  public int hashCode() {
    return Objects.hash(host, port);
  }

  /** As in <code>host:port</code>, with an IPv6 address in brackets. */
  @Override
  public String toString() {
    return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
  }
}
