// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import slotplanner.v1.SlotPlannerServiceGrpc;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchRequest;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.TopologyServiceGrpc;
import slotplanner.v1.TopologyServiceOuterClass.GetKeyPositionsRequest;
import slotplanner.v1.TopologyServiceOuterClass.GetKeyPositionsResponse;
import slotplanner.v1.TopologyServiceOuterClass.KeyPositions;
import slotplanner.v1.TopologyServiceOuterClass.KeyRange;
import slotplanner.v1.TopologyServiceOuterClass.ReportRedirectionRequest;
import slotplanner.v1.TopologyServiceOuterClass.ReportRedirectionResponse;

/** A gRPC server on loopback that answers plans as it is told. */
final class FakePlanner implements AutoCloseable {
  final List<PlanBatchRequest> requests = new CopyOnWriteArrayList<>();
  final List<ReportRedirectionRequest> reports = new CopyOnWriteArrayList<>();

  /** Of each call, its `authorization`. */
  final List<String> authorizations = new CopyOnWriteArrayList<>();

  private final Server server;

  /** `plans` may throw a StatusRuntimeException. */
  FakePlanner(Function<PlanBatchRequest, PlanBatchResponse> plans) throws IOException {
    this(plans, InsecureServerCredentials.create());
  }

  FakePlanner(Function<PlanBatchRequest, PlanBatchResponse> plans, ServerCredentials credentials)
      throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, credentials)
            .intercept(new NoteAuthorization())
            .addService(new Planner(plans))
            .addService(new Topology())
            .build()
            .start();
  }

  String target() {
    return "127.0.0.1:" + server.getPort();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class NoteAuthorization implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      authorizations.add(
          String.valueOf(
              headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER))));
      return next.startCall(call, headers);
    }
  }

  private final class Planner extends SlotPlannerServiceGrpc.SlotPlannerServiceImplBase {
    private final Function<PlanBatchRequest, PlanBatchResponse> plans;

    Planner(Function<PlanBatchRequest, PlanBatchResponse> plans) {
      this.plans = plans;
    }

    @Override
    public void planBatch(PlanBatchRequest request, StreamObserver<PlanBatchResponse> observer) {
      requests.add(request);
      try {
        observer.onNext(plans.apply(request));
        observer.onCompleted();
      } catch (StatusRuntimeException e) {
        observer.onError(e);
      }
    }
  }

  private final class Topology extends TopologyServiceGrpc.TopologyServiceImplBase {
    @Override
    public void getKeyPositions(
        GetKeyPositionsRequest request, StreamObserver<GetKeyPositionsResponse> observer) {
      GetKeyPositionsResponse.Builder response = GetKeyPositionsResponse.newBuilder();
      for (String name : new String[] {"get", "set", "mget", "mset", "del", "incr", "watch"}) {
        int last = name.startsWith("m") || name.equals("del") ? -1 : 1;
        int step = name.equals("mset") ? 2 : 1;
        response.addCommands(
            KeyPositions.newBuilder()
                .setCommand(name)
                .addRanges(KeyRange.newBuilder().setFirst(1).setLast(last).setStep(step)));
      }
      observer.onNext(response.build());
      observer.onCompleted();
    }

    @Override
    public void reportRedirection(
        ReportRedirectionRequest request, StreamObserver<ReportRedirectionResponse> observer) {
      reports.add(request);
      observer.onNext(ReportRedirectionResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }
}
