// SPDX-License-Identifier: Apache-2.0
package slotplanner;

import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import io.slotplanner.SlotPlanner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Response;

/** Started by bench/mget/run, which says what the arguments and the lines of output are. */
public final class Mget {
  private Mget() {}

  /** The mean microseconds that {@code work} takes, over some time. */
  private static double sample(
      Function<List<String>, List<String>> work, List<String> keys, int milliseconds) {
    long start = System.nanoTime();
    long end = start + milliseconds * 1_000_000L;
    int runs = 0;
    long now = start;
    while (now < end) {
      work.apply(keys);
      ++runs;
      now = System.nanoTime();
    }
    return (now - start) / 1000.0 / runs;
  }

  private static void race(
      Map<String, Function<List<String>, List<String>>> ways,
      List<String> keys,
      int rounds,
      int milliseconds) {
    List<String> expected =
        keys.stream().map(key -> "value of " + key).collect(Collectors.toList());
    Map<String, List<Double>> samples = new LinkedHashMap<>();
    ways.forEach(
        (way, work) -> {
          if (!work.apply(keys).equals(expected)) {
            throw new IllegalStateException("Wrong values by " + way + ".");
          }
          samples.put(way, new ArrayList<>());
        });
    for (int round = 0; round < rounds; ++round) {
      ways.forEach((way, work) -> samples.get(way).add(sample(work, keys, milliseconds)));
    }
    samples.forEach(
        (way, microseconds) ->
            System.out.printf(
                "{\"keys\": %d, \"way\": \"%s\", \"microseconds\": %s}%n",
                keys.size(), way, microseconds));
  }

  /**
   * Measures.
   *
   * @param args see bench/mget/run
   * @throws Exception when anything fails
   */
  public static void main(String[] args) throws Exception {
    HostAndPort node = HostAndPort.from(args[1]);
    List<String> allKeys = Files.readAllLines(Path.of(args[2]));
    try (SlotPlanner planner = SlotPlanner.builder().planner(args[0]).build();
        redis.clients.jedis.RedisClusterClient jedis =
            redis.clients.jedis.RedisClusterClient.create(node);
        RedisClusterClient lettuce = RedisClusterClient.create("redis://" + args[1])) {
      RedisAdvancedClusterCommands<String, String> commands = lettuce.connect().sync();
      Map<String, Function<List<String>, List<String>>> ways = new LinkedHashMap<>();
      ways.put("slotplanner mget", keys -> planner.mget(keys.toArray(new String[0])));
      ways.put(
          "Jedis pipeline of GET",
          keys -> {
            List<Response<String>> replies = new ArrayList<>(keys.size());
            try (var pipeline = jedis.pipelined()) {
              keys.forEach(key -> replies.add(pipeline.get(key)));
            }
            return replies.stream().map(Response::get).collect(Collectors.toList());
          });
      ways.put(
          "Lettuce mget",
          keys ->
              commands.mget(keys.toArray(new String[0])).stream()
                  .map(entry -> entry.getValue())
                  .collect(Collectors.toList()));
      int rounds = Integer.parseInt(args[4]);
      int milliseconds = Integer.parseInt(args[5]);
      for (int size :
          Arrays.stream(args[3].split(",")).mapToInt(Integer::parseInt).toArray()) {
        race(ways, allKeys.subList(0, size), rounds, milliseconds);
      }
    }
  }
}
