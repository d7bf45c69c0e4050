package peers;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Count and sum of the prices of a group. */
public final class Total {
    @JsonProperty("N")
    public long n;

    @JsonProperty("TOTAL")
    public long total;

    public Total add(long price) {
        n += 1;
        total += price;
        return this;
    }
}
