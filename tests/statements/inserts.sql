=== INSERT INTO and its target
CREATE STREAM S (K INT KEY, A INT, D DECIMAL(4,2)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM T (K INT KEY, A INT, D DECIMAL(6,3)) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='DELIMITED', PARTITIONS=1);
--> Stream created
CREATE TABLE TB (K INT PRIMARY KEY, A INT, D DECIMAL(4,2)) WITH (KAFKA_TOPIC='tb', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
CREATE SOURCE STREAM R (K INT KEY, A INT, D DECIMAL(4,2)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--> Stream created
INSERT INTO NOPE SELECT * FROM S;
--! 40001 Exception while preparing statement: Line: 1, Col: 13: Source `NOPE` does not exist.
INSERT INTO `s` SELECT * FROM S;
--! 40001 Exception while preparing statement: Line: 1, Col: 13: Source `s` does not exist.
--   Did you mean S? Hint: try removing double quotes from the source name.
INSERT INTO TB SELECT * FROM S;
--! 40001 Exception while preparing statement: INSERT INTO can only be used to insert into a stream. TB is a table.
INSERT INTO R SELECT * FROM S;
--! 40001 Cannot insert into read-only stream: R
INSERT INTO T SELECT * FROM NOPE;
--! 40001 Exception while preparing statement: NOPE does not exist.
INSERT INTO T SELECT * FROM TB;
--! 40001 Incompatible data sink and query result. Data sink (T) type is KSTREAM but select query result is KTABLE.
INSERT INTO T SELECT K, COUNT(*) A, 1.0 D FROM S GROUP BY K;
--! 40001 Incompatible data sink and query result. Data sink (T) type is KSTREAM but select query result is KTABLE.
INSERT INTO T SELECT K, A FROM S;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `K` INTEGER KEY, `A` INTEGER
--   Sink schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(6, 3)
INSERT INTO T SELECT K, D, A FROM S;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `K` INTEGER KEY, `D` DECIMAL(4, 2), `A` INTEGER
--   Sink schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(6, 3)
INSERT INTO T SELECT K, A, D E FROM S;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `K` INTEGER KEY, `A` INTEGER, `E` DECIMAL(4, 2)
--   Sink schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(6, 3)
INSERT INTO T SELECT K, CAST(A AS BIGINT) A, D FROM S;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `K` INTEGER KEY, `A` BIGINT, `D` DECIMAL(4, 2)
--   Sink schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(6, 3)
INSERT INTO S SELECT * FROM T;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(6, 3)
--   Sink schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(4, 2)
INSERT INTO T SELECT A K, K A, D FROM S;
--! 40001 Incompatible schema between results and sink.
--   Result schema is `A` INTEGER KEY, `K` INTEGER, `D` DECIMAL(4, 2)
--   Sink schema is `K` INTEGER KEY, `A` INTEGER, `D` DECIMAL(6, 3)
INSERT INTO T SELECT K, A, D FROM S LIMIT 5;
--! 40001 Failed to prepare statement: INSERT INTO statements don't support LIMIT clause.
INSERT INTO T SELECT K, A, 1 D FROM S;
--> Created query with ID INSERTQUERY_7
INSERT INTO T SELECT * FROM S;
--> Created query with ID INSERTQUERY_9
INSERT INTO T WITH (QUERY_ID='mine') SELECT * FROM S WHERE A > 5;
--> Created query with ID MINE
INSERT INTO T WITH (QUERY_ID='MINE') SELECT * FROM S;
--! 40001 Query ID 'MINE' already exists.
INSERT INTO T WITH (QUERY_ID='a b') SELECT * FROM S;
--! 40001 Query IDs may contain only alphanumeric characters and '_'. Got: 'a b'
INSERT INTO T WITH (QUERY_ID='') SELECT * FROM S;
--! 40001 Query IDs may contain only alphanumeric characters and '_'. Got: ''
INSERT INTO T WITH (QUERY_ID='CSAS_T_1') SELECT * FROM S;
--! 40001 Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, CST_). Got 'CSAS_T_1'.
INSERT INTO T WITH (QUERY_ID='cst_1') SELECT * FROM S;
--! 40001 Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, CST_). Got 'CST_1'.
INSERT INTO T WITH (KAFKA_TOPIC='x') SELECT * FROM S;
--! 40001 Failed to prepare statement: Invalid config variable(s) in the WITH clause: KAFKA_TOPIC
SHOW QUERIES;
--> INSERTQUERY_7 RUNNING to T
--> INSERTQUERY_9 RUNNING to T
--> MINE RUNNING to T
EXPLAIN MINE;
--> PERSISTENT MINE: K INTEGER KEY, A INTEGER, D DECIMAL(6, 3); from S to T
TERMINATE mine;
--> Query terminated.
TERMINATE mine;
--! 40001 Unknown queryId: MINE

=== INSERT VALUES and its columns
CREATE STREAM S (K INT KEY, A INT, `b` STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE T (K1 INT PRIMARY KEY, K2 STRING PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON', PARTITIONS=1);
--> Table created
INSERT INTO S VALUES (1, 2, 'x');
--> nothing
INSERT INTO S (A) VALUES (2);
--> nothing
INSERT INTO S (`b`, ROWTIME, K) VALUES ('y', 1234, 5);
--> nothing
INSERT INTO S VALUES (1, 2);
--! 40001 Failed to insert values into 'S'. Expected a value for each column. Expected Columns: []. Got [1, 2]
INSERT INTO S (K, A) VALUES (1);
--! 40001 Failed to prepare statement: Expected number columns and values to match: 2, 1
INSERT INTO S (NOPE) VALUES (1);
--! 40001 Failed to insert values into 'S'. Column name `NOPE` does not exist.
INSERT INTO S (B) VALUES ('x');
--! 40001 Failed to insert values into 'S'. Column name `B` does not exist.
INSERT INTO S (K, ROWOFFSET) VALUES (1, 1);
--! 40001 Failed to insert values into 'S'. Inserting into column `ROWOFFSET` is not allowed.
INSERT INTO S (K, ROWPARTITION) VALUES (1, 1);
--! 40001 Failed to insert values into 'S'. Inserting into column `ROWPARTITION` is not allowed.
INSERT INTO S (K, WINDOWSTART) VALUES (1, 1);
--! 40001 Failed to insert values into 'S'. Column name `WINDOWSTART` does not exist.
INSERT INTO S VALUES ();
--! 40001 Failed to prepare statement: Expected some values for INSERT INTO statement.
INSERT INTO S (K) VALUES (A);
--! 40001 Failed to insert values into 'S'. Unsupported column reference in insert value: A
INSERT INTO S (K) VALUES (S.A);
--! 40001 Failed to prepare statement: 'S' is not a valid stream/table name or alias.
INSERT INTO S (K) VALUES ('x');
--! 40001 Failed to insert values into 'S'. Expected type INTEGER for field `K` but got STRING(x)
INSERT INTO S (K) VALUES (1.5);
--! 40001 Failed to insert values into 'S'. Expected type INTEGER for field `K` but got DECIMAL(1.5)
INSERT INTO S (K, ROWTIME) VALUES (1, 'x');
--! 40001 Failed to insert values into 'S'. Expected type BIGINT for field `ROWTIME` but got STRING(x)
INSERT INTO S (K) VALUES (NOPE(1));
--! 40001 Failed to insert values into 'S'. Invalid insert value: Can't find any functions with the name 'NOPE'.
INSERT INTO S (`b`) VALUES (UCASE('x'));
--> nothing
INSERT INTO S (K) VALUES (COUNT(1));
--! 40001 Failed to insert values into 'S'. Invalid insert value: Can't find any functions with the name 'COUNT'.
INSERT INTO NOPE VALUES (1);
--! 40000 Cannot insert values into an unknown stream/table: `NOPE`
INSERT INTO `s` VALUES (1);
--! 40000 Cannot insert values into an unknown stream/table: `s`
--   Did you mean S? Hint: try removing double quotes from the source name.
INSERT INTO T VALUES (1, 'a', 3);
--> nothing
INSERT INTO T (K1, A) VALUES (1, 2);
--! 40001 Failed to insert values into 'T'. Value for primary key column(s) K2 is required for tables
INSERT INTO T (A) VALUES (1);
--! 40001 Failed to insert values into 'T'. Value for primary key column(s) K1, K2 is required for tables
INSERT INTO T (K1, K2) VALUES (1, 'b');
--> nothing
INSERT INTO T (K1, K2, A) VALUES (1, NULL, 5);
--> nothing
INSERT INTO T (K1, K2, A) VALUES (NULL, NULL, 5);
--> nothing
SELECT *, ROWTIME > 1234 LATER FROM S;
--> [1,2,"x",true]
--> [null,2,null,true]
--> [5,null,"y",false]
--> [null,null,"X",true]
PRINT 't' FROM BEGINNING LIMIT 3;
--> key: {"K1":1,"K2":"a"}, value: {"A":3}, partition: 0
--> key: {"K1":1,"K2":"b"}, value: {"A":null}, partition: 0
--> key: {"K1":1,"K2":null}, value: {"A":5}, partition: 0

=== values of every type
CREATE STREAM S (A BOOLEAN, B BIGINT, C DOUBLE, D DECIMAL(4,2), E BYTES, F DATE, G TIME, H TIMESTAMP, I ARRAY<BIGINT>, J MAP<STRING, DOUBLE>, L STRUCT<X INT, `y` STRING>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
INSERT INTO S VALUES (TRUE, 1, 2, 3, 'aGk=', '2020-01-02', '10:11', '2020-01-02T03:04:05', ARRAY[1, 2], MAP('a' := 1), STRUCT(X := 1, `y` := 'z'));
--> nothing
INSERT INTO S (A) VALUES ('true');
--! 40001 Failed to insert values into 'S'. Expected type BOOLEAN for field `A` but got STRING(true)
INSERT INTO S (B) VALUES (1.0);
--! 40001 Failed to insert values into 'S'. Expected type BIGINT for field `B` but got DECIMAL(1.0)
INSERT INTO S (B) VALUES (CAST('5' AS BIGINT));
--> nothing
INSERT INTO S (D) VALUES (100);
--! 40001 Failed to insert values into 'S'. Expected type DECIMAL(4, 2) for field `D` but got INTEGER(100)
INSERT INTO S (D) VALUES (1.234);
--! 40001 Failed to insert values into 'S'. Expected type DECIMAL(4, 2) for field `D` but got DECIMAL(1.234)
INSERT INTO S (E) VALUES ('%%');
--! 40001 Failed to insert values into 'S'. Expected type BYTES for field `E` but got STRING(%%)
INSERT INTO S (F) VALUES ('yesterday');
--! 40001 Failed to insert values into 'S'. Expected type DATE for field `F` but got STRING(yesterday). Date format must be yyyy-mm-dd
INSERT INTO S (G) VALUES ('25:00');
--! 40001 Failed to insert values into 'S'. Expected type TIME for field `G` but got STRING(25:00). Time format must be hh:mm:ss[.S]
INSERT INTO S (H) VALUES ('x');
--! 40001 Failed to insert values into 'S'. Expected type TIMESTAMP for field `H` but got STRING(x). Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]
INSERT INTO S (I) VALUES (ARRAY['a']);
--! 40001 Failed to insert values into 'S'. Expected type ARRAY<BIGINT> for field `I` but got ARRAY([a])
INSERT INTO S (I) VALUES (ARRAY[]);
--! 40001 Failed to insert values into 'S'. Invalid insert value: Array constructor cannot be empty. Please supply at least one element (see https://github.com/confluentinc/ksql/issues/4239).
INSERT INTO S (J) VALUES (MAP(1 := 1));
--! 40001 Failed to insert values into 'S'. Expected type MAP<STRING, DOUBLE> for field `J` but got MAP({1=1})
INSERT INTO S (L) VALUES (STRUCT(X := 'a'));
--! 40001 Failed to insert values into 'S'. Expected type STRUCT<`X` INTEGER, `y` STRING> for field `L` but got STRUCT(Struct{X=a})
INSERT INTO S (L) VALUES (STRUCT(Z := 1));
--> nothing
INSERT INTO S (H) VALUES (1);
--! 40001 Failed to insert values into 'S'. Expected type TIMESTAMP for field `H` but got INTEGER(1)
INSERT INTO S (A) VALUES (NULL);
--> nothing
SELECT * FROM S;
--> [true,1,2.0,3.0,"aGk=","2020-01-02","10:11","2020-01-02T03:04:05.000",[1,2],{"a":1.0},{"X":1,"y":"z"}]
--> [null,5,null,null,null,null,null,null,null,null,null]
--> [null,null,null,null,null,null,null,null,null,null,{"X":null,"y":null}]
--> [null,null,null,null,null,null,null,null,null,null,null]

=== inserts can be switched off
--set ksql.insert.into.values.enabled=false
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
INSERT INTO S VALUES (1, 2);
--! 40000 The server has disabled INSERT INTO ... VALUES functionality.

=== topics of the server are read only
CREATE STREAM P (K STRING KEY, A STRING) WITH (KAFKA_TOPIC='default_ksql_processing_log', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM C (K STRING KEY, A STRING) WITH (KAFKA_TOPIC='_confluent-ksql-default__command_topic', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM D (K STRING KEY, A STRING) WITH (KAFKA_TOPIC='__consumer_offsets', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM S (K STRING KEY, A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
INSERT INTO P VALUES ('a', 'b');
--! 40000 Cannot insert values into read-only topic: default_ksql_processing_log
INSERT INTO C VALUES ('a', 'b');
--! 40000 Cannot insert values into read-only topic: _confluent-ksql-default__command_topic
INSERT INTO D VALUES ('a', 'b');
--! 40000 Cannot insert values into read-only topic: __consumer_offsets
INSERT INTO P SELECT * FROM S;
--! 40001 Cannot insert into read-only topic: default_ksql_processing_log
INSERT INTO D SELECT * FROM S;
--! 40001 Cannot insert into read-only topic: __consumer_offsets
CREATE STREAM O WITH (KAFKA_TOPIC='__consumer_offsets') AS SELECT * FROM S;
--! 40001 Cannot insert into read-only topic: __consumer_offsets
SHOW TOPICS;
--> default_ksql_processing_log (1)
--> s (1)
