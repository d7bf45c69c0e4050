package peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * The driver's hand in Kafka: one process that answers commands, a JSON object a line, so that no JVM starts while a run is
 * measured. Answers `{"progress": n}` any number of times, then `{"done": ...}` or `{"error": text}`.
 */
public final class Tool {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long LOOK_EACH_MS = 100;
    /** How soon a topic is looked for again that does not exist yet. */
    private static final long TOPIC_EACH_MS = 20;
    /** How long a new topic may take to show. */
    private static final long SHOWN_MAX_MS = 10_000;

    private final String bootstrap;
    private final Admin admin;

    private Tool(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    /** One argument: the bootstrap servers. */
    public static void main(String[] arguments) throws Exception {
        Tool tool = new Tool(arguments[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                answer("done", tool.run(MAPPER.readTree(line)));
            } catch (Exception e) {
                e.printStackTrace();
                answer("error", String.valueOf(e.getMessage()));
            }
        }
        System.exit(0);
    }

    private static void answer(String kind, Object content) throws Exception {
        System.out.println(MAPPER.writeValueAsString(Map.of(kind, content)));
        System.out.flush();
    }

    private Object run(JsonNode command) throws Exception {
        String name = command.required("do").asText();
        return switch (name) {
            case "create" -> create(command);
            case "delete" -> delete(command);
            case "load" -> load(command);
            case "more" -> more(command);
            case "first" -> first(command);
            case "finish" -> finish(command);
            case "ends" -> Progress.ends(admin, command.required("topic").asText());
            case "digest" -> digest(command);
            case "differences" -> differences(command);
            default -> throw new IllegalArgumentException("unknown command " + name);
        };
    }

    private Object create(JsonNode command) throws Exception {
        NewTopic topic = new NewTopic(text(command, "topic"), Optional.of(command.required("partitions").asInt()), Optional.of((short) 1));
        // Old event times must not make records vanish.
        admin.createTopics(List.of(topic.configs(Map.of("retention.ms", "-1")))).all().get();
        awaitTopic(topic.name(), System.currentTimeMillis() + SHOWN_MAX_MS);
        return true;
    }

    private void awaitTopic(String topic, long deadline) throws Exception {
        while (!admin.listTopics().names().get().contains(topic)) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("there is no topic " + topic);
            }
            Thread.sleep(TOPIC_EACH_MS);
        }
    }

    /** Deletes every topic with a prefix. */
    private Object delete(JsonNode command) throws Exception {
        String prefix = text(command, "prefix");
        List<String> topics = admin.listTopics().names().get().stream().filter(topic -> topic.startsWith(prefix)).toList();
        admin.deleteTopics(topics).all().get();
        return topics.size();
    }

    private Object load(JsonNode command) {
        Load load = new Load();
        long records = number(command, "records");
        long start = number(command, "start");
        load.write(bootstrap, text(command, "topic"), records, number(command, "keys"), start, number(command, "records_per_ms"), at -> {
            try {
                answer("progress", at);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        return Map.of("records", load.records, "expensive", load.expensive, "total", load.total);
    }

    /** Waits until a number of partitions of a topic hold a record behind given offsets. Gives when, in ms since 1970. */
    private Object first(JsonNode command) throws Exception {
        awaitTopic(text(command, "topic"), deadline(command));
        Map<Integer, Long> from = new HashMap<>();
        command.path("from").properties().forEach(e -> from.put(Integer.valueOf(e.getKey()), e.getValue().asLong()));
        try (Log log = new Log(bootstrap, text(command, "topic"), 1)) {
            if (!log.awaitRecords(from, command.required("partitions").asInt(), deadline(command))) {
                throw new IllegalStateException("no output in time");
            }
            return Map.of("at_ms", System.currentTimeMillis());
        }
    }

    /** Writes some records now, each with another key. */
    private Object more(JsonNode command) {
        long records = number(command, "records");
        new Load().write(bootstrap, text(command, "topic"), records, records, System.currentTimeMillis(), 1, at -> {});
        return true;
    }

    /**
     * Waits until a group has processed all of its input. Gives when (in ms since 1970) the output topic was seen to have grown
     * for the last time.
     */
    private Object finish(JsonNode command) throws Exception {
        String output = text(command, "output");
        Progress progress = new Progress(admin, bootstrap, text(command, "group"), text(command, "input"));
        Map<Integer, Long> ends = Map.of();
        long grown = System.currentTimeMillis();
        long deadline = deadline(command);
        boolean done = false;
        while (!done) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("the input was not processed in time");
            }
            Thread.sleep(LOOK_EACH_MS);
            done = progress.atEnd();
            Map<Integer, Long> now = Progress.ends(admin, output);
            if (!now.equals(ends)) {
                grown = System.currentTimeMillis();
                ends = now;
            }
        }
        return Map.of("last_output_ms", grown);
    }

    private Object digest(JsonNode command) {
        try (Log log = new Log(bootstrap, text(command, "topic"), 10_000)) {
            Digest digest = Digest.of(log, command.required("table").asBoolean());
            return Map.of("records", digest.records, "rows", digest.rows, "n", digest.n, "total", digest.total, "hash", Long.toHexString(digest.hash));
        }
    }

    private Object differences(JsonNode command) {
        try (Log left = new Log(bootstrap, text(command, "first"), 10_000); Log right = new Log(bootstrap, text(command, "second"), 10_000)) {
            return Digest.differences(left, right, command.required("table").asBoolean());
        }
    }

    private static String text(JsonNode command, String name) {
        return command.required(name).asText();
    }

    private static long number(JsonNode command, String name) {
        return command.required(name).asLong();
    }

    private static long deadline(JsonNode command) {
        return System.currentTimeMillis() + 1_000 * number(command, "seconds");
    }
}
