// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Answers the requests of the conformance suite, whose README specifies them: one JSON object a
 * line on standard input, one on standard output.
 */
public final class ConformanceRunner {
  private final SlotPlanner client;

  private ConformanceRunner(SlotPlanner client) {
    this.client = client;
  }

  /**
   * Runs until the end of standard input.
   *
   * @param args <code>--planner=HOST:PORT</code>
   * @throws IOException when standard input cannot be read
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 1 || !args[0].startsWith("--planner=")) {
      System.err.println("Usage: runner --planner=HOST:PORT");
      System.exit(2);
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (SlotPlanner client =
        SlotPlanner.builder().planner(args[0].substring("--planner=".length())).build()) {
      ConformanceRunner runner = new ConformanceRunner(client);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.println(runner.answer(JsonParser.parseString(line).getAsJsonObject()));
      }
    }
  }

  private JsonObject answer(JsonObject request) {
    JsonObject answer = new JsonObject();
    answer.add("id", request.get("id"));
    String op = request.get("op").getAsString();
    try {
      switch (op) {
        case "key_slot":
          keySlot(request, answer);
          break;
        case "execute":
          answer.add("results", execute(request));
          break;
        default:
          throw new SlotPlannerException(Status.Code.UNIMPLEMENTED, "No such op: " + op);
      }
    } catch (SlotPlannerException e) {
      JsonObject error = new JsonObject();
      error.addProperty("code", e.code().name());
      error.addProperty("message", e.getMessage());
      answer.add("error", error);
    }
    return answer;
  }

  private static void keySlot(JsonObject request, JsonObject answer) {
    JsonArray slots = new JsonArray();
    JsonArray tags = new JsonArray();
    for (JsonElement element : request.getAsJsonArray("keys")) {
      byte[] key = Bytes.latin1(element.getAsString());
      slots.add(KeySlot.of(key));
      Optional<KeySlot.HashTag> tag = KeySlot.hashTagOf(key);
      if (tag.isEmpty()) {
        tags.add(JsonNull.INSTANCE);
        continue;
      }
      JsonArray range = new JsonArray();
      range.add(tag.get().offset());
      range.add(tag.get().length());
      tags.add(range);
    }
    answer.add("slots", slots);
    answer.add("hash_tags", tags);
  }

  private JsonArray execute(JsonObject request) {
    List<Command> commands = new ArrayList<>();
    for (JsonElement command : request.getAsJsonArray("commands")) {
      List<byte[]> args = new ArrayList<>();
      for (JsonElement arg : command.getAsJsonArray()) {
        args.add(Bytes.latin1(arg.getAsString()));
      }
      commands.add(Command.of(args));
    }
    JsonArray results = new JsonArray();
    for (CommandResult result : client.executeBatch(commands, optionsOf(request))) {
      results.add(jsonOf(result));
    }
    return results;
  }

  private ExecuteOptions optionsOf(JsonObject request) {
    ExecuteOptions options = client.defaults();
    JsonObject given =
        request.has("options") ? request.getAsJsonObject("options") : new JsonObject();
    for (String name : given.keySet()) {
      JsonElement value = given.get(name);
      switch (name) {
        case "timeout_ms":
          options = options.withTimeout(Duration.ofMillis(value.getAsLong()));
          break;
        case "cluster":
          options = options.withCluster(value.getAsString());
          break;
        case "client_zone":
          options = options.withClientZone(value.getAsString());
          break;
        case "read_preference":
          options =
              options.withReadPreference(
                  valueOf(ReadPreference.class, value, "READ_PREFERENCE_", ReadPreference.PRIMARY));
          break;
        case "split_policy":
          options =
              options.withSplitPolicy(
                  valueOf(SplitPolicy.class, value, "SPLIT_POLICY_", SplitPolicy.SPLIT));
          break;
        default:
          throw new SlotPlannerException(Status.Code.INVALID_ARGUMENT, "No such option: " + name);
      }
    }
    return options;
  }

  private static <E extends Enum<E>> E valueOf(
      Class<E> type, JsonElement value, String prefix, E unspecified) {
    String name = value.getAsString();
    return name.equals(prefix + "UNSPECIFIED")
        ? unspecified
        : Enum.valueOf(type, name.substring(prefix.length()));
  }

  private static JsonObject jsonOf(CommandResult result) {
    JsonObject json = new JsonObject();
    json.add("reply", jsonOf(result.reply()));
    JsonArray parts = new JsonArray();
    for (PartResult part : result.parts()) {
      JsonObject each = new JsonObject();
      each.addProperty("outcome", part.outcome().name().toLowerCase(Locale.ROOT));
      each.addProperty("node", part.node());
      if (part.reply().isPresent()) {
        each.add("reply", jsonOf(part.reply().get()));
      } else {
        each.addProperty("cause", part.cause().getCode().name());
      }
      JsonArray indexes = new JsonArray();
      part.argIndexes().forEach(indexes::add);
      if (!indexes.isEmpty()) {
        each.add("arg_indexes", indexes);
      }
      parts.add(each);
    }
    if (!parts.isEmpty()) {
      json.add("parts", parts);
    }
    result.refusal().ifPresent(refusal -> json.add("refusal", jsonOf(refusal)));
    return json;
  }

  private static JsonElement jsonOf(Refusal refusal) {
    try {
      return JsonParser.parseString(JsonFormat.printer().print(refusal.proto()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonElement jsonOf(Reply reply) {
    JsonObject json = new JsonObject();
    switch (reply.kind()) {
      case NIL:
        return JsonNull.INSTANCE;
      case INTEGER:
        json.addProperty("integer", String.valueOf(reply.asLong()));
        break;
      case STRING:
        json.addProperty("string", reply.latin1());
        break;
      case ERROR:
        json.addProperty("error", reply.latin1());
        break;
      case ARRAY:
        JsonArray elements = new JsonArray();
        reply.asList().forEach(element -> elements.add(jsonOf(element)));
        json.add("array", elements);
        break;
    }
    return json;
  }
}
