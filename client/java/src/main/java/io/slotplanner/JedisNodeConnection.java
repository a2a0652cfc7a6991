// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.PushConsumerChain;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.RedisInputStream;

/** A connection of Jedis, as a pipeline of raw commands and replies. */
final class JedisNodeConnection implements NodeConnection {
  /** Jedis' connection, with replies that keep every byte and errors that stay values. */
  private static final class Pipelined extends Connection {
    RedisInputStream in; // Null before the first reply.

    Pipelined(Socket socket) {
      super(() -> socket);
    }

    @Override
    protected Object protocolRead(RedisInputStream stream, PushConsumerChain ignored) {
      in = stream;
      return RespReader.read(stream);
    }

    void send() {
      flush();
    }
  }

  private final Endpoint endpoint;
  private final SocketChannel channel;
  private final Socket socket;
  private final Pipelined connection;

  /** `socket` is that of `channel`, or one for TLS upon it; connected. */
  JedisNodeConnection(Endpoint endpoint, SocketChannel channel, Socket socket) {
    this.endpoint = endpoint;
    this.channel = channel;
    this.socket = socket;
    this.connection = new Pipelined(socket);
  }

  @Override
  public void write(List<byte[]> args) throws NodeConnectionException {
    ProtocolCommand name = () -> args.get(0);
    CommandArguments command = new CommandArguments(name);
    for (byte[] arg : args.subList(1, args.size())) {
      command.add(arg);
    }
    try {
      connection.sendCommand(command);
    } catch (JedisException e) {
      throw lost(e);
    }
  }

  @Override
  public void flush() throws NodeConnectionException {
    try {
      connection.send();
    } catch (JedisException e) {
      throw lost(e);
    }
  }

  @Override
  public Reply read() throws NodeConnectionException {
    try {
      return (Reply) connection.getUnflushedObject();
    } catch (JedisException e) {
      throw lost(e);
    } catch (RespReader.MalformedReplyException e) {
      throw new NodeConnectionException(
          Status.INVALID_ARGUMENT.withDescription("Node " + endpoint + ": " + e.getMessage() + "."),
          e);
    }
  }

  /** How long one read may take, in milliseconds; 0 for ever. */
  void setReadTimeout(int millis) throws SocketException {
    socket.setSoTimeout(millis);
  }

  @Override
  public boolean isQuiet() {
    try {
      if (connection.isBroken() || (connection.in != null && connection.in.available() > 0)) {
        return false;
      }
      channel.configureBlocking(false);
      int read = channel.read(ByteBuffer.allocate(1));
      channel.configureBlocking(true);
      return read == 0;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** Closes the channel, not the socket upon it, which would wait for a write that is stuck. */
  @Override
  public void abort() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is of no use any more.
    }
  }

  private NodeConnectionException lost(JedisException cause) {
    return JedisConnector.unavailable(endpoint, "the connection is lost", cause);
  }
}
