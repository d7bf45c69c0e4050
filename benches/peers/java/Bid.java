package peers;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;

/** The value of a record of the input; its key is the bidder. Written with upper-case names, as ksqlDB writes columns. */
public final class Bid {
    @JsonProperty("AUCTION")
    @JsonAlias("auction")
    public long auction;

    @JsonProperty("PRICE")
    @JsonAlias("price")
    public long price;

    @JsonProperty("CHANNEL")
    @JsonAlias("channel")
    public String channel;

    @JsonProperty("URL")
    @JsonAlias("url")
    public String url;

    @JsonProperty("DATETIME")
    @JsonAlias("dateTime")
    public long dateTime;

    @JsonProperty("EXTRA")
    @JsonAlias("extra")
    public String extra;
}
