-- One row per key for good: the state that recovery brings back.
CREATE TABLE TOTALS WITH (KAFKA_TOPIC='${output}') AS
  SELECT BIDDER, COUNT(*) AS N, SUM(PRICE) AS TOTAL FROM BIDS GROUP BY BIDDER;
