=== timestamp columns
CREATE STREAM S (A BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='B', PARTITIONS=1);
--! 40001 The TIMESTAMP column set in the WITH clause does not exist in the schema: 'B'
CREATE STREAM S (A BOOLEAN) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', PARTITIONS=1);
--! 40001 Timestamp column, `A`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', PARTITIONS=1);
--! 40001 Timestamp column, `A`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.
CREATE STREAM S (A DATE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', PARTITIONS=1);
--! 40001 Timestamp column, `A`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.
CREATE STREAM S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', PARTITIONS=1);
--! 40001 A String timestamp field has been specified without also specifying the timestamp_format
CREATE STREAM S (A BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='yyyy', PARTITIONS=1);
--! 40001 'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type STRING.
CREATE STREAM S (A TIMESTAMP) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='yyyy', PARTITIONS=1);
--! 40001 'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type STRING.
CREATE STREAM S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='yyyy-JJ', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Unknown pattern letter: J
CREATE STREAM S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='yyyy-MM-dd''T', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Pattern ends with an incomplete string literal
CREATE STREAM S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='yyyy]', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Pattern invalid as it contains ] without previous [
CREATE STREAM S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='A', TIMESTAMP_FORMAT='HHH', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Too many pattern letters: H
CREATE STREAM S1 (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP_FORMAT='yyyy', PARTITIONS=1);
--> Stream created
CREATE STREAM S (`ts` BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='ts', PARTITIONS=1);
--! 40001 The TIMESTAMP column set in the WITH clause does not exist in the schema: 'TS'
CREATE STREAM S (`ts` BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='`ts`', PARTITIONS=1);
--> Stream created
CREATE STREAM S2 (K BIGINT KEY, A INT) WITH (KAFKA_TOPIC='s2', VALUE_FORMAT='JSON', TIMESTAMP='k', PARTITIONS=1);
--> Stream created
CREATE STREAM S3 (A TIMESTAMP) WITH (KAFKA_TOPIC='s3', VALUE_FORMAT='JSON', TIMESTAMP='a', PARTITIONS=1);
--> Stream created
CREATE STREAM S4 (A STRING) WITH (KAFKA_TOPIC='s4', VALUE_FORMAT='JSON', TIMESTAMP='a', TIMESTAMP_FORMAT='yyyy-MM-dd''T''HH:mm:ssXXX', PARTITIONS=1);
--> Stream created
CREATE STREAM S5 (A STRING) WITH (KAFKA_TOPIC='s5', VALUE_FORMAT='JSON', TIMESTAMP='a', TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss z', PARTITIONS=1);
--> Stream created
CREATE STREAM SH (A INT, H BYTES HEADER('k')) WITH (KAFKA_TOPIC='sh', VALUE_FORMAT='JSON', TIMESTAMP='H', PARTITIONS=1);
--! 40001 The TIMESTAMP column set in the WITH clause does not exist in the schema: 'H'
DESCRIBE S;
--> STREAM S: ts BIGINT; KAFKA/JSON in s (1), time ts
DESCRIBE S2;
--> STREAM S2: K BIGINT KEY, A INTEGER; KAFKA/JSON in s2 (1), time K
INSERT INTO S (`ts`) VALUES (5);
--> nothing
INSERT INTO S2 (K, A) VALUES (7, 1);
--> nothing
INSERT INTO S3 VALUES ('1970-01-01T00:00:01');
--> nothing
INSERT INTO S4 VALUES ('1970-01-01T01:00:00+01:00');
--> nothing
INSERT INTO S4 VALUES ('1970-01-01T00:00:09Z');
--> nothing
INSERT INTO S4 VALUES ('nonsense');
--> nothing
INSERT INTO S5 VALUES ('1970-01-01 01:00:02 CET');
--> nothing
SELECT *, ROWTIME FROM S;
--> [5,5]
SELECT *, ROWTIME FROM S2;
--> [7,1,7]
SELECT *, ROWTIME FROM S3;
--> ["1970-01-01T00:00:01.000",1000]
SELECT *, ROWTIME FROM S4;
--> ["1970-01-01T01:00:00+01:00",0]
--> ["1970-01-01T00:00:09Z",9000]
SELECT *, ROWTIME FROM S5;
--> ["1970-01-01 01:00:02 CET",2000]

=== the time of a sink
CREATE STREAM S (K INT KEY, A BIGINT, B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O WITH (TIMESTAMP='X') AS SELECT K, A FROM S;
--! 40001 Could not determine output schema for query due to error: The TIMESTAMP column set in the WITH clause does not exist in the schema: 'X'
CREATE STREAM O WITH (TIMESTAMP='B') AS SELECT K, A FROM S;
--! 40001 Could not determine output schema for query due to error: The TIMESTAMP column set in the WITH clause does not exist in the schema: 'B'
CREATE STREAM O WITH (TIMESTAMP='B') AS SELECT K, A, B FROM S;
--! 40001 Could not determine output schema for query due to error: A String timestamp field has been specified without also specifying the timestamp_format
CREATE STREAM O WITH (TIMESTAMP='C', TIMESTAMP_FORMAT='yyyy') AS SELECT K, A C FROM S;
--! 40001 Could not determine output schema for query due to error: 'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type STRING.
CREATE STREAM O WITH (TIMESTAMP='C') AS SELECT K, A C FROM S;
--> Created query with ID CSAS_O_1
CREATE STREAM P WITH (TIMESTAMP='B', TIMESTAMP_FORMAT='yyyy') AS SELECT * FROM S;
--> Created query with ID CSAS_P_3
INSERT INTO S VALUES (1, 55, '1971');
--> nothing
SELECT *, ROWTIME FROM O EMIT CHANGES LIMIT 1;
--> [1,55,55]
SELECT *, ROWTIME FROM P EMIT CHANGES LIMIT 1;
--> [1,55,"1971",31536000000]

=== windowed sources
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', PARTITIONS=1);
--! 40001 Failed to prepare statement: TUMBLING windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='HOPPING', PARTITIONS=1);
--! 40001 Failed to prepare statement: HOPPING windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='SLIDING', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value SLIDING for property WINDOW_TYPE: String must be one of: SESSION, HOPPING, TUMBLING, null
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION', WINDOW_SIZE='5 SECONDS', PARTITIONS=1);
--! 40001 Failed to prepare statement: 'WINDOW_SIZE' should not be set for SESSION windows.
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_SIZE='5 SECONDS', PARTITIONS=1);
--! 40001 Failed to prepare statement: 'WINDOW_SIZE' should not be set for non-windowed sources.
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='30 bobs', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '30 bobs'. Unknown time unit: 'BOBS'
--   Supported time units are: NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='x SECONDS', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: 'x SECONDS'. Not numeric: 'x'
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='5', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '5'. Expected 2 tokens, got: 1
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='0 SECONDS', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '0 SECONDS'. The size of a window must be larger than zero.
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='-1 SECONDS', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '-1 SECONDS'. The size of a window must be larger than zero.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION', PARTITIONS=1);
--! 40001 Windowed sources require a key column.
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='tumbling', WINDOW_SIZE='5 second', PARTITIONS=1);
--> Stream created
CREATE TABLE T (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', WINDOW_TYPE='session', PARTITIONS=1, RETENTION_MS=86400000);
--> Table created
DESCRIBE S;
--> STREAM S TUMBLING: K INTEGER KEY, A INTEGER; KAFKA/JSON in s (1)
DESCRIBE T;
--> TABLE T SESSION: K INTEGER KEY, A INTEGER; KAFKA/JSON in t (1)
SHOW TABLES;
--> T KAFKA/JSON in t windowed
INSERT INTO S VALUES (1, 2);
--! 40000 Cannot insert values into windowed stream/table!
CREATE STREAM O AS SELECT * FROM S PARTITION BY A;
--! 40001 Could not determine output schema for query due to error: Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.
CREATE TABLE O AS SELECT * FROM T;
--! 40001 Could not determine output schema for query due to error: KSQL does not support persistent queries on windowed tables.
CREATE STREAM O AS SELECT K, WINDOWSTART FROM S;
--! 40001 Could not determine output schema for query due to error: Reserved column name in select: `WINDOWSTART`. Please remove or alias the column.
CREATE STREAM O AS SELECT K, WINDOWSTART AS W, A FROM S;
--> Created query with ID CSAS_O_3
DESCRIBE O;
--> STREAM O TUMBLING: K INTEGER KEY, W BIGINT, A INTEGER; KAFKA/JSON in O (1)
CREATE STREAM P WITH (WINDOW_TYPE='TUMBLING', WINDOW_SIZE='5 SECONDS') AS SELECT * FROM S;
--! 40001 Failed to prepare statement: Invalid config variable(s) in the WITH clause: WINDOW_SIZE,WINDOW_TYPE
