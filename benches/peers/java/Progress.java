package peers;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far a consumer group is, by the offsets that it committed. */
final class Progress {
    /** So many offsets at a partition's end may be marks of transactions, which no reader ever processes. */
    private static final long MARKS_MAX = 64;

    private final Admin admin;
    private final String bootstrap;
    private final String group;
    private final String input;

    Progress(Admin admin, String bootstrap, String group, String input) {
        this.admin = admin;
        this.bootstrap = bootstrap;
        this.group = group;
        this.input = input;
    }

    /**
     * Whether the group has processed all of the input and of its repartition topics. Committed offsets are read before ends: what
     * stands behind a committed offset of the input is in the repartition topics by then.
     */
    boolean atEnd() throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        for (TopicPartition partition : partitions()) {
            OffsetAndMetadata at = committed.get(partition);
            long begin = offset(partition, OffsetSpec.earliest());
            if (!reached(partition, at == null ? begin : at.offset())) {
                return false;
            }
        }
        return true;
    }

    private boolean reached(TopicPartition partition, long offset) throws ExecutionException, InterruptedException {
        long lag = offset(partition, OffsetSpec.latest()) - offset;
        if (lag <= 0 || lag > MARKS_MAX || partition.topic().equals(input)) {
            return lag <= 0;
        }
        try (Log log = new Log(bootstrap, partition.topic(), 1)) {
            return !log.holdsRecordFrom(partition, offset);
        }
    }

    private List<TopicPartition> partitions() throws ExecutionException, InterruptedException {
        Set<String> topics = new HashSet<>(Set.of(input));
        admin.listTopics().names().get().stream()
                .filter(topic -> topic.startsWith(group + "-") && topic.endsWith("-repartition"))
                .forEach(topics::add);
        List<TopicPartition> partitions = new ArrayList<>();
        admin.describeTopics(topics).allTopicNames().get().forEach((topic, description) ->
                description.partitions().forEach(p -> partitions.add(new TopicPartition(topic, p.partition()))));
        return partitions;
    }

    private long offset(TopicPartition partition, OffsetSpec spec) throws ExecutionException, InterruptedException {
        return admin.listOffsets(Map.of(partition, spec)).all().get().get(partition).offset();
    }

    /** Where a topic ends, by partition. */
    static Map<Integer, Long> ends(Admin admin, String topic) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> wanted = new java.util.HashMap<>();
        admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()
                .forEach(p -> wanted.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest()));
        return admin.listOffsets(wanted).all().get().entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().partition(), e -> e.getValue().offset()));
    }
}
