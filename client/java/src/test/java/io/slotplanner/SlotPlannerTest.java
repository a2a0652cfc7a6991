// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static io.slotplanner.Plans.on;
import static io.slotplanner.Plans.part;
import static io.slotplanner.Plans.plan;
import static io.slotplanner.Plans.single;
import static io.slotplanner.Plans.split;
import static io.slotplanner.Plans.stage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsServerCredentials;
import io.grpc.protobuf.StatusProto;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slotplanner.v1.SlotPlannerServiceOuterClass;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchRequest;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.RefusalReason;
import slotplanner.v1.SlotPlannerServiceOuterClass.RemedyKind;
import slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety;

class SlotPlannerTest {
  private static SlotPlannerBuilder clientOf(FakePlanner planner) {
    return SlotPlanner.builder().planner(planner.target()).timeout(Duration.ofSeconds(10));
  }

  private static PlanBatchResponse allOn(FakeNode node, PlanBatchRequest request) {
    PlanBatchResponse.Builder plan = plan(List.of(stage())).toBuilder();
    for (int i = 0; i < request.getCommandsCount(); i++) {
      plan.addCommandPlans(single(RetrySafety.RETRY_SAFETY_UNSAFE));
    }
    plan.getStagesBuilder(0).addNodePlans(on(node.endpoint()));
    for (int i = 0; i < request.getCommandsCount(); i++) {
      plan.getStagesBuilder(0).getNodePlansBuilder(0).addCommands(part(i, 0, i));
    }
    return plan.build();
  }

  private static PlanBatchResponse delOnTwo(FakeNode a, FakeNode b) {
    return plan(
        List.of(
            stage(on(a.endpoint(), part(0, 0, 1, 0, 1)), on(b.endpoint(), part(0, 1, 2, 0, 2)))),
        split(2, MergeOperation.MERGE_OPERATION_SUM, RetrySafety.RETRY_SAFETY_SAME_STATE));
  }

  @Test
  void offersTheCommonCommands() throws Exception {
    try (FakeNode node =
            new FakeNode(
                command ->
                    command.startsWith("MGET")
                        ? "*2\r\n$2\r\n\u00c3\u00a4\r\n$-1\r\n"
                        : command.startsWith("MSET") ? "+OK\r\n" : ":2\r\n");
        FakePlanner planner = new FakePlanner(request -> allOn(node, request));
        SlotPlanner client = clientOf(planner).build()) {
      assertEquals(Arrays.asList("\u00e4", null), client.mget("a", "b"));
      assertArrayEquals(Bytes.utf8("\u00e4"), client.mget(Bytes.utf8("a"), Bytes.utf8("b")).get(0));
      client.mset(Map.of("a", "secret"));
      client.mset(new byte[] {(byte) 0xFF}, new byte[] {0});
      assertEquals(2, client.del("a", "b"));
      assertEquals(2, client.exists("a", "b"));
      assertEquals(2, client.touch("a", "b"));
      assertEquals(2, client.unlink("a", "b"));
      assertEquals("OK", client.execute("MSET", "a", "1").asString());
      assertEquals(
          List.of(
              "CONNECT",
              "MGET a b",
              "MGET a b",
              "MSET a secret",
              "MSET \u00ff \0",
              "DEL a b",
              "EXISTS a b",
              "TOUCH a b",
              "UNLINK a b",
              "MSET a 1"),
          node.received);
      // No value has left for the planner.
      assertFalse(planner.requests.toString().contains("secret"));
    }
  }

  @Test
  void tellsRefusalsWithTheirRemedies() throws Exception {
    SlotPlannerServiceOuterClass.Refusal refusal =
        SlotPlannerServiceOuterClass.Refusal.newBuilder()
            .setReason(RefusalReason.REFUSAL_REASON_CROSS_SLOT)
            .setMessage("The keys are in 2 slots.")
            .addKeys(
                SlotPlannerServiceOuterClass.KeyLocation.newBuilder().setArgIndex(1).setSlot(7))
            .addRemedies(
                SlotPlannerServiceOuterClass.Remedy.newBuilder()
                    .setKind(RemedyKind.REMEDY_KIND_HASH_TAG)
                    .setDescription("Give the keys one hash tag."))
            .addRemedies(SlotPlannerServiceOuterClass.Remedy.newBuilder().setKindValue(99))
            .build();
    try (FakePlanner planner = new FakePlanner(request -> plan(List.of(), Plans.refused(refusal)));
        SlotPlanner client = clientOf(planner).build()) {
      CommandRefusedException e =
          assertThrows(CommandRefusedException.class, () -> client.execute("GET", "a"));
      assertEquals("The keys are in 2 slots.", e.getMessage());
      assertEquals(io.slotplanner.RefusalReason.CROSS_SLOT, e.refusal().reason());
      assertEquals(Map.of(1, 7), e.refusal().slotsByArgIndex());
      assertEquals(io.slotplanner.RemedyKind.HASH_TAG, e.remedies().get(0).kind());
      assertEquals("Give the keys one hash tag.", e.remedies().get(0).description());
      assertEquals(io.slotplanner.RemedyKind.OTHER, e.remedies().get(1).kind());
      assertEquals(
          "REFUSED The keys are in 2 slots.",
          client.executeBatch(List.of(Command.of("GET", "a"))).get(0).reply().asError());
    }
  }

  @Test
  void tellsErrorsOfNodesFromPartsThatFailed() throws Exception {
    try (FakeNode wrong = new FakeNode(command -> "-WRONGTYPE no\r\n");
        FakeNode right = new FakeNode(command -> ":1\r\n");
        FakePlanner alike = new FakePlanner(request -> delOnTwo(wrong, wrong));
        FakePlanner mixed = new FakePlanner(request -> delOnTwo(wrong, right));
        SlotPlanner alikeClient = clientOf(alike).build();
        SlotPlanner mixedClient = clientOf(mixed).build()) {
      NodeReplyException node =
          assertThrows(NodeReplyException.class, () -> alikeClient.del("a", "b"));
      assertEquals("WRONGTYPE no", node.error());
      assertEquals(2, node.parts().size());

      PartsFailedException parts =
          assertThrows(PartsFailedException.class, () -> mixedClient.del("a", "b"));
      assertEquals(PartOutcome.FAILED, parts.parts().get(0).outcome());
      assertEquals(List.of(1), parts.parts().get(0).argIndexes());
      assertEquals(wrong.endpoint().toString(), parts.parts().get(0).node());
      assertEquals(PartOutcome.APPLIED, parts.parts().get(1).outcome());
      assertTrue(parts.getMessage().startsWith("PARTFAILED 1 of 2 parts were applied"));
    }
  }

  @Test
  void passesOnWhatThePlannerRefuses() throws Exception {
    StatusRuntimeException error =
        StatusProto.toStatusRuntimeException(
            com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.NOT_FOUND.value())
                .setMessage("There is no such cluster.")
                .addDetails(
                    Any.pack(
                        ErrorInfo.newBuilder()
                            .setDomain("slotplanner")
                            .setReason("UNKNOWN_CLUSTER")
                            .build()))
                .build());
    try (FakePlanner planner =
            new FakePlanner(
                request -> {
                  throw error;
                });
        SlotPlanner client = clientOf(planner).cluster("other").bearerToken("token").build()) {
      SlotPlannerException e =
          assertThrows(SlotPlannerException.class, () -> client.execute("GET", "a"));
      assertEquals(SlotPlannerException.class, e.getClass());
      assertEquals(Status.Code.NOT_FOUND, e.code());
      assertEquals("There is no such cluster.", e.getMessage());
      assertEquals(Optional.of("UNKNOWN_CLUSTER"), e.reason());
      assertEquals("other", planner.requests.get(0).getCluster());
      assertEquals(List.of("Bearer token", "Bearer token"), planner.authorizations);
    }
  }

  @Test
  void triesAPlannerAgainThatIsUnavailable() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (FakeNode node = new FakeNode(command -> ":1\r\n");
        FakePlanner planner =
            new FakePlanner(
                request -> {
                  if (calls.incrementAndGet() < 6) {
                    throw Status.UNAVAILABLE.asRuntimeException();
                  }
                  return allOn(node, request);
                });
        SlotPlanner client = clientOf(planner).build()) {
      assertEquals(1, client.execute("INCR", "k").asLong());
      assertEquals(6, calls.get());
    }
  }

  @Test
  void failsAtTheDeadlineWithoutAPlanner() {
    try (SlotPlanner client =
        SlotPlanner.builder().planner("127.0.0.1:1").timeout(Duration.ofMillis(200)).build()) {
      SlotPlannerException e =
          assertThrows(SlotPlannerException.class, () -> client.execute("GET", "k"));
      assertTrue(
          List.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED).contains(e.code()));
    }
  }

  @Test
  void callsThePlannerByTls(@TempDir Path directory) throws Exception {
    TlsFiles files = new TlsFiles(directory, "dns:planner.example");
    try (FakeNode node = new FakeNode(command -> ":1\r\n");
        FakePlanner planner =
            new FakePlanner(
                request -> allOn(node, request),
                TlsServerCredentials.newBuilder()
                    .keyManager(files.keys().getKeyManagers())
                    .build());
        SlotPlanner client =
            clientOf(planner)
                .plannerTls(files.certificate())
                .plannerServerName("planner.example")
                .build();
        SlotPlanner astray =
            clientOf(planner)
                .plannerTls(files.certificate())
                .timeout(Duration.ofMillis(500))
                .build()) {
      assertEquals(1, client.execute("INCR", "k").asLong());
      assertThrows(SlotPlannerException.class, () -> astray.execute("INCR", "k"));
      assertEquals(1, planner.requests.size());
    }
  }

  @Test
  void servesManyThreads() throws Exception {
    AtomicInteger counter = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (FakeNode node = new FakeNode(command -> ":" + counter.incrementAndGet() + "\r\n");
        FakePlanner planner = new FakePlanner(request -> allOn(node, request));
        SlotPlanner client = clientOf(planner).build()) {
      List<Future<Long>> replies =
          IntStream.range(0, 200)
              .mapToObj(i -> threads.submit(() -> client.execute("INCR", "k").asLong()))
              .collect(Collectors.toList());
      long sum = 0;
      for (Future<Long> reply : replies) {
        sum += reply.get();
      }
      assertEquals(200 * 201 / 2, sum);
      long connections = node.received.stream().filter("CONNECT"::equals).count();
      assertTrue(connections <= 8, connections + " connections");
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void isOfNoUseOnceClosed() {
    SlotPlanner client = SlotPlanner.builder().build();
    client.close();
    client.close();
    assertThrows(IllegalStateException.class, () -> client.execute("GET", "k"));
  }

  @Test
  void saysNothingOfArgumentsAndReplies() {
    assertEquals("Command[3 arguments]", Command.of("SET", "key", "secret").toString());
    assertEquals("STRING[6 bytes]", Reply.string(Bytes.utf8("secret")).toString());
  }

  @Test
  void refusesWhatMeansNothing() {
    assertThrows(IllegalArgumentException.class, () -> Command.of(new String[0]));
    assertThrows(IllegalArgumentException.class, () -> new Endpoint("h", 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> SlotPlanner.builder().timeout(Duration.ofSeconds(-1)));
    assertThrows(IllegalStateException.class, () -> Reply.integer(1).asString());
  }
}
