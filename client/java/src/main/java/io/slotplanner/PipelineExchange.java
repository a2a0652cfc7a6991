// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Lets pipelines exchange requests for replies side by side, each in a thread of its own, so that a
 * slow node holds up the sending to no other. Thread-safe.
 */
final class PipelineExchange {
  private final ExecutorService workers;
  private final ScheduledExecutorService clock;

  PipelineExchange(ExecutorService workers, ScheduledExecutorService clock) {
    this.workers = workers;
    this.clock = clock;
  }

  /**
   * The answers of each pipeline. At the deadline, or when the calling thread is interrupted, those
   * still waiting are cut off.
   */
  List<List<Pipeline.Answer>> all(List<Pipeline> pipelines, Deadline deadline) {
    Runnable abort = () -> pipelines.forEach(Pipeline::abort);
    Future<?> guard =
        clock.schedule(
            abort, Math.max(deadline.timeRemaining(TimeUnit.NANOSECONDS), 0), TimeUnit.NANOSECONDS);
    List<Future<List<Pipeline.Answer>>> others = new ArrayList<>();
    try {
      for (Pipeline pipeline : pipelines.subList(1, pipelines.size())) {
        others.add(workers.submit(pipeline::exchange));
      }
      List<List<Pipeline.Answer>> answers = new ArrayList<>();
      answers.add(pipelines.get(0).exchange());
      for (Future<List<Pipeline.Answer>> other : others) {
        answers.add(await(other, abort));
      }
      return answers;
    } catch (RuntimeException e) {
      // No thread may use a pipeline that the caller takes to be at rest.
      abort.run();
      others.forEach(PipelineExchange::awaitQuietly);
      throw e;
    } finally {
      guard.cancel(false);
    }
  }

  private static void awaitQuietly(Future<?> future) {
    try {
      await(future, () -> {});
    } catch (RuntimeException e) {
      // The first one is on its way to the caller.
    }
  }

  private static <T> T await(Future<T> future, Runnable abort) {
    boolean wasInterrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          wasInterrupted = true;
          abort.run();
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("A pipeline failed.", e.getCause());
    } finally {
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
