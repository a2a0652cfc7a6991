// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A node on loopback that speaks RESP over real sockets and answers as it is told. */
final class FakeNode implements AutoCloseable {
  /** What a handler returns to end the connection. */
  static final String CLOSE = null;

  /** What a handler returns to say nothing. */
  static final String SILENCE = "";

  /** What came, as words; each new connection is `CONNECT`. */
  final List<String> received = new CopyOnWriteArrayList<>();

  private final ServerSocket server;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final Function<String, String> handler;

  /** `handler` gets a command, its arguments joined by blanks, and returns what goes out. */
  FakeNode(Function<String, String> handler) throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), handler);
  }

  FakeNode(ServerSocket server, Function<String, String> handler) {
    this.server = server;
    this.handler = handler;
    start(this::accept);
  }

  Endpoint endpoint() {
    return new Endpoint("127.0.0.1", server.getLocalPort());
  }

  /** Ends all connections, not the listening. */
  void disconnectAll() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    disconnectAll();
  }

  private static void start(Runnable runnable) {
    Thread thread = new Thread(runnable);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        sockets.add(socket);
        start(() -> serve(socket));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void serve(Socket socket) {
    received.add("CONNECT");
    try (Socket open = socket) {
      InputStream in = new BufferedInputStream(open.getInputStream());
      while (true) {
        String command = readCommand(in);
        received.add(command);
        String reply = handler.apply(command);
        if (reply == CLOSE) {
          return;
        }
        open.getOutputStream().write(Bytes.latin1(reply));
      }
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static String readCommand(InputStream in) throws IOException {
    int count = Integer.parseInt(readLine(in).substring(1));
    List<byte[]> args = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = Integer.parseInt(readLine(in).substring(1));
      args.add(in.readNBytes(length));
      in.readNBytes(2);
    }
    return args.stream().map(Bytes::latin1).collect(Collectors.joining(" "));
  }

  private static String readLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("closed");
      }
      line.append((char) c);
    }
    return line.substring(0, line.length() - 1);
  }
}
