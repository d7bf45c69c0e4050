package peers;

import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * The peer: one job as a plain Kafka Streams program with ksqlDB's defaults, until it is ended.
 *
 * <p>Arguments: job, bootstrap servers, application id, input, output, state folder, guarantee. Prints events with their time in
 * ms since 1970: `joining` its group, `restoring` state, `running` when all tasks may process.
 */
public final class Peer {
    public static void main(String[] arguments) throws InterruptedException {
        Job job = Job.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        Properties settings = settings(arguments[1], arguments[2], arguments[5], arguments[6]);
        KafkaStreams streams = new KafkaStreams(job.topology(arguments[3], arguments[4]).build(), settings);
        CountDownLatch failed = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                say("running");
            }
        });
        streams.setGlobalStateRestoreListener(new Restoring());
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            failed.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        say("joining");
        streams.start();
        failed.await();
        System.exit(1);
    }

    private static Properties settings(String bootstrap, String application, String folder, String guarantee) {
        Properties settings = new Properties();
        settings.putAll(Map.of(
                StreamsConfig.APPLICATION_ID_CONFIG, application,
                StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                StreamsConfig.STATE_DIR_CONFIG, folder,
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee,
                StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2,
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 2000,
                StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 10_000_000,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"));
        return settings;
    }

    private static void say(String event) {
        System.out.println(event + " " + System.currentTimeMillis());
        System.out.flush();
    }

    private static final class Restoring implements StateRestoreListener {
        @Override
        public void onRestoreStart(TopicPartition partition, String store, long begin, long end) {
            say("restoring");
        }

        @Override
        public void onBatchRestored(TopicPartition partition, String store, long end, long records) {}

        @Override
        public void onRestoreEnd(TopicPartition partition, String store, long records) {}
    }
}
