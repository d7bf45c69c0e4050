package peers;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes bids of about 200 bytes, drawn from a fixed seed: the same but for their time.
 *
 * <p>Keys are drawn evenly, or are all different and rising when there are as many keys as records. Event time rises by 1 ms after
 * a number of records.
 */
final class Load {
    private static final int AUCTIONS = 10_000;
    private static final long PRICE_MAX = 10_000_000;
    private static final String[] CHANNELS = {"Google", "Facebook", "Baidu", "Apple"};
    private static final int REPORT_EACH = 50_000;

    private final SplittableRandom random = new SplittableRandom(42);
    /** What was written: records, those that the filter passes, the sum of all prices. */
    long records;
    long expensive;
    long total;

    void write(String bootstrap, String topic, long count, long keys, long startMs, long recordsPerMs, LongConsumer progress) {
        try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap)) {
            for (; records < count; records++) {
                long key = keys == count ? records : random.nextLong(keys);
                long time = startMs + records / recordsPerMs;
                byte[] value = value(time).getBytes(StandardCharsets.UTF_8);
                byte[] bidder = ("bidder" + key).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, null, time, bidder, value), Load::failOnError);
                if (records % REPORT_EACH == 0) {
                    progress.accept(records);
                }
            }
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap,
                "compression.type", "none",
                "linger.ms", 50,
                "batch.size", 128 * 1024,
                "buffer.memory", 64L * 1024 * 1024);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private String value(long time) {
        long auction = random.nextLong(AUCTIONS);
        long price = 1 + random.nextLong(PRICE_MAX);
        total += price;
        expensive += price > Job.PRICE_MIN ? 1 : 0;
        String channel = CHANNELS[random.nextInt(CHANNELS.length)];
        int item = random.nextInt(1_000_000);
        String extra = Long.toHexString(random.nextLong() | Long.MIN_VALUE);
        return "{\"auction\":" + auction + ",\"price\":" + price + ",\"channel\":\"" + channel
                + "\",\"url\":\"https://auctions.example.com/item.htm?query=1&item=" + item + "\",\"dateTime\":" + time
                + ",\"extra\":\"" + extra + extra + "\"}";
    }

    private static void failOnError(Object metadata, Exception e) {
        if (e != null) {
            e.printStackTrace();
            System.exit(1);
        }
    }
}
