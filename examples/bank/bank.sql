-- The bank pipeline: Debezium change events of three Postgres tables in, live tables out.
-- Every message carries the row before and after the change; `after` is what these statements read.

CREATE STREAM ACCOUNT_BASE (
    after STRUCT<account_id VARCHAR, account_holder_name VARCHAR, account_balance DECIMAL(12, 2)>,
    op VARCHAR,
    ts_ms BIGINT
  ) WITH (KAFKA_TOPIC='integrate.public.account', VALUE_FORMAT='JSON', PARTITIONS=4);

CREATE STREAM BANK_TRANSACTION_BASE (
    after STRUCT<id VARCHAR, date BIGINT, account_id VARCHAR, amount DECIMAL(12, 2), type VARCHAR>,
    op VARCHAR,
    ts_ms BIGINT
  ) WITH (KAFKA_TOPIC='integrate.public.bank_transaction', VALUE_FORMAT='JSON', PARTITIONS=4, TIMESTAMP='ts_ms');

CREATE STREAM TRANSACTION_LOG_BASE (
    after STRUCT<id VARCHAR, transaction_id VARCHAR, date BIGINT, event VARCHAR>,
    op VARCHAR,
    ts_ms BIGINT
  ) WITH (KAFKA_TOPIC='integrate.public.transaction_log', VALUE_FORMAT='JSON', PARTITIONS=4, TIMESTAMP='ts_ms');

-- How many deposits and withdrawals each account has made.
CREATE TABLE COUNT_TYPE_BY_ACCOUNT AS
  SELECT bt.after->account_id AS account_id,
         COUNT(CASE WHEN bt.after->type = 'deposit' THEN 1 END) AS deposit_count,
         COUNT(CASE WHEN bt.after->type = 'withdraw' THEN 1 END) AS withdraw_count
  FROM BANK_TRANSACTION_BASE bt
  GROUP BY bt.after->account_id
  EMIT CHANGES;

-- How much money each account moves in each minute.
CREATE TABLE TRANSACTION_VOLUME_PER_MINUTE AS
  SELECT after->account_id AS account_id,
         SUM(after->amount) AS total_amount,
         WINDOWSTART AS window_start,
         WINDOWEND AS window_end,
         FROM_UNIXTIME(WINDOWSTART) AS time_start,
         FROM_UNIXTIME(WINDOWEND) AS time_end
  FROM BANK_TRANSACTION_BASE
  WINDOW TUMBLING (SIZE 1 MINUTE)
  GROUP BY after->account_id
  EMIT CHANGES;

-- How often transactions fail: a withdrawal beyond the balance leaves only a log row.
CREATE TABLE TRANSACTION_OUTCOMES AS
  SELECT after->event AS event, COUNT(*) AS total
  FROM TRANSACTION_LOG_BASE
  GROUP BY after->event
  EMIT CHANGES;
