// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A client of a Redis or Valkey Cluster for which a slotplanner server makes the plans: commands go
 * in as they would to a single server, whatever slots their keys are in, and replies come out.
 *
 * <p>The planner gets names, keys and options of commands, never values: those travel to the nodes
 * of the cluster alone. Slots that move, failovers and nodes that come and go are seen to until a
 * call's timeout is over, without anything being applied twice.
 *
 * <p>Thread-safe; calls block, until their timeout at most. When a calling thread is interrupted,
 * its call ends early with what is known, and the thread's mark stays set. Each pipeline to a node
 * but one occupies a further thread while a call lasts.
 *
 * <p>All methods that run commands throw {@link SlotPlannerException} itself when the planner
 * cannot be asked, or refuses the whole call; then nothing was sent.
 */
public final class SlotPlanner implements AutoCloseable {
  private final ManagedChannel channel;
  private final NodeConnections connections;
  private final ExecutorService workers;
  private final ScheduledThreadPoolExecutor clock;
  private final BatchRunner runner;
  private final ExecuteOptions defaults;

  SlotPlanner(SlotPlannerBuilder builder) {
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "slotplanner");
          thread.setDaemon(true);
          return thread;
        };
    this.defaults = builder.defaults;
    this.channel = PlannerChannel.make(builder.target, builder.credentials, builder.serverName);
    this.connections = new NodeConnections(builder.makeNodeConnector());
    this.workers = Executors.newCachedThreadPool(threads);
    this.clock = new ScheduledThreadPoolExecutor(1, threads);
    this.clock.setRemoveOnCancelPolicy(true);
    this.runner =
        new BatchRunner(
            new GrpcPlanner(channel, builder.bearerToken),
            new PlanExecutor(
                connections, new PipelineExchange(workers, clock), builder.addressMap));
  }

  /**
   * Begins to make a client.
   *
   * @return a builder with the defaults
   */
  public static SlotPlannerBuilder builder() {
    return new SlotPlannerBuilder();
  }

  /**
   * The options of calls that are given none, to be changed for single calls.
   *
   * @return what the builder was told
   */
  public ExecuteOptions defaults() {
    return defaults;
  }

  /**
   * Runs one command of text.
   *
   * @param args the name, then the arguments, each encoded as UTF-8
   * @return the reply, never an error
   * @throws CommandRefusedException when the planner refuses the command
   * @throws NodeReplyException when nodes answered with an error, all parts with the same
   * @throws PartsFailedException when some part was not applied, or it is not known
   */
  public Reply execute(String... args) {
    return execute(Command.of(args), defaults);
  }

  /**
   * Runs one command of bytes.
   *
   * @param args the name, then the arguments
   * @return the reply, never an error
   * @throws CommandRefusedException when the planner refuses the command
   * @throws NodeReplyException when nodes answered with an error, all parts with the same
   * @throws PartsFailedException when some part was not applied, or it is not known
   */
  public Reply execute(byte[]... args) {
    return execute(Command.of(args), defaults);
  }

  /**
   * Runs one command.
   *
   * @param command the command
   * @param options how
   * @return the reply, never an error
   * @throws CommandRefusedException when the planner refuses the command
   * @throws NodeReplyException when nodes answered with an error, all parts with the same
   * @throws PartsFailedException when some part was not applied, or it is not known
   */
  public Reply execute(Command command, ExecuteOptions options) {
    return executeBatch(List.of(command), options).get(0).replyOrThrow();
  }

  /**
   * Runs commands in one go: those of a slot in their order, <code>MULTI</code> to <code>EXEC
   * </code> as one transaction, each node's in one pipeline.
   *
   * @param commands at least one
   * @return what each came to, parallel to the commands; their errors are results, not exceptions
   */
  public List<CommandResult> executeBatch(List<Command> commands) {
    return executeBatch(commands, defaults);
  }

  /**
   * Runs commands in one go, as {@link #executeBatch(List)} does.
   *
   * @param commands at least one
   * @param options how
   * @return what each came to, parallel to the commands; their errors are results, not exceptions
   */
  public List<CommandResult> executeBatch(List<Command> commands, ExecuteOptions options) {
    if (channel.isShutdown()) {
      throw new IllegalStateException("The client is closed.");
    }
    Deadline deadline = Deadline.after(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
    return runner.run(new BatchRequest(commands, options, ""), deadline);
  }

  /**
   * Reads the values of keys in any slots. With keys in several, they are read at moments that may
   * differ a little.
   *
   * @param keys at least one
   * @return parallel to the keys, decoded as UTF-8; null where there is no string
   */
  public List<String> mget(String... keys) {
    return keyed("MGET", utf8(keys)).asList().stream()
        .map(Reply::asString)
        .collect(Collectors.toList());
  }

  /**
   * Reads the values of keys in any slots, as {@link #mget(String...)} does.
   *
   * @param keys at least one
   * @return parallel to the keys; null where there is no string
   */
  public List<byte[]> mget(byte[]... keys) {
    return keyed("MGET", Arrays.asList(keys)).asList().stream()
        .map(Reply::asBytes)
        .collect(Collectors.toList());
  }

  /**
   * Sets keys in any slots. With keys in several, others may see some of them set and some not.
   *
   * @param values by key, all of them encoded as UTF-8; at least one
   */
  public void mset(Map<String, String> values) {
    List<byte[]> args = new ArrayList<>(2 * values.size());
    values.forEach(
        (key, value) -> {
          args.add(Bytes.utf8(key));
          args.add(Bytes.utf8(value));
        });
    keyed("MSET", args);
  }

  /**
   * Sets keys in any slots, as {@link #mset(Map)} does.
   *
   * @param keysAndValues each key followed by its value; at least one pair
   */
  public void mset(byte[]... keysAndValues) {
    keyed("MSET", Arrays.asList(keysAndValues));
  }

  /**
   * Deletes keys in any slots.
   *
   * @param keys at least one
   * @return how many there were
   */
  public long del(String... keys) {
    return keyed("DEL", utf8(keys)).asLong();
  }

  /**
   * Deletes keys in any slots.
   *
   * @param keys at least one
   * @return how many there were
   */
  public long del(byte[]... keys) {
    return keyed("DEL", Arrays.asList(keys)).asLong();
  }

  /**
   * Counts the keys that exist; one that is named twice counts twice.
   *
   * @param keys at least one
   * @return how many there are
   */
  public long exists(String... keys) {
    return keyed("EXISTS", utf8(keys)).asLong();
  }

  /**
   * Counts the keys that exist; one that is named twice counts twice.
   *
   * @param keys at least one
   * @return how many there are
   */
  public long exists(byte[]... keys) {
    return keyed("EXISTS", Arrays.asList(keys)).asLong();
  }

  /**
   * Marks keys as just used.
   *
   * @param keys at least one
   * @return how many there are
   */
  public long touch(String... keys) {
    return keyed("TOUCH", utf8(keys)).asLong();
  }

  /**
   * Marks keys as just used.
   *
   * @param keys at least one
   * @return how many there are
   */
  public long touch(byte[]... keys) {
    return keyed("TOUCH", Arrays.asList(keys)).asLong();
  }

  /**
   * Deletes keys in any slots; their memory is freed later.
   *
   * @param keys at least one
   * @return how many there were
   */
  public long unlink(String... keys) {
    return keyed("UNLINK", utf8(keys)).asLong();
  }

  /**
   * Deletes keys in any slots; their memory is freed later.
   *
   * @param keys at least one
   * @return how many there were
   */
  public long unlink(byte[]... keys) {
    return keyed("UNLINK", Arrays.asList(keys)).asLong();
  }

  /**
   * Closes all connections, those in use when their call is done with them. Calls that are under
   * way may fail with an IllegalStateException; later ones must not be made.
   */
  @Override
  public void close() {
    channel.shutdownNow();
    connections.close();
    workers.shutdown();
    clock.shutdown();
  }

  private Reply keyed(String name, List<byte[]> args) {
    List<byte[]> command = new ArrayList<>(args.size() + 1);
    command.add(Bytes.utf8(name));
    command.addAll(args);
    return execute(Command.of(command), defaults);
  }

  private static List<byte[]> utf8(String... texts) {
    return Arrays.stream(texts).map(Bytes::utf8).collect(Collectors.toList());
  }
}
