=== a name that is taken
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot add stream 'S': A stream with the same name already exists
CREATE TABLE S (A INT PRIMARY KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot add table 'S': A stream with the same name already exists
CREATE STREAM IF NOT EXISTS S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> warning: Cannot add stream `S`: A stream with the same name already exists.
CREATE TABLE IF NOT EXISTS S (A INT PRIMARY KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> warning: Cannot add table `S`: A table with the same name already exists.
CREATE OR REPLACE STREAM IF NOT EXISTS S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> warning: Cannot add stream `S`: A stream with the same name already exists.
CREATE OR REPLACE STREAM IF NOT EXISTS S2 (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
CREATE STREAM S AS SELECT * FROM S2;
--! 40001 Could not determine output schema for query due to error: Cannot add stream 'S': A stream with the same name already exists
CREATE TABLE S AS SELECT A, COUNT(*) N FROM S2 GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Cannot add table 'S': A stream with the same name already exists
CREATE STREAM IF NOT EXISTS S AS SELECT * FROM S2;
--> warning: Cannot add stream `S`: A stream with the same name already exists.
CREATE STREAM IF NOT EXISTS S AS SELECT NOPE FROM S2;
--> warning: Cannot add stream `S`: A stream with the same name already exists.
CREATE STREAM IF NOT EXISTS S AS SELECT * FROM NOPE;
--! 40001 Exception while preparing statement: NOPE does not exist.
DESCRIBE S;
--> STREAM S: A INTEGER; KAFKA/JSON in s (1)

=== a definition gains columns at its end only
CREATE STREAM S (K INT KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `K` INTEGER KEY, `A` INTEGER, `B` STRING. (The following columns are changed, missing or reordered: [`C` DOUBLE])
CREATE OR REPLACE STREAM S (K INT KEY, B STRING, A INT, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `K` INTEGER KEY, `B` STRING, `A` INTEGER, `C` DOUBLE. (The following columns are changed, missing or reordered: [`A` INTEGER, `B` STRING])
CREATE OR REPLACE STREAM S (K INT KEY, A BIGINT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `K` INTEGER KEY, `A` BIGINT, `B` STRING, `C` DOUBLE. (The following columns are changed, missing or reordered: [`A` INTEGER])
CREATE OR REPLACE STREAM S (K STRING KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `K` STRING KEY, `A` INTEGER, `B` STRING, `C` DOUBLE. (Key columns must be identical. The following key columns are changed, missing or reordered: [`K` INTEGER KEY])
CREATE OR REPLACE STREAM S (A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `A` INTEGER, `B` STRING, `C` DOUBLE. (Key columns must be identical. The following key columns are changed, missing or reordered: [`K` INTEGER KEY])
CREATE OR REPLACE STREAM S (K INT KEY, K2 INT KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', KEY_FORMAT='JSON', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has keyFormat = KAFKA which is not upgradeable to JSON
--   	AND DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `K` INTEGER KEY, `K2` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE. (Key columns must be identical. The following key columns are changed, missing or reordered: [])
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED');
--! 40001 Cannot upgrade data source: DataSource '`S`' has valueFormat = JSON which is not upgradeable to DELIMITED
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s2', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Cannot upgrade data source: DataSource '`S`' has topicName = s which is not upgradeable to s2
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING, C DOUBLE, D BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='D');
--! 40001 Cannot upgrade data source: DataSource '`S`' has timestampColumn = Optional.empty which is not upgradeable to Optional[`D`]
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION');
--! 40001 Cannot upgrade data source: DataSource '`S`' has window = Optional.empty which is not upgradeable to Optional[SESSION]
CREATE OR REPLACE TABLE S (K INT PRIMARY KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot upgrade data source: DataSource '`S`' has type = KSTREAM which is not upgradeable to KTABLE
CREATE OR REPLACE STREAM S (K INT KEY, B STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='KAFKA', PARTITIONS=1);
--! 40001 Cannot upgrade data source: DataSource '`S`' has topicName = s which is not upgradeable to t
--   	AND DataSource '`S`' has valueFormat = JSON which is not upgradeable to KAFKA
--   	AND DataSource '`S`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING, `C` DOUBLE which is not upgradeable to `K` INTEGER KEY, `B` STRING. (The following columns are changed, missing or reordered: [`A` INTEGER, `B` STRING, `C` DOUBLE])
CREATE OR REPLACE SOURCE STREAM S (K INT KEY, A INT, B STRING, C DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams.
DESCRIBE S;
--> STREAM S: K INTEGER KEY, A INTEGER, B STRING, C DOUBLE; KAFKA/JSON in s (1)
SHOW TOPICS;
--> s (1)

=== delimiter, wrapping and headers are kept
CREATE STREAM D (A INT, B INT) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='|', PARTITIONS=1);
--> Stream created
CREATE OR REPLACE STREAM D (A INT, B INT, C INT) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='DELIMITED', PARTITIONS=1);
--! 40001 Cannot upgrade data source: DataSource '`D`' has valueFormat = DELIMITED with delimiter '|' which is not upgradeable to DELIMITED
CREATE STREAM W (A INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false, PARTITIONS=1);
--> Stream created
CREATE OR REPLACE STREAM W (A INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Cannot upgrade data source: DataSource '`W`' has WRAP_SINGLE_VALUE = false which is not upgradeable to true
CREATE STREAM H (A INT, H BYTES HEADER('k')) WITH (KAFKA_TOPIC='h', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE OR REPLACE STREAM H (A INT) WITH (KAFKA_TOPIC='h', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Cannot upgrade data source: DataSource '`H`' has schema = `A` INTEGER, `H` BYTES HEADER('k') which is not upgradeable to `A` INTEGER. (The following columns are changed, missing or reordered: [`H` BYTES HEADER('k')])

=== source streams and tables are not replaced
CREATE SOURCE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE OR REPLACE SOURCE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams.
CREATE OR REPLACE SOURCE STREAM S2 (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot add stream 'S2': CREATE OR REPLACE is not supported on source streams.
CREATE OR REPLACE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40001 Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams.
CREATE STREAM P (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
CREATE OR REPLACE STREAM S AS SELECT * FROM P;
--! 40001 Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams.
CREATE SOURCE TABLE T (A INT PRIMARY KEY, B INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Created query with ID CST_T_3
CREATE OR REPLACE TABLE T (A INT PRIMARY KEY, B INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Cannot add table 'T': CREATE OR REPLACE is not supported on source tables.
CREATE SOURCE STREAM X AS SELECT * FROM P;
--! 40001 line 1:24: Syntax Error
--   Expecting ';'

=== a query may change its filter and add columns
CREATE STREAM S (K INT KEY, A INT, B STRING, C INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM S2 (K INT KEY, A INT, B STRING, C INT) WITH (KAFKA_TOPIC='s2', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O AS SELECT K, A FROM S;
--> Created query with ID CSAS_O_3
CREATE OR REPLACE STREAM O AS SELECT K, A FROM S;
--> Created query with ID CSAS_O_3
CREATE OR REPLACE STREAM O AS SELECT K, A FROM S WHERE A > 1;
--> Created query with ID CSAS_O_3
CREATE OR REPLACE STREAM O AS SELECT K, A, B FROM S WHERE A > 2;
--> Created query with ID CSAS_O_3
CREATE OR REPLACE STREAM O AS SELECT K, A FROM S;
--! 40001 Cannot upgrade data source: DataSource '`O`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING which is not upgradeable to `K` INTEGER KEY, `A` INTEGER. (The following columns are changed, missing or reordered: [`B` STRING])
CREATE OR REPLACE STREAM O AS SELECT K, A + 1 A, B FROM S;
--> Created query with ID CSAS_O_3
CREATE OR REPLACE STREAM O AS SELECT K X, A, B FROM S;
--! 40001 Cannot upgrade data source: DataSource '`O`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING which is not upgradeable to `X` INTEGER KEY, `A` INTEGER, `B` STRING. (Key columns must be identical. The following key columns are changed, missing or reordered: [`K` INTEGER KEY])
CREATE OR REPLACE STREAM O AS SELECT K, A, B FROM S2;
--! 40001 Query is not upgradeable. Plan step of type StreamSource must have matching topicName. Values differ: 's' vs. 's2'
CREATE OR REPLACE STREAM O AS SELECT K, A, B FROM S PARTITION BY A;
--! 40001 Cannot upgrade data source: DataSource '`O`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING which is not upgradeable to `A` INTEGER KEY, `K` INTEGER, `B` STRING. (Key columns must be identical. The following key columns are changed, missing or reordered: [`K` INTEGER KEY])
CREATE OR REPLACE STREAM O AS SELECT A, B, K FROM S PARTITION BY A;
--! 40001 Cannot upgrade data source: DataSource '`O`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING which is not upgradeable to `A` INTEGER KEY, `B` STRING, `K` INTEGER. (Key columns must be identical. The following key columns are changed, missing or reordered: [`K` INTEGER KEY])
CREATE OR REPLACE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, A, B FROM S;
--! 40001 Cannot upgrade data source: DataSource '`O`' has valueFormat = JSON which is not upgradeable to DELIMITED
CREATE OR REPLACE STREAM O WITH (KAFKA_TOPIC='other') AS SELECT K, A, B FROM S;
--! 40001 Cannot upgrade data source: DataSource '`O`' has topicName = O which is not upgradeable to other
CREATE OR REPLACE STREAM O WITH (PARTITIONS=2) AS SELECT K, A, B FROM S;
--! 50000 A Kafka topic with the name 'O' already exists, with different partition/replica/retention configuration than required. KSQL expects 2 partitions (topic has 1), 1 replication factor (topic has 1), and 604800000 retention (topic has 604800000).
CREATE OR REPLACE TABLE O AS SELECT K, COUNT(*) N FROM S GROUP BY K;
--! 40001 Cannot upgrade data source: DataSource '`O`' has type = KSTREAM which is not upgradeable to KTABLE
--   	AND DataSource '`O`' has schema = `K` INTEGER KEY, `A` INTEGER, `B` STRING which is not upgradeable to `K` INTEGER KEY, `N` BIGINT. (The following columns are changed, missing or reordered: [`A` INTEGER, `B` STRING])
CREATE OR REPLACE STREAM O AS SELECT K, A, B FROM O;
--! 40001 Query is not upgradeable. Plan step of type StreamSource must have matching topicName. Values differ: 's' vs. 'O'
SHOW QUERIES;
--> CSAS_O_3 RUNNING to O
SHOW TOPICS;
--> O (1)
--> s (1)
--> s2 (1)

=== an aggregation keeps its groups and functions
CREATE STREAM S (K INT KEY, A INT, B STRING, C INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE O AS SELECT A, COUNT(*) N, SUM(C) M FROM S GROUP BY A;
--> Created query with ID CTAS_O_1
CREATE OR REPLACE TABLE O AS SELECT A, COUNT(*) N, SUM(C) M FROM S WHERE C > 1 GROUP BY A HAVING COUNT(*) > 1;
--> Created query with ID CTAS_O_1
CREATE OR REPLACE TABLE O AS SELECT A, COUNT(*) N, SUM(C) M, MAX(C) X FROM S GROUP BY A;
--! 40001 Query is not upgradeable. Plan step of type StreamAggregate must have matching aggregationFunctions. Values differ: '[COUNT(), SUM(C)]' vs. '[COUNT(), SUM(C), MAX(C)]'
CREATE OR REPLACE TABLE O AS SELECT A, COUNT(*) N, MAX(C) M FROM S GROUP BY A;
--! 40001 Query is not upgradeable. Plan step of type StreamAggregate must have matching aggregationFunctions. Values differ: '[COUNT(), SUM(C)]' vs. '[COUNT(), MAX(C)]'
CREATE OR REPLACE TABLE O AS SELECT C A, COUNT(*) N, SUM(C) M FROM S GROUP BY C;
--! 40001 Query is not upgradeable. Plan step of type StreamGroupBy must have matching groupByExpressions. Values differ: '[A]' vs. '[C]'
CREATE TABLE W AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY A;
--> Created query with ID CTAS_W_5
CREATE OR REPLACE TABLE W AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 MINUTE) WHERE C > 1 GROUP BY A;
--! 40001 Upgrades not yet supported for StreamWindowedAggregate
CREATE TABLE OO AS SELECT N, COUNT(*) C FROM O GROUP BY N;
--> Created query with ID CTAS_OO_7
CREATE OR REPLACE TABLE OO AS SELECT N, COUNT(*) C FROM O WHERE N > 1 GROUP BY N;
--! 40001 Upgrades not yet supported for TableAggregate
CREATE STREAM F AS SELECT K, EXPLODE(ARRAY[A, C]) E FROM S;
--> Created query with ID CSAS_F_9
CREATE OR REPLACE STREAM F AS SELECT K, EXPLODE(ARRAY[A, C]) E FROM S WHERE A > 1;
--! 40001 Upgrades not yet supported for StreamFlatMap

=== a replaced query that was terminated, and sinks with several writers
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
INSERT INTO O WITH (QUERY_ID='more') SELECT * FROM S;
--> Created query with ID MORE
CREATE OR REPLACE STREAM O AS SELECT * FROM S WHERE A > 1;
--! 40001 REPLACE for sink O is not supported because there are multiple queries writing into it: [CSAS_O_1, MORE]
TERMINATE more;
--> Query terminated.
CREATE OR REPLACE STREAM O AS SELECT * FROM S WHERE A > 1;
--> Created query with ID CSAS_O_1
TERMINATE CSAS_O_1;
--> Query terminated.
SHOW QUERIES;
--> nothing
CREATE OR REPLACE STREAM O AS SELECT * FROM S WHERE A > 2;
--> Created query with ID CSAS_O_1
SHOW QUERIES;
--> CSAS_O_1 RUNNING to O
CREATE OR REPLACE STREAM S AS SELECT * FROM O;
--! 40001 Cannot upgrade data source: DataSource '`S`' has topicName = s which is not upgradeable to S

=== what others read is replaced under them
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
DESCRIBE O;
--> STREAM O: K INTEGER KEY, A INTEGER; KAFKA/JSON in O (1)
CREATE OR REPLACE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
DESCRIBE O;
--> STREAM O: K INTEGER KEY, A INTEGER, B INTEGER; KAFKA/JSON in O (1)
INSERT INTO S VALUES (1, 2, 3);
--> nothing
SELECT * FROM O EMIT CHANGES LIMIT 1;
--> [1,2,3]
DROP STREAM S;
--! 40001 Cannot drop S.
--   The following streams and/or tables read from this source: [O].
--   You need to drop them before dropping S.

=== OR REPLACE can be switched off
--set ksql.create.or.replace.enabled=false
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE OR REPLACE STREAM S (K INT KEY, A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 CREATE OR REPLACE is disabled. You can enable it by setting ksql.create.or.replace.enabled=true.
CREATE OR REPLACE STREAM O AS SELECT * FROM S;
--! 40001 CREATE OR REPLACE is disabled. You can enable it by setting ksql.create.or.replace.enabled=true.
CREATE OR REPLACE STREAM S1 (K INT KEY, A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 CREATE OR REPLACE is disabled. You can enable it by setting ksql.create.or.replace.enabled=true.

=== a sink is not replaced by a plain definition while its query runs
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
CREATE OR REPLACE STREAM O (K INT KEY, A INT, B INT) WITH (KAFKA_TOPIC='O', VALUE_FORMAT='JSON');
--! 40001 Cannot replace O: query CSAS_O_1 writes into it. Replace both by CREATE OR REPLACE STREAM O AS SELECT, or terminate CSAS_O_1 first.
TERMINATE CSAS_O_1;
--> Query terminated.
CREATE OR REPLACE STREAM O (K INT KEY, A INT, B INT) WITH (KAFKA_TOPIC='O', VALUE_FORMAT='JSON');
--> Stream created
ALTER STREAM O ADD COLUMN C INT;
--> Stream O altered.
DESCRIBE O;
--> STREAM O: K INTEGER KEY, A INTEGER, B INTEGER, C INTEGER; KAFKA/JSON in O (1)
