// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.rpc.ErrorInfo;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.util.function.Supplier;
import slotplanner.v1.SlotPlannerServiceGrpc;
import slotplanner.v1.SlotPlannerServiceOuterClass;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchRequest;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.Topology;
import slotplanner.v1.TopologyServiceGrpc;
import slotplanner.v1.TopologyServiceOuterClass.GetKeyPositionsRequest;
import slotplanner.v1.TopologyServiceOuterClass.ReportRedirectionRequest;

/** A planner that is called by gRPC, to which no values are sent. Thread-safe; calls block. */
final class GrpcPlanner implements BatchPlanner {
  private final SlotPlannerServiceGrpc.SlotPlannerServiceBlockingStub planner;
  private final TopologyServiceGrpc.TopologyServiceBlockingStub topology;
  private final KeyPositionsCache keyPositions = new KeyPositionsCache(System::nanoTime);

  /** `bearerToken` is sent with each call, if it is not empty. */
  GrpcPlanner(Channel channel, String bearerToken) {
    Metadata metadata = new Metadata();
    if (!bearerToken.isEmpty()) {
      metadata.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
          "Bearer " + bearerToken);
    }
    this.planner =
        SlotPlannerServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    this.topology =
        TopologyServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  @Override
  public PlanBatchResponse planBatch(BatchRequest request, Deadline deadline) {
    String cluster = request.options.cluster();
    KeyPositionsTable table =
        keyPositions.tableFor(
            cluster, request.commands, () -> fetchKeyPositions(cluster, deadline));
    PlanBatchRequest masked = withoutValues(request, table);
    return call(() -> planner.withDeadline(deadline).planBatch(masked));
  }

  @Override
  public void reportRedirection(
      String cluster, String error, String topologyVersion, Deadline deadline) {
    ReportRedirectionRequest request =
        ReportRedirectionRequest.newBuilder()
            .setCluster(cluster)
            .setError(error)
            .setTopologyVersion(topologyVersion)
            .build();
    call(() -> topology.withDeadline(deadline).reportRedirection(request));
  }

  private KeyPositionsTable fetchKeyPositions(String cluster, Deadline deadline) {
    GetKeyPositionsRequest request =
        GetKeyPositionsRequest.newBuilder().setCluster(cluster).build();
    return new KeyPositionsTable(
        call(() -> topology.withDeadline(deadline).getKeyPositions(request)));
  }

  private static PlanBatchRequest withoutValues(BatchRequest request, KeyPositionsTable table) {
    PlanBatchRequest.Builder masked =
        PlanBatchRequest.newBuilder()
            .setCluster(request.options.cluster())
            .setClientZone(request.options.clientZone())
            .setReadPreference(protoOf(request.options.readPreference()))
            .setSplitPolicy(protoOf(request.options.splitPolicy()))
            .setOutdatedTopologyVersion(request.outdatedTopologyVersion);
    for (Command command : request.commands) {
      SlotPlannerServiceOuterClass.Command.Builder args = masked.addCommandsBuilder();
      for (byte[] arg : table.withoutValues(command)) {
        args.addArgs(arg.length == 0 ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(arg));
      }
    }
    return masked.build();
  }

  private static Topology.ReadPreference protoOf(ReadPreference preference) {
    switch (preference) {
      case REPLICA:
        return Topology.ReadPreference.READ_PREFERENCE_REPLICA;
      case NEAREST:
        return Topology.ReadPreference.READ_PREFERENCE_NEAREST;
      default:
        return Topology.ReadPreference.READ_PREFERENCE_PRIMARY;
    }
  }

  private static SlotPlannerServiceOuterClass.SplitPolicy protoOf(SplitPolicy policy) {
    switch (policy) {
      case ATOMIC:
        return SlotPlannerServiceOuterClass.SplitPolicy.SPLIT_POLICY_ATOMIC;
      case EMULATE:
        return SlotPlannerServiceOuterClass.SplitPolicy.SPLIT_POLICY_EMULATE;
      default:
        return SlotPlannerServiceOuterClass.SplitPolicy.SPLIT_POLICY_SPLIT;
    }
  }

  private static <T> T call(Supplier<T> method) {
    try {
      return method.get();
    } catch (StatusRuntimeException e) {
      String message = e.getStatus().getDescription();
      throw new SlotPlannerException(
          e.getStatus().getCode(), message == null ? "" : message, reasonOf(e), e);
    }
  }

  /** The reason of the error's <code>google.rpc.ErrorInfo</code>; null when it has none of ours. */
  private static String reasonOf(StatusRuntimeException error) {
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    if (status == null) {
      return null;
    }
    for (com.google.protobuf.Any detail : status.getDetailsList()) {
      try {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          return info.getDomain().equals("slotplanner") ? info.getReason() : null;
        }
      } catch (InvalidProtocolBufferException e) {
        return null;
      }
    }
    return null;
  }
}
