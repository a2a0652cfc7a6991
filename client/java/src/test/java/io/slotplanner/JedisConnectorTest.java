// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Deadline;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JedisConnectorTest {
  private static final List<byte[]> PING = List.of(Bytes.utf8("PING"));

  private final JedisConnector.Options options = new JedisConnector.Options();

  private NodeConnection connect(Endpoint endpoint, boolean readonly)
      throws NodeConnectionException {
    return new JedisConnector(options)
        .connect(endpoint, readonly, Deadline.after(10, TimeUnit.SECONDS));
  }

  private Status failure(Endpoint endpoint, boolean readonly) {
    return assertThrows(NodeConnectionException.class, () -> connect(endpoint, readonly)).status();
  }

  private static String ok(String command) {
    return "+OK\r\n";
  }

  @Test
  void sendsNothingButTheLogin() throws Exception {
    try (FakeNode node = new FakeNode(JedisConnectorTest::ok)) {
      NodeConnection plain = connect(node.endpoint(), false);
      plain.write(PING);
      plain.flush();
      assertEquals("OK", plain.read().asString());
      options.password = () -> "secret";
      connect(node.endpoint(), true);
      options.user = "alice";
      connect(node.endpoint(), false);
      assertEquals(
          List.of(
              "CONNECT",
              "PING",
              "CONNECT",
              "AUTH secret",
              "READONLY",
              "CONNECT",
              "AUTH alice secret"),
          node.received);
    }
  }

  @Test
  void tellsWhyTheLoginFailedWithoutSecrets() throws Exception {
    options.password = () -> "secret";
    try (FakeNode node =
        new FakeNode(
            command ->
                command.startsWith("AUTH") ? "-WRONGPASS bad password secret\r\n" : "+OK\r\n")) {
      Status status = failure(node.endpoint(), false);
      assertEquals(Status.Code.UNAUTHENTICATED, status.getCode());
      assertEquals(
          "Node " + node.endpoint() + ": AUTH answered WRONGPASS.", status.getDescription());
    }
    try (FakeNode node =
        new FakeNode(command -> command.equals("READONLY") ? "-ERR no\r\n" : "+OK\r\n")) {
      assertEquals(Status.Code.FAILED_PRECONDITION, failure(node.endpoint(), true).getCode());
    }
    options.password =
        () -> {
          throw new IllegalStateException("secret");
        };
    try (FakeNode node = new FakeNode(JedisConnectorTest::ok)) {
      Status status = failure(node.endpoint(), false);
      assertEquals(Status.Code.INVALID_ARGUMENT, status.getCode());
      assertEquals("The password of the nodes cannot be read.", status.getDescription());
      assertEquals(List.of(), node.received);
    }
  }

  @Test
  void givesUpOnNodesThatAreDown() throws Exception {
    Endpoint nobody;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = new Endpoint("127.0.0.1", socket.getLocalPort());
    }
    assertEquals(Status.Code.UNAVAILABLE, failure(nobody, false).getCode());
    assertEquals(
        Status.Code.UNAVAILABLE, failure(new Endpoint("no-such-host.invalid", 1), false).getCode());
  }

  @Test
  void givesUpOnNodesThatDoNotAnswerTheLogin() throws Exception {
    options.connectTimeout = Duration.ofMillis(50);
    try (FakeNode node = new FakeNode(command -> FakeNode.SILENCE)) {
      assertEquals(Status.Code.UNAVAILABLE, failure(node.endpoint(), true).getCode());
    }
  }

  @Test
  void noticesThatANodeHasClosed() throws Exception {
    try (FakeNode node = new FakeNode(JedisConnectorTest::ok)) {
      NodeConnection connection = connect(node.endpoint(), true);
      assertTrue(connection.isQuiet());
      connection.write(PING);
      connection.flush();
      connection.read();
      assertTrue(connection.isQuiet());
      node.disconnectAll();
      Deadline soon = Deadline.after(10, TimeUnit.SECONDS);
      while (connection.isQuiet() && !soon.isExpired()) {
        Thread.onSpinWait();
      }
      assertFalse(connection.isQuiet());
    }
  }

  @Test
  void noticesRepliesThatNobodyAskedFor() throws Exception {
    try (FakeNode node = new FakeNode(command -> "+OK\r\n+OK\r\n")) {
      NodeConnection connection = connect(node.endpoint(), false);
      connection.write(PING);
      connection.flush();
      connection.read();
      assertFalse(connection.isQuiet());
    }
  }

  @Test
  void speaksTls(@TempDir Path directory) throws Exception {
    TlsFiles files = new TlsFiles(directory, "ip:127.0.0.1");
    options.tls = files.clientContext();
    try (FakeNode node = tlsNode(files)) {
      NodeConnection connection = connect(node.endpoint(), true);
      assertTrue(connection.isQuiet());
      connection.write(List.of(Bytes.utf8("ECHO"), new byte[100_000]));
      connection.flush();
      assertEquals("OK", connection.read().asString());
    }
    options.tls = javax.net.ssl.SSLContext.getDefault();
    try (FakeNode node = tlsNode(files)) {
      assertEquals(Status.Code.UNAVAILABLE, failure(node.endpoint(), false).getCode());
      assertFalse(node.received.contains("READONLY"));
    }
  }

  @Test
  void verifiesTheHostUnlessToldNotTo(@TempDir Path directory) throws Exception {
    TlsFiles files = new TlsFiles(directory, "dns:elsewhere.example");
    options.tls = files.clientContext();
    try (FakeNode node = tlsNode(files)) {
      assertEquals(Status.Code.UNAVAILABLE, failure(node.endpoint(), true).getCode());
      options.verifiesHostnames = false;
      connect(node.endpoint(), true);
      assertTrue(node.received.contains("READONLY"));
    }
  }

  private static FakeNode tlsNode(TlsFiles files) throws Exception {
    ServerSocket server =
        files
            .serverContext()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    return new FakeNode(server, JedisConnectorTest::ok);
  }

  @Test
  void abortsWhatIsStuck() throws Exception {
    try (FakeNode node = new FakeNode(command -> FakeNode.SILENCE)) {
      NodeConnection connection = connect(node.endpoint(), false);
      connection.write(PING);
      connection.flush();
      Thread reader =
          new Thread(
              () -> {
                try {
                  connection.read();
                } catch (NodeConnectionException e) {
                  assertEquals(Status.Code.UNAVAILABLE, e.status().getCode());
                }
              });
      reader.start();
      connection.abort();
      reader.join(10_000);
      assertFalse(reader.isAlive());
      assertThrows(
          NodeConnectionException.class,
          () -> {
            connection.write(PING);
            connection.flush();
          });
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
