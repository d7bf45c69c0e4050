=== queries are paused, resumed and terminated by their ids
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM `out` AS SELECT * FROM S;
--> Created query with ID CSAS_out_1
CREATE SOURCE TABLE T (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Created query with ID CST_T_3
SHOW QUERIES;
--> CSAS_out_1 RUNNING to out
--> CST_T_3 RUNNING to
PAUSE CSAS_out_1;
--> Query paused.
SHOW QUERIES;
--> CSAS_out_1 PAUSED to out
--> CST_T_3 RUNNING to
PAUSE `csas_OUT_1`;
--> Query paused.
RESUME csas_out_1;
--> Query resumed.
RESUME CSAS_OUT_1;
--> Query resumed.
SHOW QUERIES;
--> CSAS_out_1 RUNNING to out
--> CST_T_3 RUNNING to
PAUSE CST_T_3;
--! 40001 Cannot pause query 'CST_T_3' because it is linked to a source table.
RESUME CST_T_3;
--! 40001 Cannot resume query 'CST_T_3' because it is linked to a source table.
TERMINATE CST_T_3;
--! 40001 Cannot terminate query 'CST_T_3' because it is linked to a source table.
PAUSE NOPE;
--! 40001 Unknown queryId: NOPE
RESUME NOPE;
--! 40001 Unknown queryId: NOPE
TERMINATE NOPE;
--! 40001 Unknown queryId: NOPE
TERMINATE transient_S_123;
--! 40000 Failed to terminate query with query ID: 'TRANSIENT_S_123'
PAUSE ALL;
--> Query paused.
RESUME ALL;
--> Query resumed.
TERMINATE ALL;
--> Query terminated.
SHOW QUERIES;
--> CST_T_3 RUNNING to
TERMINATE ALL;
--> Query terminated.
SHOW STREAMS;
--> S KAFKA/JSON in s
--> out KAFKA/JSON in out

=== one request sees what its earlier statements made
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1); DESCRIBE S; EXPLAIN SELECT A FROM S EMIT CHANGES; INSERT INTO S VALUES (1, 2);
--> Stream created
--> STREAM S: K INTEGER KEY, A INTEGER; KAFKA/JSON in s (1)
--> PUSH transient_S_<n>: K INTEGER KEY, A INTEGER; from S to
CREATE STREAM T (K INT KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1); INSERT INTO T WITH (QUERY_ID='q1') SELECT * FROM S; EXPLAIN Q1; PAUSE Q1; RESUME Q1; TERMINATE Q1; DROP STREAM T DELETE TOPIC;
--> Stream created
--> Created query with ID Q1
--> PERSISTENT Q1: K INTEGER KEY, A INTEGER; from S to T
--> Query paused.
--> Query resumed.
--> Query terminated.
--> Source `T` (topic: t) was dropped.
CREATE STREAM U AS SELECT * FROM S; TERMINATE ALL; DROP STREAM U; DROP STREAM S;
--> Created query with ID CSAS_U_13
--> Query terminated.
--> Source `U` (topic: U) was dropped.
--> Source `S` (topic: s) was dropped.
CREATE TYPE A AS INT; CREATE STREAM S (X A) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1); DROP TYPE A;
--> Registered custom type with name 'A' and SQL type INTEGER
--> Stream created
--> Dropped type 'A'
CREATE STREAM V (A INT) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON', PARTITIONS=1); CREATE STREAM V (A INT) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON');
--! 40001 Cannot add stream 'V': A stream with the same name already exists
CREATE STREAM V (A INT) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON', PARTITIONS=1); TERMINATE NOPE;
--! 40001 Unknown queryId: NOPE
SHOW STREAMS;
--> S KAFKA/JSON in s

=== session properties
SET 'auto.offset.reset' = 'latest'; SET 'nope' = 'x';
--! 40001 Unknown property: nope
SET 'ksql.service.id' = 'x';
--! 40001 One or more properties overrides set locally are prohibited by the KSQL server (use UNSET to reset their default value): [ksql.service.id]
SET 'commit.interval.ms' = 'soon';
--! 40001 Invalid value soon for configuration commit.interval.ms: Not a number of type LONG
UNSET 'nope';
--! 40001 Unknown property: nope
SET 'auto.offset.reset' = 'latest'; UNSET 'auto.offset.reset';
--> nothing
SET 'processing.guarantee' = 'twice';
--! 40001 Invalid value twice for configuration processing.guarantee: String must be one of: at_least_once, exactly_once_v2
ALTER SYSTEM 'auto.offset.reset' = 'latest';
--! 50000 Could not write the statement 'ALTER SYSTEM 'auto.offset.reset' = 'latest';' into the command topic.
--   Caused by: Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned off.
ALTER SYSTEM 'nope' = 'latest';
--! 50000 Could not write the statement 'ALTER SYSTEM 'nope' = 'latest';' into the command topic.
--   Caused by: Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned off.

=== variables
DEFINE topic = 'my_topic'; DEFINE fmt = 'JSON'; DEFINE col = '`my col`'; DEFINE n = '3'; CREATE STREAM ${name} (${col} INT) WITH (KAFKA_TOPIC='${topic}', VALUE_FORMAT='${fmt}', PARTITIONS=${n});
--! 40001 Illegal argument at Line: 1, Col: 113. Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: '`my col`'
DEFINE name = 's1'; DEFINE topic = 'my_topic'; DEFINE fmt = 'JSON'; DEFINE col = '`my col`'; DEFINE n = '3'; CREATE STREAM ${name} (${col} INT) WITH (KAFKA_TOPIC='${TOPIC}', VALUE_FORMAT='${fmt}', PARTITIONS=${n});
--! 40001 Illegal argument at Line: 1, Col: 133. Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: '`my col`'
DEFINE name = 's1'; CREATE STREAM ${name} (`my_col` INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
DEFINE name = 'a b'; CREATE STREAM ${name} (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Illegal argument at Line: 1, Col: 36. Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: 'a b'
DEFINE name = '@a'; CREATE STREAM ${name} (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Illegal argument at Line: 1, Col: 35. Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: '@a'
DEFINE n = 'x'; CREATE STREAM A (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=${n});
--! 40001 Illegal argument at Line: 1, Col: 96. Got: 'x'
DEFINE a = 'x'; DEFINE b = '${a}y'; SHOW VARIABLES; UNDEFINE a; UNDEFINE a; SHOW VARIABLES;
--> a = x
--> b = xy
--> warning: Cannot undefine variable 'a' which was never defined
--> b = xy
SHOW STREAMS;
--> S1 KAFKA/JSON in x

=== topics are asserted
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3);
--> Stream created
ASSERT TOPIC s;
--> topic s exists: true
ASSERT TOPIC 's' WITH (PARTITIONS=3, replicas=1);
--> topic s exists: true
ASSERT TOPIC S TIMEOUT 0 SECONDS;
--! 41700 Topic S does not exist
ASSERT TOPIC s WITH (PARTITIONS=1, REPLICAS=2) TIMEOUT 10 MILLISECONDS;
--! 41700 Mismatched configuration for topic s: For config partitions, expected 1 got 3
--   Mismatched configuration for topic s: For config replicas, expected 2 got 1
ASSERT TOPIC s WITH (PARTITIONS='3') TIMEOUT 10 MILLISECONDS;
--! 41700 Mismatched configuration for topic s: For config partitions, expected '3' got 3
ASSERT TOPIC s WITH (RETENTION_MS=1) TIMEOUT 10 MILLISECONDS;
--! 41700 Cannot assert unknown topic property: RETENTION_MS
ASSERT TOPIC s TIMEOUT 1 WEEK;
--! 40001 line 1:26: Syntax Error
--
ASSERT NOT EXISTS TOPIC s TIMEOUT 10 MILLISECONDS;
--! 41700 Topic s exists
ASSERT NOT EXISTS TOPIC s WITH (PARTITIONS=9) TIMEOUT 10 MILLISECONDS;
--! 41700 Topic s exists
ASSERT NOT EXISTS TOPIC t WITH (PARTITIONS=9);
--> topic t exists: false
ASSERT STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 This form of ASSERT belongs to test scripts.
ASSERT VALUES S (A) VALUES (1);
--! 40001 This form of ASSERT belongs to test scripts.
ASSERT NULL VALUES S (A) KEY (1);
--! 40001 This form of ASSERT belongs to test scripts.
RUN SCRIPT 'x';
--! 40001 RUN SCRIPT is executed by the shell, not by the server.

=== what is described and explained
CREATE STREAM S (K INT KEY, A INT, B STRUCT<X INT, Y ARRAY<STRING>>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
--> Stream created
CREATE STREAM O AS SELECT K, A FROM S WHERE A > 1;
--> Created query with ID CSAS_O_1
CREATE TABLE C AS SELECT A, COUNT(*) N FROM S GROUP BY A;
--> Created query with ID CTAS_C_3
DESCRIBE S;
--> STREAM S: K INTEGER KEY, A INTEGER, B STRUCT<X INTEGER, Y ARRAY<STRING>>; KAFKA/JSON in s (2)
DESCRIBE `s`;
--! 40001 Could not find STREAM/TABLE 's' in the Metastore
--   Did you mean S? Hint: try removing double quotes from the source name.
DESCRIBE NOPE;
--! 40001 Could not find STREAM/TABLE 'NOPE' in the Metastore
DESCRIBE C;
--> TABLE C: A INTEGER KEY, N BIGINT; KAFKA/JSON in C (2)
DESCRIBE FUNCTION NOPE;
--! 40000 Can't find any functions with the name 'NOPE'
EXPLAIN CSAS_O_1;
--> PERSISTENT CSAS_O_1: K INTEGER KEY, A INTEGER; from S to O
EXPLAIN csas_o_1;
--> PERSISTENT CSAS_O_1: K INTEGER KEY, A INTEGER; from S to O
EXPLAIN CTAS_C_3;
--> PERSISTENT CTAS_C_3: A INTEGER KEY, N BIGINT; from S to C
EXPLAIN NOPE;
--! 40001 Query with id:NOPE does not exist, use SHOW QUERIES to view the full set of queries.
EXPLAIN SELECT * FROM S EMIT CHANGES;
--> PUSH transient_S_<n>: K INTEGER KEY, K INTEGER, A INTEGER, B STRUCT<X INTEGER, Y ARRAY<STRING>>; from S to
EXPLAIN SELECT K, A + 1 FROM S WHERE A > 2;
--> PUSH transient_S_<n>: K INTEGER KEY, K INTEGER, KSQL_COL_0 INTEGER; from S to
EXPLAIN SELECT * FROM C WHERE A = 1;
--> PUSH transient_C_<n>: A INTEGER KEY, A INTEGER, N BIGINT; from C to
EXPLAIN CREATE STREAM P AS SELECT * FROM S;
--> PERSISTENT CSAS_P_4: K INTEGER KEY, A INTEGER, B STRUCT<X INTEGER, Y ARRAY<STRING>>; from S to P
EXPLAIN CREATE STREAM O AS SELECT * FROM S;
--! 40001 Could not determine output schema for query due to error: Cannot add stream 'O': A stream with the same name already exists
EXPLAIN CREATE TABLE X AS SELECT A, COUNT(*) N FROM S GROUP BY A;
--> PERSISTENT CTAS_X_4: A INTEGER KEY, N BIGINT; from S to X
EXPLAIN INSERT INTO O SELECT K, A FROM S;
--> PERSISTENT INSERTQUERY_4: K INTEGER KEY, A INTEGER; from S to O
EXPLAIN INSERT INTO O SELECT * FROM S;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `K` INTEGER KEY, `A` INTEGER, `B` STRUCT<`X` INTEGER, `Y` ARRAY<STRING>>
--   Sink schema is `K` INTEGER KEY, `A` INTEGER
EXPLAIN SELECT NOPE FROM S EMIT CHANGES;
--! 40001 Line: 1, Col: 16: SELECT column 'NOPE' cannot be resolved.
EXPLAIN SELECT * FROM NOPE EMIT CHANGES;
--! 40001 Exception while preparing statement: NOPE does not exist.
EXPLAIN CREATE STREAM Q (A INT) WITH (KAFKA_TOPIC='q', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 The provided statement does not run a ksql query
EXPLAIN DROP STREAM S;
--! 40001 The provided statement does not run a ksql query
EXPLAIN SHOW STREAMS;
--! 40001 The provided statement does not run a ksql query
SHOW QUERIES;
--> CSAS_O_1 RUNNING to O
--> CTAS_C_3 RUNNING to C

=== there are only so many persistent queries
--set ksql.query.persistent.active.limit=2
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM A AS SELECT * FROM S;
--> Created query with ID CSAS_A_1
CREATE STREAM B AS SELECT * FROM S;
--> Created query with ID CSAS_B_3
CREATE STREAM C AS SELECT * FROM S;
--! 40000 The statement would make 3 active, persistent queries, and ksql.query.persistent.active.limit allows 2. TERMINATE a query, or raise the limit and restart the server.
INSERT INTO A SELECT * FROM S;
--! 40000 The statement would make 3 active, persistent queries, and ksql.query.persistent.active.limit allows 2. TERMINATE a query, or raise the limit and restart the server.
CREATE OR REPLACE STREAM B AS SELECT * FROM S WHERE A > 1;
--> Created query with ID CSAS_B_3
DROP STREAM B;
--> Source `B` (topic: B) was dropped.
CREATE STREAM C AS SELECT * FROM S;
--> Created query with ID CSAS_C_9
