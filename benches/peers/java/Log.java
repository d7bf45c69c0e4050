package peers;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a topic's committed records. */
final class Log implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;

    Log(String bootstrap, String topic, int recordsMax) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap,
                "isolation.level", "read_committed",
                "enable.auto.commit", false,
                "max.poll.records", recordsMax);
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        partitions = consumer.partitionsFor(topic).stream()
                .map(p -> new TopicPartition(topic, p.partition()))
                .collect(Collectors.toList());
        consumer.assign(partitions);
    }

    /** Gives every record that is there now, from the beginning. */
    void readAll(Consumer<ConsumerRecord<byte[], byte[]>> record) {
        consumer.seekToBeginning(partitions);
        readOn(record);
    }

    /** Gives every record that is there now behind the place reached. */
    void readOn(Consumer<ConsumerRecord<byte[], byte[]>> record) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            consumer.poll(Duration.ofMillis(200)).forEach(record);
        }
    }

    /** Whether a partition holds a record at or behind an offset, and not only the marks of transactions. */
    boolean holdsRecordFrom(TopicPartition partition, long offset) {
        boolean[] found = {false};
        consumer.assign(List.of(partition));
        consumer.seek(partition, offset);
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (!found[0] && consumer.position(partition) < end) {
            consumer.poll(Duration.ofMillis(200)).forEach(record -> found[0] = true);
        }
        return found[0];
    }

    /** Waits until so many different partitions have brought a record behind given offsets; false when it takes too long. */
    boolean awaitRecords(Map<Integer, Long> from, int wanted, long deadlineMs) {
        partitions.forEach(partition -> consumer.seek(partition, from.getOrDefault(partition.partition(), 0L)));
        java.util.Set<Integer> seen = new java.util.HashSet<>();
        while (seen.size() < wanted && System.currentTimeMillis() < deadlineMs) {
            consumer.poll(Duration.ofMillis(500)).forEach(record -> seen.add(record.partition()));
        }
        return seen.size() >= wanted;
    }

    @Override
    public void close() {
        consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ZERO));
    }
}
