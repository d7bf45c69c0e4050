package peers;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Two fields of a bid: what `filter` writes and what `regroup` sends through its repartition topic. */
public final class Offer {
    @JsonProperty("AUCTION")
    public long auction;

    @JsonProperty("PRICE")
    public long price;

    public Offer() {}

    public Offer(Bid bid) {
        auction = bid.auction;
        price = bid.price;
    }
}
