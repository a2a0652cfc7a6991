// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Makes connections by Jedis. Immutable. */
final class JedisConnector implements NodeConnector {
  /** How to log in to nodes. */
  static final class Options {
    /** The ACL user; empty means the default user. */
    String user = "";

    /** Looked up for each new connection; null means that the nodes ask for none. */
    Supplier<String> password;

    /** How long one node may take to accept a connection, AUTH and READONLY included. */
    Duration connectTimeout = Duration.ofSeconds(1);

    /** Null: plain TCP. */
    SSLContext tls;

    /** Whether a node's certificate must have the host that was connected to. */
    boolean verifiesHostnames = true;

    Options copy() {
      Options copy = new Options();
      copy.user = user;
      copy.password = password;
      copy.connectTimeout = connectTimeout;
      copy.tls = tls;
      copy.verifiesHostnames = verifiesHostnames;
      return copy;
    }
  }

  private final Options options;

  JedisConnector(Options options) {
    this.options = options;
  }

  @Override
  public NodeConnection connect(Endpoint endpoint, boolean readonly, Deadline deadline)
      throws NodeConnectionException {
    Deadline ready =
        deadline.minimum(Deadline.after(options.connectTimeout.toNanos(), TimeUnit.NANOSECONDS));
    List<byte[]> auth = auth();
    SocketChannel channel = open(endpoint, ready);
    try {
      Socket socket = channel.socket();
      if (options.tls != null) {
        socket.setSoTimeout(millisUntil(ready));
        socket = encrypt(endpoint, socket);
      }
      JedisNodeConnection connection = new JedisNodeConnection(endpoint, channel, socket);
      connection.setReadTimeout(millisUntil(ready));
      if (auth != null) {
        login(connection, auth, Status.UNAUTHENTICATED, endpoint);
      }
      if (readonly) {
        login(connection, List.of(Bytes.utf8("READONLY")), Status.FAILED_PRECONDITION, endpoint);
      }
      connection.setReadTimeout(0);
      return connection;
    } catch (IOException | RuntimeException e) {
      close(channel);
      throw unavailable(endpoint, "connecting failed", e);
    } catch (NodeConnectionException e) {
      close(channel);
      throw e;
    }
  }

  /** Null when there is no password. */
  private List<byte[]> auth() throws NodeConnectionException {
    if (options.password == null) {
      return null;
    }
    String password;
    try {
      password = options.password.get();
    } catch (RuntimeException e) {
      throw new NodeConnectionException(
          Status.INVALID_ARGUMENT.withDescription("The password of the nodes cannot be read."), e);
    }
    byte[] name = Bytes.utf8("AUTH");
    return options.user.isEmpty()
        ? List.of(name, Bytes.utf8(password))
        : List.of(name, Bytes.utf8(options.user), Bytes.utf8(password));
  }

  /** A connection to the first address of the host that takes one. */
  private static SocketChannel open(Endpoint endpoint, Deadline ready)
      throws NodeConnectionException {
    IOException last = null;
    try {
      for (InetAddress address : InetAddress.getAllByName(endpoint.host())) {
        SocketChannel channel = SocketChannel.open();
        try {
          channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
          channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
          channel
              .socket()
              .connect(new InetSocketAddress(address, endpoint.port()), millisUntil(ready));
          return channel;
        } catch (IOException e) {
          close(channel);
          last = e;
        }
      }
    } catch (IOException e) {
      last = e;
    }
    throw unavailable(endpoint, "connecting failed", last);
  }

  private SSLSocket encrypt(Endpoint endpoint, Socket socket) throws IOException {
    SSLSocket encrypted =
        (SSLSocket)
            options
                .tls
                .getSocketFactory()
                .createSocket(socket, endpoint.host(), endpoint.port(), true);
    if (options.verifiesHostnames) {
      SSLParameters parameters = encrypted.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      encrypted.setSSLParameters(parameters);
    }
    encrypted.startHandshake();
    return encrypted;
  }

  private static void login(
      NodeConnection connection, List<byte[]> command, Status otherwise, Endpoint endpoint)
      throws NodeConnectionException {
    connection.write(command);
    connection.flush();
    Reply reply = connection.read();
    if (reply.isError()) {
      // The node's words may hold the user's name; the code says enough.
      String code = reply.latin1().split(" ", 2)[0];
      throw new NodeConnectionException(
          otherwise.withDescription(
              "Node " + endpoint + ": " + Bytes.latin1(command.get(0)) + " answered " + code + "."),
          null);
    }
  }

  static NodeConnectionException unavailable(Endpoint endpoint, String what, Throwable cause) {
    Throwable root = cause;
    while (root != null && root.getCause() != null) {
      root = root.getCause();
    }
    String why = root == null || root.getMessage() == null ? "" : " (" + root.getMessage() + ")";
    return new NodeConnectionException(
        Status.UNAVAILABLE.withDescription("Node " + endpoint + ": " + what + why + "."), cause);
  }

  /** At least 1, for 0 would mean for ever. */
  private static int millisUntil(Deadline deadline) {
    long millis = deadline.timeRemaining(TimeUnit.MILLISECONDS);
    return (int) Math.max(1, Math.min(millis, Integer.MAX_VALUE));
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more.
    }
  }
}
