=== the key of a stream is in the projection once
CREATE STREAM S (K INT KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM S2 (K1 INT KEY, K2 STRING KEY, A INT) WITH (KAFKA_TOPIC='s2', FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM N (A INT, B STRING) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O AS SELECT A FROM S;
--! 40001 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT).
--   The query used to build `O` must include the key column K in its projection (eg, SELECT K...).
CREATE STREAM O AS SELECT K, K K2, A FROM S;
--! 40001 Could not determine output schema for query due to error: The projection contains a key column (`K`) more than once, aliased as: K and K2.
--   Each key column must only be in the projection once. If you intended to copy the key into the value, then consider using the `AS_VALUE` function to indicate which key reference should be copied.
CREATE STREAM O AS SELECT *, K AS K2 FROM S;
--! 40001 Could not determine output schema for query due to error: The projection contains a key column (`K`) more than once, aliased as: K and K2.
--   Each key column must only be in the projection once. If you intended to copy the key into the value, then consider using the `AS_VALUE` function to indicate which key reference should be copied.
CREATE STREAM O AS SELECT K FROM S;
--! 40001 Could not determine output schema for query due to error: The projection contains no value columns.
CREATE STREAM O AS SELECT K, AS_VALUE(K) K2 FROM S;
--> Created query with ID CSAS_O_5
CREATE STREAM O AS SELECT K + 1 K, A FROM S;
--! 40001 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT).
--   The query used to build `O` must include the key column K in its projection (eg, SELECT K...).
CREATE STREAM P AS SELECT K1, A FROM S2;
--! 40001 Could not determine output schema for query due to error: Keys missing from projection (ie, SELECT).
--   The query used to build `P` must include the key columns K1 and K2 in its projection (eg, SELECT K1, K2...).
CREATE STREAM P AS SELECT A FROM S2;
--! 40001 Could not determine output schema for query due to error: Keys missing from projection (ie, SELECT).
--   The query used to build `P` must include the key columns K1 and K2 in its projection (eg, SELECT K1, K2...).
CREATE STREAM P AS SELECT K1, K2 FROM S2;
--! 40001 Could not determine output schema for query due to error: The projection contains no value columns.
CREATE STREAM P AS SELECT K1, K2, K2 K3, A FROM S2;
--! 40001 Could not determine output schema for query due to error: The projection contains a key column (`K2`) more than once, aliased as: K2 and K3.
--   Each key column must only be in the projection once. If you intended to copy the key into the value, then consider using the `AS_VALUE` function to indicate which key reference should be copied.
CREATE STREAM P AS SELECT A, K2 X, K1 Y FROM S2;
--> Created query with ID CSAS_P_7
DESCRIBE P;
--> STREAM P: Y INTEGER KEY, X STRING KEY, A INTEGER; JSON/JSON in P (1)
CREATE STREAM Q AS SELECT A, A B FROM N;
--> Created query with ID CSAS_Q_9
DESCRIBE Q;
--> STREAM Q: A INTEGER, B INTEGER; KAFKA/JSON in Q (1)
CREATE STREAM R AS SELECT K, A, B A FROM S;
--! 40001 Could not determine output schema for query due to error: Duplicate value columns found in schema: `A` STRING
CREATE STREAM R AS SELECT K, A K FROM S;
--! 40001 Could not determine output schema for query due to error: Duplicate value columns found in schema: `K` INTEGER
CREATE STREAM R AS SELECT K, A ROWTIME FROM S;
--! 40001 Could not determine output schema for query due to error: `ROWTIME` is a reserved column name. You cannot use it as an alias for a column.
CREATE STREAM R AS SELECT K, ROWTIME FROM S;
--! 40001 Could not determine output schema for query due to error: Reserved column name in select: `ROWTIME`. Please remove or alias the column.
CREATE STREAM R AS SELECT K, ROWOFFSET FROM S;
--! 40001 Could not determine output schema for query due to error: Reserved column name in select: `ROWOFFSET`. Please remove or alias the column.
CREATE STREAM R AS SELECT K, ROWTIME T, ROWPARTITION P, ROWOFFSET O FROM S;
--> Created query with ID CSAS_R_11
CREATE STREAM R1 AS SELECT K, A FROM S LIMIT 3;
--! 40001 Failed to prepare statement: CREATE STREAM AS SELECT statements don't support LIMIT clause.
CREATE TABLE R1 AS SELECT K, COUNT(*) FROM S GROUP BY K LIMIT 3;
--! 40001 Failed to prepare statement: CREATE TABLE AS SELECT statements don't support LIMIT clause.
CREATE STREAM R1 AS SELECT K, WINDOWSTART W FROM S;
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 31: SELECT column 'WINDOWSTART' cannot be resolved.
CREATE TABLE R1 AS SELECT * FROM S;
--! 40001 Could not determine output schema for query due to error: Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS SELECT statement instead.
--   Statement: CREATE TABLE R1 WITH (CLEANUP_POLICY='compact', KAFKA_TOPIC='R1', PARTITIONS=1, REPLICAS=1, RETENTION_MS=604800000) AS SELECT *
--   FROM S S
--   EMIT CHANGES;
CREATE STREAM R1 AS SELECT K, COUNT(*) FROM S GROUP BY K;
--! 40001 Could not determine output schema for query due to error: Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead.
--   Statement: CREATE STREAM R1 WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='R1', PARTITIONS=1, REPLICAS=1, RETENTION_MS=604800000) AS SELECT
--     S.K K,
--     COUNT(*) KSQL_COL_0
--   FROM S S
--   GROUP BY S.K
--   EMIT CHANGES;
DESCRIBE R;
--> STREAM R: K INTEGER KEY, T BIGINT, P INTEGER, O BIGINT; KAFKA/JSON in R (1)

=== PARTITION BY
CREATE STREAM S (K INT KEY, A INT, B STRING, C STRUCT<X INT>, M MAP<STRING, INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM N (A INT, B STRING) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE T (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
CREATE TABLE T2 (K INT PRIMARY KEY, K2 INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t2', FORMAT='JSON', PARTITIONS=1);
--> Table created
CREATE STREAM O AS SELECT K, B FROM S PARTITION BY A;
--! 40001 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT).
--   The query used to build `O` must include the partitioning expression S.A in its projection (eg, SELECT S.A...).
CREATE STREAM O AS SELECT K, B FROM S PARTITION BY A, B;
--! 40001 Could not determine output schema for query due to error: Keys missing from projection (ie, SELECT).
--   The query used to build `O` must include the partitioning expressions S.A and S.B in its projection (eg, SELECT S.A, S.B...).
CREATE STREAM O AS SELECT K, B FROM S PARTITION BY A + 1;
--! 40001 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT).
--   The query used to build `O` must include the partitioning expression (S.A + 1) in its projection (eg, SELECT (S.A + 1)...).
CREATE STREAM O AS SELECT * FROM S PARTITION BY A, A;
--! 40001 Failed to prepare statement: Duplicate PARTITION BY expression: A
CREATE STREAM O AS SELECT * FROM S PARTITION BY S.A, A;
--! 40001 Failed to prepare statement: Duplicate PARTITION BY expression: S.A
CREATE STREAM O AS SELECT * FROM S PARTITION BY ();
--! 40001 Failed to prepare statement: PARTITION BY requires at least one expression
CREATE STREAM O AS SELECT * FROM S PARTITION BY NULL, A;
--! 40001 Could not determine output schema for query due to error: Cannot PARTITION BY multiple columns including NULL
CREATE STREAM O AS SELECT * FROM S PARTITION BY NOPE;
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 49: PARTITION BY column 'NOPE' cannot be resolved. 'NOPE' must be a column in the source schema since PARTITION BY is applied on the input.
CREATE STREAM O AS SELECT A X, B FROM S PARTITION BY X;
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 54: PARTITION BY column 'X' cannot be resolved. 'X' must be a column in the source schema since PARTITION BY is applied on the input.
CREATE STREAM O AS SELECT * FROM S PARTITION BY M;
--! 40001 Could not determine output schema for query due to error: Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: `M`. Column type: MAP<STRING, INTEGER>. See https://github.com/confluentinc/ksql/issues/6621 for more.
CREATE STREAM O AS SELECT * FROM S PARTITION BY C;
--! 40000 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`C` STRUCT<`X` INTEGER> KEY], features=[]}
--   reason: The 'KAFKA' format does not support type 'STRUCT'
CREATE STREAM O AS SELECT * FROM S PARTITION BY A, B;
--! 40000 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER KEY, `B` STRING KEY], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER KEY, `B` STRING KEY]
CREATE STREAM O AS SELECT K, A, COUNT(*) FROM S PARTITION BY A GROUP BY A;
--! 40001 line 1:64: Syntax Error
--
CREATE STREAM O AS SELECT K, A FROM S GROUP BY A PARTITION BY A;
--! 40001 Failed to prepare statement: Queries only support one of PARTITION BY and GROUP BY
CREATE STREAM O AS SELECT * FROM S PARTITION BY COUNT(*);
--! 40001 Could not determine output schema for query due to error: Can't find any functions with the name 'COUNT'
CREATE STREAM O AS SELECT * FROM S PARTITION BY EXPLODE(ARRAY[A]);
--! 40001 Could not determine output schema for query due to error: Can't find any functions with the name 'EXPLODE'
CREATE TABLE O AS SELECT * FROM T PARTITION BY A;
--! 40001 Could not determine output schema for query due to error: Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the TABLE's key column K instead of [A]
CREATE TABLE O AS SELECT * FROM T2 PARTITION BY A;
--! 40001 Could not determine output schema for query due to error: Cannot repartition a TABLE source. If this is a join, joins on tables with multiple columns is not yet supported.
CREATE STREAM O AS SELECT * FROM S PARTITION BY A;
--> Created query with ID CSAS_O_7
CREATE STREAM P WITH (KEY_FORMAT='JSON') AS SELECT * FROM S PARTITION BY A, B;
--> Created query with ID CSAS_P_9
CREATE STREAM Q AS SELECT * FROM S PARTITION BY NULL;
--> Created query with ID CSAS_Q_11
CREATE STREAM R AS SELECT C->X, K, A FROM S PARTITION BY C->X;
--> Created query with ID CSAS_R_13
CREATE STREAM U AS SELECT A + 1 AS Z, K FROM S PARTITION BY A + 1;
--> Created query with ID CSAS_U_15
CREATE STREAM V AS SELECT KSQL_COL_0, K FROM S PARTITION BY A + 1;
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 27: SELECT column 'KSQL_COL_0' cannot be resolved.
CREATE STREAM V AS SELECT * FROM S PARTITION BY A + 1;
--> Created query with ID CSAS_V_17
CREATE STREAM W WITH (KEY_FORMAT='JSON') AS SELECT * FROM S PARTITION BY NULL;
--! 40001 Could not determine output schema for query due to error: Key format specified for stream without key columns.
CREATE STREAM W AS SELECT * FROM N PARTITION BY A;
--> Created query with ID CSAS_W_19
DESCRIBE O;
--> STREAM O: A INTEGER KEY, B STRING, C STRUCT<X INTEGER>, M MAP<STRING, INTEGER>, K INTEGER; KAFKA/JSON in O (1)
DESCRIBE P;
--> STREAM P: A INTEGER KEY, B STRING KEY, C STRUCT<X INTEGER>, M MAP<STRING, INTEGER>, K INTEGER; JSON/JSON in P (1)
DESCRIBE Q;
--> STREAM Q: A INTEGER, B STRING, C STRUCT<X INTEGER>, M MAP<STRING, INTEGER>, K INTEGER; NONE/JSON in Q (1)
DESCRIBE R;
--> STREAM R: X INTEGER KEY, K INTEGER, A INTEGER; KAFKA/JSON in R (1)
DESCRIBE U;
--> STREAM U: Z INTEGER KEY, K INTEGER; KAFKA/JSON in U (1)
DESCRIBE V;
--> STREAM V: KSQL_COL_0 INTEGER KEY, A INTEGER, B STRING, C STRUCT<X INTEGER>, M MAP<STRING, INTEGER>, K INTEGER; KAFKA/JSON in V (1)
DESCRIBE W;
--> STREAM W: A INTEGER KEY, B STRING; KAFKA/JSON in W (1)

=== GROUP BY
CREATE STREAM S (K INT KEY, A INT, B STRING, M MAP<STRING, INT>, L ARRAY<INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE T (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
CREATE STREAM V (K INT KEY, A INT) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='KAFKA', PARTITIONS=1);
--> Stream created
CREATE TABLE O AS SELECT A FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: GROUP BY requires aggregate functions in either the SELECT or HAVING clause.
CREATE TABLE O AS SELECT A, B, COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: B
--   Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE O AS SELECT A, B + 'x' C, COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: (B + 'x')
--   Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE O AS SELECT A, SUM(K) + K C FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: K
--   Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY A HAVING B = 'x';
--! 40001 Could not determine output schema for query due to error: Non-aggregate HAVING expression not part of GROUP BY: B
--   Consider switching the HAVING clause to a WHERE clause before the GROUP BY.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY SUM(A);
--! 40001 Could not determine output schema for query due to error: GROUP BY does not support aggregate functions: SUM is an aggregate function.
CREATE TABLE O AS SELECT A, SUM(COUNT(A)) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Aggregate functions can not be nested: SUM(COUNT())
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY A, A;
--! 40001 Failed to prepare statement: Duplicate GROUP BY expression: A
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY ();
--! 40001 Failed to prepare statement: GROUP BY requires at least one expression
CREATE TABLE O AS SELECT COUNT(*) N FROM S;
--! 40001 Could not determine output schema for query due to error: CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY clause.
CREATE STREAM O AS SELECT COUNT(*) N, SUM(A) FROM S;
--! 40001 Could not determine output schema for query due to error: CREATE STREAM AS SELECT statement does not support aggregate function [COUNT(ROWTIME), SUM(A)] without a GROUP BY clause.
CREATE TABLE O AS SELECT B, COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: B
--   Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE O AS SELECT COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT).
--   The query used to build `O` must include the grouping expression A in its projection (eg, SELECT A...).
CREATE TABLE O AS SELECT COUNT(*) N FROM S GROUP BY A, B, K;
--! 40001 Could not determine output schema for query due to error: Keys missing from projection (ie, SELECT).
--   The query used to build `O` must include the grouping expressions A, B and K in its projection (eg, SELECT A, B, K...).
CREATE TABLE O AS SELECT A, A A2, COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: The projection contains a key column more than once: `A` and `A2`.
--   Each key column must only be in the projection once. If you intended to copy the key into the value, then consider using the `AS_VALUE` function to indicate which key reference should be copied.
CREATE TABLE O AS SELECT A FROM S GROUP BY A HAVING COUNT(*) > 1;
--! 40001 Could not determine output schema for query due to error: The projection contains no value columns.
CREATE TABLE O AS SELECT A, NOPE(B) FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Can't find any functions with the name 'NOPE'
CREATE TABLE O AS SELECT NOPE, COUNT(*) N FROM S GROUP BY NOPE;
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 59: GROUP BY column 'NOPE' cannot be resolved.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY A HAVING NOPE > 1;
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 65: HAVING column 'NOPE' cannot be resolved.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY A HAVING COUNT(*);
--! 40001 Could not determine output schema for query due to error: Type error in HAVING expression: Should evaluate to boolean but is COUNT(*) (BIGINT) instead.
--   Statement: COUNT(*)
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S GROUP BY A EMIT FINAL;
--! 40001 Could not determine output schema for query due to error: EMIT FINAL is only supported for windowed aggregations.
CREATE TABLE O AS SELECT M, COUNT(*) N FROM S GROUP BY M;
--! 40001 Could not determine output schema for query due to error: Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: `M`. Column type: MAP<STRING, INTEGER>. See https://github.com/confluentinc/ksql/issues/6621 for more.
CREATE TABLE O AS SELECT L, COUNT(*) N FROM S GROUP BY L;
--! 40000 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`L` ARRAY<INTEGER> KEY], features=[]}
--   reason: The 'KAFKA' format does not support type 'ARRAY'
CREATE TABLE O AS SELECT A, B, COUNT(*) N FROM S GROUP BY A, B;
--! 40000 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER KEY, `B` STRING KEY], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER KEY, `B` STRING KEY]
CREATE TABLE O AS SELECT A, EXPLODE(L) E, COUNT(*) N FROM S GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Table functions cannot be used with aggregations.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 0 SECONDS) GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Size must be positive
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 1 HOUR) GROUP BY A;
--! 50000 The retention period of the window store Aggregate-Aggregate-Materialize must be no smaller than its window size plus the grace period. Got size=[3600000], grace=[82800000], retention=[3600000]
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY A, WINDOWSTART;
--! 40001 Could not determine output schema for query due to error: Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations and can not be passed to aggregate functions.
--   See https://github.com/confluentinc/ksql/issues/4397
CREATE TABLE O AS SELECT A, MAX(WINDOWEND) N FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Window bounds column WINDOWEND can only be used in the SELECT clause of windowed aggregations and can not be passed to aggregate functions.
--   See https://github.com/confluentinc/ksql/issues/4397
CREATE TABLE O AS SELECT A, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 HOUR) WHERE WINDOWEND > 5 GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Error in WHERE expression: Unknown column WINDOWEND.
--   Statement: (WINDOWEND > 5)
CREATE TABLE O AS SELECT A, WINDOWSTART, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Reserved column name in select: `WINDOWSTART`. Please remove or alias the column.
CREATE STREAM O AS SELECT K, A FROM S WINDOW TUMBLING (SIZE 1 HOUR);
--! 40001 Could not determine output schema for query due to error: Line: 1, Col: 46: WINDOW clause requires a GROUP BY clause.
CREATE TABLE O AS SELECT A, COUNT(*) N FROM T WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY A;
--! 40001 Could not determine output schema for query due to error: Windowing not supported for table aggregations.
CREATE TABLE O AS SELECT A, MAX(K) N, MIN(K) M, LATEST_BY_OFFSET(K) L FROM T GROUP BY A;
--! 40001 Could not determine output schema for query due to error: The aggregation functions MAX, MIN and LATEST_BY_OFFSET cannot be applied to a table source, only to a stream source.
CREATE TABLE O AS SELECT K, LATEST_BY_OFFSET(A, A) N FROM S GROUP BY K;
--! 40001 Could not determine output schema for query due to error: Parameter 2 passed to function LATEST_BY_OFFSET must be a literal constant, but was expression: 'A'
CREATE TABLE O AS SELECT K, COUNT(*) N FROM V GROUP BY K;
--! 40001 Could not determine output schema for query due to error: Source(s) V are using the 'KAFKA' value format. This format does not yet support GROUP BY.
--   The KAFKA format is primarily intended for use as a key format. It can be used as a value format, but can not be used in any operation that requires a repartition or changelog topic.
--   Please re-register the source using a different value format.
CREATE TABLE O AS SELECT K, HISTOGRAM(B) N FROM S GROUP BY K;
--> Created query with ID CTAS_O_5
CREATE TABLE P WITH (VALUE_FORMAT='DELIMITED') AS SELECT K, COLLECT_LIST(B) N FROM S GROUP BY K;
--! 40000 Value format does not support schema.
--   format: DELIMITED
--   schema: Persistence{columns=[`N` ARRAY<STRING>], features=[]}
--   reason: The 'DELIMITED' format does not support type 'ARRAY', column: `N`
CREATE TABLE P WITH (KEY_FORMAT='JSON') AS SELECT A X, B, COUNT(*) N FROM S GROUP BY A, B;
--> Created query with ID CTAS_P_7
CREATE TABLE Q AS SELECT A + 1, COUNT(*) FROM S GROUP BY A + 1;
--> Created query with ID CTAS_Q_9
DESCRIBE P;
--> TABLE P: X INTEGER KEY, B STRING KEY, N BIGINT; JSON/JSON in P (1)
DESCRIBE Q;
--> TABLE Q: KSQL_COL_0 INTEGER KEY, KSQL_COL_1 BIGINT; KAFKA/JSON in Q (1)

=== system columns
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE C AS SELECT K, COUNT(*) N FROM S GROUP BY K;
--> Created query with ID CTAS_C_1
INSERT INTO S (ROWTIME, K, A) VALUES (1000, 1, 2);
--> nothing
SELECT * FROM S EMIT CHANGES LIMIT 1;
--> [1,2]
SELECT *, ROWTIME, ROWPARTITION, ROWOFFSET FROM S EMIT CHANGES LIMIT 1;
--> [1,2,1000,0,0]
SELECT ROWOFFSET FROM C;
--! 40001 Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`
--    See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT N FROM C WHERE ROWPARTITION = 1;
--! 40001 Pull queries don't support the following columns in WHERE clauses: `ROWPARTITION`
--    See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT ROWOFFSET FROM S;
--! 40001 Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`
--    See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT A ROWTIME FROM S EMIT CHANGES LIMIT 1;
--! 40001 `ROWTIME` is a reserved column name. You cannot use it as an alias for a column.
SELECT ROWTIME AS ROWTIME FROM S EMIT CHANGES LIMIT 1;
--> [1000]
SELECT WINDOWSTART FROM S EMIT CHANGES LIMIT 1;
--! 40001 Line: 1, Col: 8: SELECT column 'WINDOWSTART' cannot be resolved.

=== clauses that pull queries do not have
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE TABLE C AS SELECT K, COUNT(*) N FROM S GROUP BY K;
--> Created query with ID CTAS_C_1
CREATE TABLE T (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Table created
SELECT K, COUNT(*) FROM C WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY K;
--! 40001 Pull queries don't support WINDOW clauses. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT K, COUNT(*) FROM C GROUP BY K;
--! 40001 Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT COUNT(*) FROM C;
--! 40001 Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM C PARTITION BY N;
--! 40001 Pull queries don't support PARTITION BY clauses. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM C HAVING N = 1;
--! 40001 Pull queries don't support HAVING clauses. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM C LIMIT -1;
--! 40001 Pull queries don't support negative integers in the LIMIT clause. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT *, N + 1 FROM C;
--! 40001 Pull queries only support wildcards in the projects if they are the only expression
SELECT * FROM T;
--! 40001 The `T` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_T AS SELECT * FROM T'. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT K, COUNT(*) FROM S GROUP BY K;
--! 40001 Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
--   Add EMIT CHANGES if you intended to issue a push query.
SELECT NOPE FROM C;
--! 40001 Line: 1, Col: 8: SELECT column 'NOPE' cannot be resolved.
SELECT * FROM NOPE;
--! 40001 Exception while preparing statement: NOPE does not exist.
SELECT * FROM C WHERE NOPE = 1;
--! 40001 Line: 1, Col: 23: WHERE column 'NOPE' cannot be resolved.
SELECT * FROM C WHERE K = 'x';
--! 40001 Error in WHERE expression: Cannot compare K (INTEGER) to 'x' (STRING) with EQUAL.
--   Statement: (K = 'x')
--   Statement: (K = 'x')
--   Statement: SELECT * FROM C WHERE K = 'x';
SELECT * FROM C EMIT FINAL;
--! 40001 EMIT FINAL is only supported for windowed aggregations.
SELECT * FROM C LIMIT 1.5;
--! 40001 Failed to prepare statement: Value must be integer for command: LIMIT
--   Statement: SELECT * FROM C LIMIT 1.5;
