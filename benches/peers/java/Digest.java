package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What an output topic says, whatever the order of its records and of the fields in them: a sum of hashes of partition, key,
 * timestamp and fields. Of a table only the last record of each key counts.
 */
final class Digest {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int EXAMPLES = 5;

    long records;
    /** Records, or keys of a table, by partition. */
    final Map<Integer, Long> rows = new TreeMap<>();
    /** Sums of the fields N and TOTAL. */
    long n;
    long total;
    long hash;

    static Digest of(Log log, boolean table) {
        Digest digest = new Digest();
        Map<Key, Row> last = new HashMap<>();
        log.readAll(record -> {
            digest.records++;
            Row row = new Row(record);
            if (table) {
                last.put(new Key(record.key()), row);
            } else {
                digest.add(row);
            }
        });
        last.values().forEach(digest::add);
        return digest;
    }

    private void add(Row row) {
        rows.merge(row.partition, 1L, Long::sum);
        n += row.n;
        total += row.total;
        hash += row.hash;
    }

    /** Some records, or last records of keys of a table, that only one of two topics holds. */
    static List<String> differences(Log left, Log right, boolean table) {
        List<String> examples = new ArrayList<>();
        Set<Long> onLeft = hashes(left, table);
        Set<Long> onRight = hashes(right, table);
        describe(left, "first only", onLeft, onRight, examples);
        describe(right, "second only", onRight, onLeft, examples);
        return examples;
    }

    private static Set<Long> hashes(Log log, boolean table) {
        Set<Long> all = new HashSet<>();
        Map<Key, Long> last = new HashMap<>();
        log.readAll(record -> {
            long hash = new Row(record).hash;
            if (table) {
                last.put(new Key(record.key()), hash);
            } else {
                all.add(hash);
            }
        });
        all.addAll(last.values());
        return all;
    }

    private static void describe(Log log, String side, Set<Long> here, Set<Long> there, List<String> examples) {
        int limit = examples.size() + EXAMPLES;
        log.readAll(record -> {
            long hash = new Row(record).hash;
            if (examples.size() < limit && here.contains(hash) && !there.contains(hash)) {
                examples.add(side + ": partition " + record.partition() + ", offset " + record.offset() + ", time "
                        + record.timestamp() + ", key " + text(record.key()) + ", value " + text(record.value()));
            }
        });
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private record Key(byte[] bytes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    private static final class Row {
        final int partition;
        final long hash;
        long n;
        long total;

        Row(ConsumerRecord<byte[], byte[]> record) {
            partition = record.partition();
            long head = mix(mix(record.partition() + 1, record.timestamp()), record.key());
            hash = mix(head, fields(record.value()));
        }

        /** Hash of an object's fields in any order. */
        private long fields(byte[] value) {
            if (value == null) {
                return 0;
            }
            try (JsonParser parser = JSON.createParser(value)) {
                long sum = 1;
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    JsonToken kind = parser.nextToken();
                    if (name.equals("N")) {
                        n = parser.getLongValue();
                    } else if (name.equals("TOTAL")) {
                        total = parser.getLongValue();
                    }
                    sum += mix(mix(kind.id(), name.getBytes()), parser.getText().getBytes());
                }
                return sum;
            } catch (JsonProcessingException e) {
                // Not JSON: the bytes as they are, so that it shows as a difference.
                return mix(2, value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static long mix(long state, byte[] bytes) {
            for (byte b : bytes == null ? new byte[0] : bytes) {
                state = (state ^ b) * 0x100000001b3L;
            }
            return mix(state, bytes == null ? -1 : bytes.length);
        }

        private static long mix(long state, long number) {
            long z = state * 31 + number;
            z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
            z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
            return z ^ (z >>> 31);
        }
    }
}
