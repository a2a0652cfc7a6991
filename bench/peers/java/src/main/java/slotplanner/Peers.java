// SPDX-License-Identifier: Apache-2.0
package slotplanner;

import com.google.gson.Gson;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.StringCodec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import redis.clients.jedis.util.JedisClusterCRC16;
import slotplanner.v1.SlotPlannerServiceOuterClass.GroupKeysRequest;
import slotplanner.v1.SlotPlannerServiceOuterClass.GroupKeysResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.Grouping;
import slotplanner.v1.SlotPlannerServiceOuterClass.KeyGroup;
import slotplanner.v1.Topology.Node;
import slotplanner.v1.TopologyServiceOuterClass.GetTopologyRequest;
import slotplanner.v1.TopologyServiceOuterClass.GetTopologyResponse;
import slotplanner.v1.TopologyServiceOuterClass.Shard;
import slotplanner.v1.TopologyServiceOuterClass.SlotRange;

/** Started by bench/peers/run, which says what the arguments and the lines of output are. */
final class Peers {
  /** A line of output. */
  private record Line(String measure, int keys, String way, List<Double> microseconds) {}

  // As stubs of grpc-java have them; a stub would add nothing to what is measured.
  private static final MethodDescriptor<GroupKeysRequest, GroupKeysResponse> GROUP_KEYS =
      unary(
          "slotplanner.v1.SlotPlannerService/GroupKeys",
          GroupKeysRequest.getDefaultInstance(),
          GroupKeysResponse.getDefaultInstance());
  private static final MethodDescriptor<GetTopologyRequest, GetTopologyResponse> GET_TOPOLOGY =
      unary(
          "slotplanner.v1.TopologyService/GetTopology",
          GetTopologyRequest.getDefaultInstance(),
          GetTopologyResponse.getDefaultInstance());

  private final Channel channel;
  private final int rounds;
  private final long sampleNanos;

  private Peers(Channel channel, int rounds, long sampleNanos) {
    this.channel = channel;
    this.rounds = rounds;
    this.sampleNanos = sampleNanos;
  }

  private static <Q extends Message, R extends Message> MethodDescriptor<Q, R> unary(
      String name, Q request, R response) {
    return MethodDescriptor.<Q, R>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(name)
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(response))
        .build();
  }

  private <Q, R> R call(MethodDescriptor<Q, R> method, Q request) {
    return ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request);
  }

  private static String nameOf(Node node) {
    return node.getHost() + ":" + node.getPort();
  }

  /** What it is named -> the keys that have that name. */
  private static <N> Map<N, List<String>> group(List<String> keys, IntFunction<N> nameOf) {
    Map<N, List<String>> groups = new HashMap<>();
    for (int i = 0; i < keys.size(); ++i) {
      groups.computeIfAbsent(nameOf.apply(i), name -> new ArrayList<>()).add(keys.get(i));
    }
    return groups;
  }

  private GroupKeysResponse groupKeys(List<String> keys, Grouping grouping) {
    GroupKeysRequest.Builder request = GroupKeysRequest.newBuilder().setGrouping(grouping);
    for (String key : keys) {
      request.addKeys(ByteString.copyFromUtf8(key));
    }
    return call(GROUP_KEYS, request.build());
  }

  private Map<Integer, List<String>> askBySlot(List<String> keys, Grouping grouping) {
    GroupKeysResponse response = groupKeys(keys, grouping);
    return group(keys, response::getSlots);
  }

  private Map<String, List<String>> askByNode(List<String> keys) {
    GroupKeysResponse response = groupKeys(keys, Grouping.GROUPING_NODE);
    Map<String, List<String>> groups = new HashMap<>();
    for (KeyGroup group : response.getGroupsList()) {
      List<String> members = new ArrayList<>(group.getKeyIndexesCount());
      for (int i = 0; i < group.getKeyIndexesCount(); ++i) {
        members.add(keys.get(group.getKeyIndexes(i)));
      }
      groups.put(nameOf(response.getNodes(group.getNodeIndex())), members);
    }
    return groups;
  }

  /** The mean microseconds that {@code work} takes, over the time of a sample. */
  private double sample(Supplier<?> work) {
    long start = System.nanoTime();
    long elapsed = 0;
    int runs = 0;
    for (; elapsed < sampleNanos; elapsed = System.nanoTime() - start) {
      work.get();
      ++runs;
    }
    return elapsed / 1e3 / runs;
  }

  /** Measures {@code ways} in turns. */
  private void race(String measure, int keys, Map<String, Supplier<?>> ways) {
    Map<String, List<Double>> samples = new LinkedHashMap<>();
    for (int round = 0; round < rounds; ++round) {
      ways.forEach(
          (way, work) ->
              samples.computeIfAbsent(way, name -> new ArrayList<>()).add(sample(work)));
    }
    samples.forEach(
        (way, microseconds) ->
            System.out.println(new Gson().toJson(new Line(measure, keys, way, microseconds))));
  }

  /** As {@link #race}, if all ways give the same groups. */
  private <N> void raceGroups(
      String measure, int keys, Map<String, Supplier<Map<N, List<String>>>> ways) {
    // The service orders the keys of a node by slot, the others by index.
    Stream<Map<N, List<String>>> answers = ways.values().stream().map(Supplier::get);
    if (answers.peek(groups -> groups.values().forEach(list -> list.sort(null))).distinct().count()
        != 1) {
      throw new IllegalStateException("Different groups " + measure + ".");
    }
    race(measure, keys, new LinkedHashMap<>(ways));
  }

  private String[] ownersBySlot() {
    String[] owners = new String[SlotHash.SLOT_COUNT];
    GetTopologyResponse response = call(GET_TOPOLOGY, GetTopologyRequest.getDefaultInstance());
    for (Shard shard : response.getTopology().getShardsList()) {
      for (SlotRange range : shard.getSlotRangesList()) {
        for (int slot = range.getFirst(); slot <= range.getLast(); ++slot) {
          owners[slot] = nameOf(shard.getPrimary());
        }
      }
    }
    return owners;
  }

  private static int hashAll(List<String> keys, ToIntFunction<String> slotOf) {
    return keys.stream().mapToInt(slotOf).sum();
  }

  private void run(List<String> allKeys, int[] sizes) {
    String[] owners = ownersBySlot();
    Map<String, Supplier<?>> hashing = new LinkedHashMap<>();
    hashing.put("Jedis getSlot", () -> hashAll(allKeys, JedisClusterCRC16::getSlot));
    hashing.put("Lettuce getSlot", () -> hashAll(allKeys, SlotHash::getSlot));
    race("slot", allKeys.size(), hashing);
    for (int size : sizes) {
      List<String> keys = allKeys.subList(0, size);
      Map<String, Supplier<Map<Integer, List<String>>>> bySlot = new LinkedHashMap<>();
      bySlot.put("Jedis", () -> group(keys, i -> JedisClusterCRC16.getSlot(keys.get(i))));
      bySlot.put("Lettuce partition", () -> SlotHash.partition(StringCodec.UTF8, keys));
      bySlot.put("GroupKeys", () -> askBySlot(keys, Grouping.GROUPING_SLOT));
      bySlot.put("GroupKeys, asked by node", () -> askBySlot(keys, Grouping.GROUPING_NODE));
      raceGroups("by slot", size, bySlot);
      Map<String, Supplier<Map<String, List<String>>>> byNode = new LinkedHashMap<>();
      byNode.put("Jedis", () -> group(keys, i -> owners[JedisClusterCRC16.getSlot(keys.get(i))]));
      byNode.put("Lettuce", () -> group(keys, i -> owners[SlotHash.getSlot(keys.get(i))]));
      byNode.put("GroupKeys", () -> askByNode(keys));
      raceGroups("by node", size, byNode);
    }
  }

  public static void main(String[] args) throws Exception {
    ManagedChannel channel = NettyChannelBuilder.forTarget(args[0]).usePlaintext().build();
    List<String> allKeys = Files.readAllLines(Path.of(args[1]));
    int[] sizes = Stream.of(args[2].split(",")).mapToInt(Integer::parseInt).toArray();
    new Peers(channel, Integer.parseInt(args[3]), Integer.parseInt(args[4]) * 1_000_000L)
        .run(allKeys, sizes);
    channel.shutdownNow();
  }
}
