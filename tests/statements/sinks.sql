=== the topic of a sink
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3, RETENTION_MS=1000);
--> Stream created
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
CREATE STREAM `low` AS SELECT * FROM S;
--> Created query with ID CSAS_low_3
CREATE STREAM P WITH (KAFKA_TOPIC='p.topic', PARTITIONS=1, RETENTION_MS=2000) AS SELECT * FROM S;
--> Created query with ID CSAS_P_5
CREATE TABLE C WITH (PARTITIONS=2) AS SELECT A, COUNT(*) N FROM S GROUP BY A;
--> Created query with ID CTAS_C_7
SET 'ksql.output.topic.name.prefix' = 'pre-'; CREATE STREAM X AS SELECT * FROM S;
--> Created query with ID CSAS_X_9
CREATE STREAM Q WITH (KAFKA_TOPIC='p.topic') AS SELECT * FROM S;
--! 50000 A Kafka topic with the name 'p.topic' already exists, with different partition/replica/retention configuration than required. KSQL expects 3 partitions (topic has 1), 1 replication factor (topic has 1), and 1000 retention (topic has 2000).
CREATE STREAM Q WITH (KAFKA_TOPIC='p.topic', PARTITIONS=1) AS SELECT * FROM S;
--! 50000 A Kafka topic with the name 'p.topic' already exists, with different partition/replica/retention configuration than required. KSQL expects 1 partitions (topic has 1), 1 replication factor (topic has 1), and 1000 retention (topic has 2000).
CREATE STREAM Q WITH (KAFKA_TOPIC='p.topic', PARTITIONS=1, RETENTION_MS=2000) AS SELECT * FROM S;
--> Created query with ID CSAS_Q_11
CREATE STREAM R WITH (KAFKA_TOPIC='a b') AS SELECT * FROM S;
--! 50000 Failed to check if exists for topic: a b
--   Caused by: The request attempted to perform an operation on an invalid topic.
CREATE STREAM R WITH (KAFKA_TOPIC='') AS SELECT * FROM S;
--! 40001 Failed to prepare statement: Invalid value  for property KAFKA_TOPIC: String must be non-empty
CREATE STREAM R WITH (PARTITIONS=0) AS SELECT * FROM S;
--! 50000 Failed to guarantee existence of topic R
--   Caused by: Number of partitions was set to an invalid non-positive value.
CREATE STREAM R WITH (REPLICAS=3) AS SELECT * FROM S;
--! 50000 Failed to guarantee existence of topic R
--   Caused by: Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered.
CREATE STREAM R WITH (CLEANUP_POLICY='compact') AS SELECT * FROM S;
--! 40000 Invalid config variable in the WITH clause: CLEANUP_POLICY.
--   The CLEANUP_POLICY config is automatically inferred based on the type of source (STREAM or TABLE).
--   Users can't set the CLEANUP_POLICY config manually.
CREATE TABLE R WITH (RETENTION_MS=5) AS SELECT A, COUNT(*) N FROM S GROUP BY A;
--! 40000 Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support retention.
CREATE TABLE R WITH (RETENTION_MS=5) AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY A;
--> Created query with ID CTAS_R_13
CREATE STREAM T WITH (COLOUR='red') AS SELECT * FROM S;
--! 40001 Failed to prepare statement: Invalid config variable(s) in the WITH clause: COLOUR
SHOW TOPICS;
--> C (2)
--> O (3)
--> R (3)
--> low (3)
--> p.topic (1)
--> pre-X (3)
--> s (3)
SHOW STREAMS;
--> O KAFKA/JSON in O
--> P KAFKA/JSON in p.topic
--> Q KAFKA/JSON in p.topic
--> S KAFKA/JSON in s
--> X KAFKA/JSON in pre-X
--> low KAFKA/JSON in low

=== the formats of a sink
CREATE STREAM S (K INT KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', KEY_FORMAT='JSON', VALUE_FORMAT='DELIMITED', PARTITIONS=1);
--> Stream created
CREATE STREAM N (A INT, B STRING) WITH (KAFKA_TOPIC='n', KEY_FORMAT='NONE', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM A AS SELECT * FROM S;
--> Created query with ID CSAS_A_3
CREATE STREAM B WITH (FORMAT='JSON') AS SELECT * FROM S;
--> Created query with ID CSAS_B_5
CREATE STREAM C WITH (VALUE_FORMAT='JSON', KEY_FORMAT='KAFKA') AS SELECT * FROM S;
--> Created query with ID CSAS_C_7
CREATE STREAM D AS SELECT * FROM N;
--> Created query with ID CSAS_D_9
CREATE STREAM E AS SELECT * FROM N PARTITION BY A;
--> Created query with ID CSAS_E_11
CREATE STREAM F AS SELECT K, A FROM S PARTITION BY NULL;
--> Created query with ID CSAS_F_13
CREATE STREAM G WITH (KEY_FORMAT='JSON') AS SELECT * FROM N;
--! 40001 Could not determine output schema for query due to error: Key format specified for stream without key columns.
CREATE STREAM G WITH (KEY_FORMAT='NONE') AS SELECT * FROM S;
--! 40000 Key format does not support schema.
--   format: NONE
--   schema: Persistence{columns=[`K` INTEGER KEY], features=[]}
--   reason: The 'NONE' format can only be used when no columns are defined. Got: [`K` INTEGER KEY]
CREATE STREAM G WITH (VALUE_FORMAT='NONE') AS SELECT * FROM S;
--! 40000 Value format does not support schema.
--   format: NONE
--   schema: Persistence{columns=[`A` INTEGER, `B` STRING], features=[]}
--   reason: The 'NONE' format can only be used when no columns are defined. Got: [`A` INTEGER, `B` STRING]
CREATE STREAM G WITH (VALUE_FORMAT='YAML') AS SELECT * FROM S;
--! 40001 Could not determine output schema for query due to error: Unknown format: YAML
CREATE STREAM G WITH (FORMAT='JSON', VALUE_FORMAT='JSON') AS SELECT * FROM S;
--! 40001 Failed to prepare statement: Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.
CREATE STREAM G WITH (VALUE_FORMAT='KAFKA') AS SELECT * FROM S;
--! 40000 Value format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER, `B` STRING], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` STRING]
SHOW STREAMS;
--> A JSON/DELIMITED in A
--> B JSON/JSON in B
--> C KAFKA/JSON in C
--> D NONE/JSON in D
--> E KAFKA/JSON in E
--> F NONE/DELIMITED in F
--> N NONE/JSON in n
--> S JSON/DELIMITED in s

=== names of sinks
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM `a.b` AS SELECT * FROM S;
--! 40001 Illegal argument at Line: 1, Col: 15. Source names may only contain alphanumeric values, '_' or '-'. Got: 'a.b'
CREATE STREAM `a b` AS SELECT * FROM S;
--! 40001 Illegal argument at Line: 1, Col: 15. Source names may only contain alphanumeric values, '_' or '-'. Got: 'a b'
CREATE STREAM `a-b_1` AS SELECT * FROM S;
--> Created query with ID CSAS_a-b_1_1
CREATE STREAM O AS SELECT K `key of it`, A `a "quoted" one` FROM S;
--> Created query with ID CSAS_O_3
DESCRIBE O;
--> STREAM O: key of it INTEGER KEY, a "quoted" one INTEGER; KAFKA/JSON in O (1)
TERMINATE `CSAS_a-b_1_1`;
--> Query terminated.
SHOW QUERIES;
--> CSAS_O_3 RUNNING to O

=== tables that only show a topic
CREATE SOURCE TABLE T (K INT PRIMARY KEY, A STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Created query with ID CST_T_0
CREATE TABLE W (K INT PRIMARY KEY, A STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
--> Table created
CREATE SOURCE STREAM S (K INT KEY, A STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
--> Stream created
CREATE SOURCE TABLE IF NOT EXISTS T (K INT PRIMARY KEY) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
--> warning: Cannot add table `T`: A table with the same name already exists.
INSERT INTO T VALUES (1, 'x');
--! 40000 Cannot insert values into read-only table: T
INSERT INTO S VALUES (1, 'x');
--! 40000 Cannot insert values into read-only stream: S
INSERT INTO S SELECT * FROM S;
--! 40001 Cannot insert into read-only stream: S
CREATE TABLE O AS SELECT * FROM T;
--> Created query with ID CTAS_O_5
DROP TABLE T;
--! 40001 Cannot drop T.
--   The following streams and/or tables read from this source: [O].
--   You need to drop them before dropping T.
DROP TABLE O;
--> Source `O` (topic: O) was dropped.
DROP TABLE T DELETE TOPIC;
--! 40000 Cannot delete topic for read-only source: T
DROP TABLE T;
--> Source `T` (topic: t) was dropped.
SHOW QUERIES;
--> nothing
SELECT * FROM W;
--! 40001 The `W` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_W AS SELECT * FROM W'. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.

=== tables that only show a topic are not kept where that is switched off
--set ksql.source.table.materialization.enabled=false
CREATE SOURCE TABLE T (K INT PRIMARY KEY, A STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
SELECT * FROM T;
--! 40001 The `T` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_T AS SELECT * FROM T'. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SHOW QUERIES;
--> nothing
DROP TABLE T;
--> Source `T` (topic: t) was dropped.
