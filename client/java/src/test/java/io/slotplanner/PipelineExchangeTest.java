// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Deadline;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PipelineExchangeTest {
  private static void enqueueGet(Pipeline pipeline) {
    PlannedPart get =
        new PlannedPart(
            pipeline.endpoint,
            false,
            0,
            0,
            OptionalInt.empty(),
            List.of(Bytes.utf8("GET")),
            List.of(),
            List.of());
    Trip trip = new Trip(new Delivery(Delivery.Kind.COMMAND, List.of(get), 0), 0);
    pipeline.queue.add(new Pipeline.Step(trip, 0, 1));
  }

  // A driver that throws what it should not must not leave another thread with a connection.
  @Test
  void leavesNoPipelineAtWorkWhenOneFails() throws Exception {
    ExecutorService workers = Executors.newCachedThreadPool();
    ScheduledExecutorService clock = Executors.newScheduledThreadPool(1);
    CountDownLatch isReading = new CountDownLatch(1);
    AtomicBoolean isAtWork = new AtomicBoolean();
    try (FakeNode silent =
        new FakeNode(
            command -> {
              isReading.countDown();
              return FakeNode.SILENCE;
            })) {
      JedisConnector jedis = new JedisConnector(new JedisConnector.Options());
      NodeConnector faulty =
          (endpoint, readonly, deadline) -> {
            if (endpoint.equals(silent.endpoint())) {
              isAtWork.set(true);
              return jedis.connect(endpoint, readonly, deadline);
            }
            try {
              assertTrue(isReading.await(10, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            throw new UnsupportedOperationException("faulty");
          };
      NodeConnections connections = new NodeConnections(faulty);
      Deadline deadline = Deadline.after(60, TimeUnit.SECONDS);
      Pipeline first = new Pipeline(new Endpoint("faulty", 1), false, connections, deadline);
      Pipeline second = new Pipeline(silent.endpoint(), false, connections, deadline);
      enqueueGet(first);
      enqueueGet(second);
      RuntimeException e =
          assertThrows(
              RuntimeException.class,
              () -> new PipelineExchange(workers, clock).all(List.of(first, second), deadline));
      assertEquals("faulty", e.getMessage());
      assertTrue(isAtWork.get());
      assertFalse(second.cause.isOk());
    } finally {
      workers.shutdownNow();
      clock.shutdownNow();
    }
  }
}
