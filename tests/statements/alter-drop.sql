=== ALTER adds value columns
CREATE STREAM S (K INT KEY, A INT, H BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE T (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
ALTER STREAM S ADD COLUMN B STRING;
--> Stream S altered.
ALTER STREAM S ADD `b` STRING, ADD COLUMN C DECIMAL(4,2);
--> Stream S altered.
ALTER TABLE T ADD COLUMN B ARRAY<STRUCT<X INT>>;
--> Table T altered.
ALTER STREAM S ADD COLUMN A STRING;
--! 40001 Cannot add column `A` to schema. A column with the same name already exists.
ALTER STREAM S ADD COLUMN K STRING;
--! 40001 Cannot add column `K` to schema. A column with the same name already exists.
ALTER STREAM S ADD COLUMN H STRING;
--! 40001 Cannot add column `H` to schema. A column with the same name already exists.
ALTER STREAM S ADD COLUMN X INT, ADD COLUMN X INT;
--! 40001 Cannot add column `X` to schema. A column with the same name already exists.
ALTER STREAM S ADD COLUMN ROWTIME BIGINT;
--! 40001 'ROWTIME' is a reserved column name. You cannot use it as a name for a column.
ALTER STREAM S ADD COLUMN WINDOWSTART BIGINT;
--! 40001 'WINDOWSTART' is a reserved column name. You cannot use it as a name for a column.
ALTER STREAM S ADD COLUMN X NOTYPE;
--! 40001 Failed to prepare statement: Cannot resolve unknown type: NOTYPE
ALTER TABLE S ADD COLUMN X INT;
--! 40001 Incompatible data source type is STREAM, but statement was ALTER TABLE
ALTER STREAM T ADD COLUMN X INT;
--! 40001 Incompatible data source type is TABLE, but statement was ALTER STREAM
ALTER STREAM NOPE ADD COLUMN X INT;
--! 40001 Source NOPE does not exist.
ALTER STREAM `s` ADD COLUMN X INT;
--! 40001 Source s does not exist.
ALTER STREAM S DROP COLUMN A;
--! 40001 line 1:16: Syntax Error
--   Expecting 'ADD'
ALTER STREAM S ADD COLUMN X INT KEY;
--! 40001 line 1:33: Syntax Error
--   extraneous input 'KEY' expecting ';'
DESCRIBE S;
--> STREAM S: K INTEGER KEY, A INTEGER, B STRING, b STRING, C DECIMAL(4, 2), H BYTES HEADER('k'); KAFKA/JSON in s (1)
DESCRIBE T;
--> TABLE T: K INTEGER KEY, A INTEGER, B ARRAY<STRUCT<X INTEGER>>; KAFKA/JSON in t (1)

=== ALTER of what a query or somebody else owns
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
CREATE SOURCE STREAM R (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
CREATE SOURCE TABLE RT (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Created query with ID CST_RT_5
ALTER STREAM O ADD COLUMN X INT;
--! 40001 ALTER command is not supported for CREATE ... AS statements.
TERMINATE CSAS_O_1;
--> Query terminated.
ALTER STREAM O ADD COLUMN X INT;
--! 40001 ALTER command is not supported for CREATE ... AS statements.
ALTER STREAM R ADD COLUMN X INT;
--! 40001 Cannot alter stream 'R': ALTER operations are not supported on source streams.
ALTER TABLE RT ADD COLUMN X INT;
--! 40001 Cannot alter table 'RT': ALTER operations are not supported on source tables.

=== ALTER keeps to what the format can hold
CREATE STREAM D (A INT) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='DELIMITED', PARTITIONS=1);
--> Stream created
ALTER STREAM D ADD COLUMN B ARRAY<INT>;
--! 40001 Value format does not support schema.
--   format: DELIMITED
--   schema: Persistence{columns=[`A` INTEGER, `B` ARRAY<INTEGER>], features=[]}
--   reason: The 'DELIMITED' format does not support type 'ARRAY', column: `B`
CREATE STREAM N (A INT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='KAFKA', PARTITIONS=1);
--> Stream created
ALTER STREAM N ADD COLUMN B INT;
--! 40001 Value format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER, `B` INTEGER], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` INTEGER]
CREATE STREAM W (A INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false, PARTITIONS=1);
--> Stream created
ALTER STREAM W ADD COLUMN B INT;
--! 40001 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
DESCRIBE D;
--> STREAM D: A INTEGER; KAFKA/DELIMITED in d (1)
DESCRIBE N;
--> STREAM N: A INTEGER; KAFKA/KAFKA in n (1)
DESCRIBE W;
--> STREAM W: A INTEGER; KAFKA/JSON in w (1)

=== DROP and what stands in its way
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM Z AS SELECT * FROM S;
--> Created query with ID CSAS_Z_1
CREATE STREAM Y AS SELECT * FROM S;
--> Created query with ID CSAS_Y_3
CREATE STREAM SINK (K INT KEY, A INT) WITH (KAFKA_TOPIC='sink', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
INSERT INTO SINK WITH (QUERY_ID='q') SELECT * FROM S;
--> Created query with ID Q
DROP STREAM S;
--! 40001 Cannot drop S.
--   The following queries read from this source: [Q].
--   The following queries write into this source: [].
--   You need to terminate them before dropping S.
DROP STREAM SINK;
--! 40001 Cannot drop SINK.
--   The following queries read from this source: [].
--   The following queries write into this source: [Q].
--   You need to terminate them before dropping SINK.
TERMINATE q;
--> Query terminated.
DROP STREAM S;
--! 40001 Cannot drop S.
--   The following streams and/or tables read from this source: [Y, Z].
--   You need to drop them before dropping S.
DROP STREAM SINK DELETE TOPIC;
--> Source `SINK` (topic: sink) was dropped.
DROP STREAM Z;
--> Source `Z` (topic: Z) was dropped.
DROP STREAM Y DELETE TOPIC;
--> Source `Y` (topic: Y) was dropped.
DROP TABLE S;
--! 40001 Incompatible data source type is stream, but statement was DROP table
DROP STREAM NOPE;
--! 40001 Stream NOPE does not exist.
DROP TABLE NOPE;
--! 40001 Table NOPE does not exist.
DROP STREAM `s`;
--! 40001 Stream s does not exist.
--   Did you mean S? Hint: try removing double quotes from the source name.
DROP STREAM IF EXISTS NOPE;
--> Source `NOPE` does not exist.
DROP TABLE IF EXISTS S;
--! 40001 Incompatible data source type is stream, but statement was DROP table
DROP STREAM S;
--> Source `S` (topic: s) was dropped.
SHOW QUERIES;
--> nothing
SHOW TOPICS;
--> Z (1)
--> s (1)

=== DROP deletes a topic that is nobody else's
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM S2 (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
CREATE SOURCE STREAM R (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
DROP STREAM S DELETE TOPIC;
--! 50000 Refusing to delete topic. Found other data sources (R, S2) using topic s
DROP STREAM R DELETE TOPIC;
--! 40000 Cannot delete topic for read-only source: R
DROP STREAM R;
--> Source `R` (topic: s) was dropped.
DROP STREAM S2;
--> Source `S2` (topic: s) was dropped.
DROP STREAM S DELETE TOPIC;
--> Source `S` (topic: s) was dropped.
DROP STREAM S DELETE TOPIC;
--! 40000 Could not find source to delete topic for: ConfiguredStatement{statement=PreparedStatement{statementText='DROP STREAM S DELETE TOPIC;', statement=DropStream{name=`S`, ifExists=false, deleteTopic=true}}}
DROP STREAM IF EXISTS S DELETE TOPIC;
--> Source `S` does not exist.
SHOW TOPICS;
--> nothing

=== types
CREATE TYPE A AS A;
--! 40001 Failed to prepare statement: Cannot resolve unknown type: A
CREATE TYPE ADDRESS AS STRUCT<STREET STRING, NO INT>;
--> Registered custom type with name 'ADDRESS' and SQL type STRUCT<`STREET` STRING, `NO` INTEGER>
CREATE TYPE ADDRESS AS INT;
--! 40001 Cannot register custom type 'ADDRESS' since it is already registered with type: STRUCT<`STREET` STRING, `NO` INTEGER>
CREATE TYPE IF NOT EXISTS ADDRESS AS INT;
--> ADDRESS is already registered with type STRUCT<`STREET` STRING, `NO` INTEGER>
CREATE TYPE `address` AS INT;
--> Registered custom type with name 'address' and SQL type INTEGER
CREATE TYPE PERSON AS STRUCT<NAME STRING, HOMES ARRAY<ADDRESS>>;
--> Registered custom type with name 'PERSON' and SQL type STRUCT<`NAME` STRING, `HOMES` ARRAY<STRUCT<`STREET` STRING, `NO` INTEGER>>>
CREATE TYPE B AS ARRAY<NOPE>;
--! 40001 Failed to prepare statement: Cannot resolve unknown type: NOPE
CREATE TYPE C AS STRUCT<X INT, X INT>;
--! 40001 Failed to prepare statement: Duplicate field names found in STRUCT: '`X` INTEGER' and '`X` INTEGER'
CREATE TYPE D AS DECIMAL(3, 4);
--! 40001 Failed to prepare statement: DECIMAL precision must be >= scale: DECIMAL(3,4)
CREATE STREAM S (P PERSON, Q `address`, R MAP<STRING, Address>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
DESCRIBE S;
--> STREAM S: P STRUCT<NAME STRING, HOMES ARRAY<STRUCT<STREET STRING, NO INTEGER>>>, Q INTEGER, R MAP<STRING, STRUCT<STREET STRING, NO INTEGER>>; KAFKA/JSON in s (1)
CREATE STREAM O AS SELECT CAST(STRUCT(STREET := 'a', NO := 1) AS ADDRESS) AD, P->HOMES[1]->NO NO FROM S;
--> Created query with ID CSAS_O_9
DESCRIBE O;
--> STREAM O: AD STRUCT<STREET STRING, NO INTEGER>, NO INTEGER; KAFKA/JSON in O (1)
ALTER STREAM S ADD COLUMN T PERSON;
--> Stream S altered.
DROP TYPE ADDRESS;
--> Dropped type 'ADDRESS'
SHOW TYPES;
--> PERSON STRUCT<NAME STRING, HOMES ARRAY<STRUCT<STREET STRING, NO INTEGER>>>
--> address INTEGER
CREATE STREAM S2 (P PERSON, Q ADDRESS) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot resolve unknown type: ADDRESS
CREATE STREAM S2 (P PERSON) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
DROP TYPE ADDRESS;
--! 40001 Type ADDRESS does not exist.
DROP TYPE IF EXISTS ADDRESS;
--> Type 'ADDRESS' does not exist
DROP TYPE `address`;
--> Dropped type 'address'
DROP TYPE PERSON;
--> Dropped type 'PERSON'
SHOW TYPES;
--> nothing
