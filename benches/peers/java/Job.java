package peers;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** The jobs as topologies. Each does what the SQL file of the same name does. */
enum Job {
    PASS {
        @Override
        void build(KStream<String, Bid> bids, String output) {
            bids.to(output, Produced.with(KEY, BID));
        }
    },
    FILTER {
        @Override
        void build(KStream<String, Bid> bids, String output) {
            bids.filter((bidder, bid) -> bid.price > PRICE_MIN).mapValues(Offer::new).to(output, Produced.with(KEY, OFFER));
        }
    },
    WINDOW {
        @Override
        void build(KStream<String, Bid> bids, String output) {
            bids.groupByKey(Grouped.with(KEY, BID))
                    .windowedBy(WINDOWS)
                    .aggregate(Total::new, (key, bid, total) -> total.add(bid.price), Materialized.with(KEY, TOTAL))
                    .toStream()
                    .to(output, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, SIZE.toMillis()), TOTAL));
        }
    },
    REGROUP {
        @Override
        void build(KStream<String, Bid> bids, String output) {
            // Only what the aggregate needs goes through the repartition topic, as in ksqlDB.
            bids.map((bidder, bid) -> KeyValue.pair(bid.auction, new Offer(bid)))
                    .groupByKey(Grouped.with(Serdes.Long(), OFFER))
                    .windowedBy(WINDOWS)
                    .aggregate(Total::new, (key, offer, total) -> total.add(offer.price), Materialized.with(Serdes.Long(), TOTAL))
                    .toStream()
                    .to(output, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(Long.class, SIZE.toMillis()), TOTAL));
        }
    },
    COUNT {
        @Override
        void build(KStream<String, Bid> bids, String output) {
            bids.groupByKey(Grouped.with(KEY, BID))
                    .aggregate(Total::new, (key, bid, total) -> total.add(bid.price), Materialized.with(KEY, TOTAL))
                    .toStream()
                    .to(output, Produced.with(KEY, TOTAL));
        }
    };

    /** A tenth of the bids have a higher price. */
    static final long PRICE_MIN = 9_000_000;

    private static final Duration SIZE = Duration.ofSeconds(10);
    /** ksqlDB's default without a grace clause: windows are kept for a day. */
    private static final TimeWindows WINDOWS = TimeWindows.ofSizeAndGrace(SIZE, Duration.ofDays(1).minus(SIZE));

    private static final Serde<String> KEY = Serdes.String();
    private static final Serde<Bid> BID = new JsonSerde<>(Bid.class);
    private static final Serde<Offer> OFFER = new JsonSerde<>(Offer.class);
    private static final Serde<Total> TOTAL = new JsonSerde<>(Total.class);

    abstract void build(KStream<String, Bid> bids, String output);

    StreamsBuilder topology(String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        build(builder.stream(input, Consumed.with(KEY, BID)), output);
        return builder;
    }
}
