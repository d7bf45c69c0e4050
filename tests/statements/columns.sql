=== the key words fit the kind of the source
CREATE STREAM S (ID INT PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Line: 1, Col: 18: Column `ID` is a 'PRIMARY KEY' column: please use 'KEY' for streams.
--   Tables have PRIMARY KEYs, which are unique and NON NULL.
--   Streams have KEYs, which have no uniqueness or NON NULL constraints.
CREATE TABLE T (ID INT KEY, V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Line: 1, Col: 17: Column `ID` is a 'KEY' column: please use 'PRIMARY KEY' for tables.
--   Tables have PRIMARY KEYs, which are unique and NON NULL.
--   Streams have KEYs, which have no uniqueness or NON NULL constraints.
CREATE TABLE T (V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Tables require a PRIMARY KEY. Please define the PRIMARY KEY.
CREATE TABLE T WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 No columns supplied.
CREATE STREAM S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 No columns supplied.
CREATE STREAM S () WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 line 1:18: Syntax Error
--
CREATE STREAM S (ID INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE T (ID INT PRIMARY KEY) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
DESCRIBE S;
--> STREAM S: ID INTEGER KEY; KAFKA/JSON in s (1)
DESCRIBE T;
--> TABLE T: ID INTEGER KEY; KAFKA/JSON in t (1)

=== names of columns
CREATE STREAM S (A INT, A STRING, `a` INT, B INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Duplicate column names: `A`, `B`
CREATE STREAM S (A INT KEY, A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Duplicate column names: `A`
CREATE STREAM S (ROWTIME BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 'ROWTIME' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM S (ROWPARTITION INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 'ROWPARTITION' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM S (ROWOFFSET INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 'ROWOFFSET' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM S (WINDOWSTART INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 'WINDOWSTART' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM S (WINDOWEND INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 'WINDOWEND' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM S (`rowtime` BIGINT, ROWKEY INT KEY, `Mixed Case.` STRING, `select` INT, "q" INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
DESCRIBE S;
--> STREAM S: ROWKEY INTEGER KEY, rowtime BIGINT, Mixed Case. STRING, select INTEGER, q INTEGER; KAFKA/JSON in s (1)
CREATE STREAM `no.dots` (A INT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Illegal argument at Line: 1, Col: 15. Source names may only contain alphanumeric values, '_' or '-'. Got: 'no.dots'
CREATE STREAM `a-b_c` (A INT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM Select (A INT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 line 1:15: Syntax Error
--   Syntax error at or near 'Select' at line 1:15

=== types of columns
CREATE STREAM S (A FOO) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot resolve unknown type: FOO
CREATE STREAM S (A ARRAY<FOO>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot resolve unknown type: FOO
CREATE STREAM S (A DECIMAL(0,0)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: DECIMAL precision must be >= 1: DECIMAL(0,0)
CREATE STREAM S (A DECIMAL(1,2)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: DECIMAL precision must be >= scale: DECIMAL(1,2)
CREATE STREAM S (A DECIMAL(1,-2)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: DECIMAL scale must be >= 0: DECIMAL(1,-2)
CREATE STREAM S (A DECIMAL(5)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 line 1:29: Syntax Error
--   Expecting ','
CREATE STREAM S (A DECIMAL) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 line 1:27: Syntax Error
--   Expecting '('
CREATE STREAM S (A STRUCT<X INT, X STRING>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Duplicate field names found in STRUCT: '`X` INTEGER' and '`X` STRING'
CREATE STREAM S (A MAP<INT, INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Value format does not support schema.
--   format: JSON
--   schema: Persistence{columns=[`A` MAP<INTEGER, INTEGER>], features=[]}
--   reason: JSON only supports MAP types with STRING keys. Got: MAP<INTEGER, INTEGER>
CREATE STREAM S (A MAP<STRING, STRUCT<>>, B VARCHAR(10), C INT ARRAY, D DATE, E TIME, F TIMESTAMP, G BYTES) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
DESCRIBE S;
--> STREAM S: A MAP<STRING, STRUCT<>>, B STRING, C ARRAY<INTEGER>, D DATE, E TIME, F TIMESTAMP, G BYTES; KAFKA/JSON in s (1)

=== header columns
CREATE STREAM S (A INT, H STRING HEADERS) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>, got STRING
CREATE STREAM S (A INT, H STRING HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid type for HEADER('k') column: expected BYTES, got STRING
CREATE STREAM S (A INT, H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS, I ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Schema already contains a HEADERS column.
CREATE STREAM S (A INT, H BYTES HEADER('k'), I BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Schema already contains a HEADER('k') column.
CREATE STREAM S (A INT, H BYTES HEADER('k'), I ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Schema already contains a HEADER('k') column.
CREATE STREAM S (A INT, I ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS, H BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Schema already contains a HEADERS column.
CREATE STREAM S (A INT, A BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Duplicate column names: `A`
CREATE STREAM S1 (H BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
DESCRIBE S1;
--> STREAM S1: H BYTES HEADER('k'); KAFKA/JSON in s (1)
CREATE STREAM S2 (A INT, H BYTES HEADER('k'), I BYTES HEADER('K')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE T (ID INT PRIMARY KEY, A INT, H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
DESCRIBE S2;
--> STREAM S2: A INTEGER, H BYTES HEADER('k'), I BYTES HEADER('K'); KAFKA/JSON in s (1)
DESCRIBE T;
--> TABLE T: ID INTEGER KEY, A INTEGER, H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS; KAFKA/JSON in t (1)
INSERT INTO S2 VALUES (1);
--! 40000 Cannot insert into HEADER columns: H, I
INSERT INTO S2 (A) VALUES (1);
--! 40000 Cannot insert into HEADER columns: H, I
INSERT INTO S2 (H) VALUES (TO_BYTES('a', 'utf8'));
--! 40000 Cannot insert into HEADER columns: H, I
INSERT INTO T (ID, A) VALUES (1, 2);
--! 40000 Cannot insert into HEADER columns: H
CREATE STREAM PLAIN (A INT) WITH (KAFKA_TOPIC='p', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
INSERT INTO S2 SELECT * FROM PLAIN;
--! 40001 Cannot insert into S2 because it has header columns
CREATE STREAM O AS SELECT * FROM S2;
--> Created query with ID CSAS_O_7
DESCRIBE O;
--> STREAM O: A INTEGER, H BYTES, I BYTES; KAFKA/JSON in O (1)
ALTER STREAM S2 ADD COLUMN H INT;
--! 40001 Cannot add column `H` to schema. A column with the same name already exists.
CREATE OR REPLACE STREAM S2 (A INT, H BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Cannot upgrade data source: DataSource '`S2`' has schema = `A` INTEGER, `H` BYTES HEADER('k'), `I` BYTES HEADER('K') which is not upgradeable to `A` INTEGER, `H` BYTES HEADER('k'). (The following columns are changed, missing or reordered: [`I` BYTES HEADER('K')])

=== header columns can be switched off
--set ksql.headers.columns.enabled=false
CREATE STREAM S (A INT, H BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot read record headers into column `H`: ksql.headers.columns.enabled is false.
CREATE STREAM S (A INT, H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot read record headers into column `H`: ksql.headers.columns.enabled is false.
