// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static io.slotplanner.Plans.on;
import static io.slotplanner.Plans.part;
import static io.slotplanner.Plans.plan;
import static io.slotplanner.Plans.single;
import static io.slotplanner.Plans.split;
import static io.slotplanner.Plans.stage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety.RETRY_SAFETY_SAFE;
import static slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety.RETRY_SAFETY_SAME_STATE;
import static slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety.RETRY_SAFETY_UNSAFE;

import io.grpc.Deadline;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;

class PlanExecutorTest {
  private final ExecutorService workers = Executors.newCachedThreadPool();
  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(1);
  private final NodeConnections connections =
      new NodeConnections(new JedisConnector(new JedisConnector.Options()));

  @AfterEach
  void close() {
    connections.close();
    workers.shutdown();
    clock.shutdown();
  }

  private List<CommandResult> run(List<Command> commands, PlanBatchResponse plan, long millis) {
    return run(commands, plan, millis, UnaryOperator.identity());
  }

  private List<CommandResult> run(
      List<Command> commands,
      PlanBatchResponse plan,
      long millis,
      UnaryOperator<Endpoint> addressMap) {
    return new PlanExecutor(connections, new PipelineExchange(workers, clock), addressMap)
        .execute(commands, plan, Deadline.after(millis, TimeUnit.MILLISECONDS))
        .commands;
  }

  private static PlanBatchResponse twoNodes(FakeNode a, FakeNode b) {
    return plan(
        List.of(
            stage(on(a.endpoint(), part(0, 0, 1, 0, 1)), on(b.endpoint(), part(0, 1, 2, 0, 2)))),
        split(2, MergeOperation.MERGE_OPERATION_SUM, RETRY_SAFETY_SAME_STATE));
  }

  private static String one(String command) {
    return ":1\r\n";
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  // Node a answers only when node b has got its part.
  @Test
  void waitsForNoNodeBeforeAllAreWrittenTo() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    try (FakeNode a = new FakeNode(command -> await(latch) ? ":1\r\n" : FakeNode.CLOSE);
        FakeNode b =
            new FakeNode(
                command -> {
                  latch.countDown();
                  return ":1\r\n";
                })) {
      List<CommandResult> results =
          run(List.of(Command.of("DEL", "a", "b")), twoNodes(a, b), 9_000);
      assertEquals(2, results.get(0).reply().asLong());
    }
  }

  @Test
  void keepsWhatIsKnownAtTheDeadline() throws Exception {
    try (FakeNode a = new FakeNode(command -> FakeNode.SILENCE);
        FakeNode b = new FakeNode(PlanExecutorTest::one)) {
      CommandResult result =
          run(List.of(Command.of("DEL", "a", "b")), twoNodes(a, b), 1_000).get(0);
      assertEquals(PartOutcome.UNKNOWN, result.parts().get(0).outcome());
      assertEquals(Status.Code.DEADLINE_EXCEEDED, result.parts().get(0).cause().getCode());
      assertEquals(PartOutcome.APPLIED, result.parts().get(1).outcome());
    }
  }

  // The node accepts, but never reads: the write gets stuck in the system's buffers.
  @Test
  void isNotHeldUpByAWriteThatIsStuck() throws Exception {
    try (ServerSocket stuck = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Endpoint endpoint = new Endpoint("127.0.0.1", stuck.getLocalPort());
      Command set = Command.of(Bytes.utf8("SET"), Bytes.utf8("k"), new byte[64 << 20]);
      PlanBatchResponse plan =
          plan(List.of(stage(on(endpoint, part(0, 0, 1)))), single(RETRY_SAFETY_SAME_STATE));
      PartResult part = run(List.of(set), plan, 1_000).get(0).parts().get(0);
      assertEquals(Status.Code.DEADLINE_EXCEEDED, part.cause().getCode());
      // The node has at most the beginning of it.
      assertEquals(PartOutcome.NOT_SENT, part.outcome());
    }
  }

  @Test
  void endsEarlyWhenTheThreadIsInterrupted() throws Exception {
    CountDownLatch reached = new CountDownLatch(2);
    AtomicReference<List<CommandResult>> results = new AtomicReference<>();
    try (FakeNode a = new FakeNode(command -> silentAfter(reached));
        FakeNode b = new FakeNode(command -> silentAfter(reached))) {
      AtomicReference<Boolean> mark = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                results.set(run(List.of(Command.of("DEL", "a", "b")), twoNodes(a, b), 60_000));
                mark.set(Thread.currentThread().isInterrupted());
              });
      caller.start();
      assertTrue(await(reached));
      caller.interrupt();
      caller.join(10_000);
      assertTrue(mark.get());
      for (PartResult part : results.get().get(0).parts()) {
        assertEquals(PartOutcome.UNKNOWN, part.outcome());
      }
    }
  }

  private static String silentAfter(CountDownLatch reached) {
    reached.countDown();
    return FakeNode.SILENCE;
  }

  @Test
  void usesConnectionsAgainUnlessTheNodeHasClosedThem() throws Exception {
    try (FakeNode node = new FakeNode(PlanExecutorTest::one)) {
      PlanBatchResponse plan =
          plan(List.of(stage(on(node.endpoint(), part(0, 0, 1)))), single(RETRY_SAFETY_UNSAFE));
      List<Command> incr = List.of(Command.of("INCR", "k"));
      run(incr, plan, 10_000);
      run(incr, plan, 10_000);
      assertEquals(List.of("CONNECT", "INCR k", "INCR k"), node.received);
      node.disconnectAll();
      assertEquals(1, run(incr, plan, 10_000).get(0).reply().asLong());
      assertEquals(List.of("CONNECT", "INCR k"), node.received.subList(3, 5));
    }
  }

  // Rule F3.
  @Test
  void findsRedirectedNodesByTheAddressMap() throws Exception {
    try (FakeNode target = new FakeNode(PlanExecutorTest::one);
        FakeNode source = new FakeNode(command -> "-MOVED 1 internal.example:6379\r\n")) {
      PlanBatchResponse plan =
          plan(List.of(stage(on(source.endpoint(), part(0, 0, 1)))), single(RETRY_SAFETY_UNSAFE));
      CommandResult result =
          run(
                  List.of(Command.of("INCR", "k")),
                  plan,
                  10_000,
                  announced ->
                      announced.equals(new Endpoint("internal.example", 6379))
                          ? target.endpoint()
                          : announced)
              .get(0);
      assertEquals(1, result.reply().asLong());
      assertEquals(target.endpoint().toString(), result.parts().get(0).node());
    }
  }

  @Test
  void doesNotTrustWhatIsNoReply() throws Exception {
    try (FakeNode node = new FakeNode(command -> "HTTP/1.1 400 Bad Request\r\n")) {
      PlanBatchResponse plan =
          plan(List.of(stage(on(node.endpoint(), part(0, 0, 1)))), single(RETRY_SAFETY_SAFE));
      PartResult part = run(List.of(Command.of("GET", "k")), plan, 10_000).get(0).parts().get(0);
      assertEquals(PartOutcome.UNKNOWN, part.outcome());
      assertEquals(Status.Code.INVALID_ARGUMENT, part.cause().getCode());
    }
  }
}
