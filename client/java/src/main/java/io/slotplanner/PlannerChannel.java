// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The channel to a slotplanner server: its retries, load balancing and limits. */
final class PlannerChannel {
  /** Room for a plan or a grouping of a million keys. */
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  /** The server allows a ping every 10 s; they are sent only while a call is open. */
  private static final int KEEPALIVE_SECONDS = 15;

  private static final int KEEPALIVE_TIMEOUT_SECONDS = 5;

  private PlannerChannel() {}

  /** Connects at the first call, not before. `authority` is empty for that of the target. */
  static ManagedChannel make(String target, ChannelCredentials credentials, String authority) {
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder(dnsTarget(target), credentials)
            .defaultServiceConfig(serviceConfig())
            .enableRetry()
            // A request that outgrows this buffer is never retried.
            .perRpcBufferLimit(MAX_MESSAGE_BYTES)
            .retryBufferSize(MAX_MESSAGE_BYTES)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (!authority.isEmpty()) {
      builder.overrideAuthority(authority);
    }
    return builder.build();
  }

  private static Map<String, Object> serviceConfig() {
    Map<String, Object> retryPolicy =
        Map.of(
            "maxAttempts",
            4.0,
            "initialBackoff",
            "0.1s",
            "maxBackoff",
            "1s",
            "backoffMultiplier",
            2.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    Map<String, Object> methodConfig =
        Map.of(
            "name",
            List.of(
                Map.of("service", "slotplanner.v1.SlotPlannerService"),
                Map.of("service", "slotplanner.v1.TopologyService")),
            "retryPolicy",
            retryPolicy);
    return Map.of(
        "loadBalancingConfig", List.of(Map.of("round_robin", Map.of())),
        "methodConfig", List.of(methodConfig));
  }

  /** <code>host:port</code> as a DNS name, so that every address behind it gets its share. */
  private static String dnsTarget(String target) {
    boolean hasScheme =
        target.contains("://") || target.startsWith("dns:") || target.startsWith("unix:");
    return hasScheme ? target : "dns:///" + target;
  }
}
