=== the topic
CREATE STREAM S (A INT) WITH (VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Missing required property "KAFKA_TOPIC" which has no default value.
CREATE STREAM S (A INT);
--! 40001 Failed to prepare statement: Missing required property "KAFKA_TOPIC" which has no default value.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value  for property KAFKA_TOPIC: String must be non-empty
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='  ', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Must have non-empty topic name.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC=NULL, VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value null for property KAFKA_TOPIC: Expected value to be a string, but it was a null
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC=5, VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value 5 for property KAFKA_TOPIC: Expected value to be a string, but it was a java.lang.Integer
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='a b', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 50000 Failed to check if exists for topic: a b
--   Caused by: The request attempted to perform an operation on an invalid topic.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! 40000 Topic 's' does not exist. If you want to create a new topic for the stream/table please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: CREATE STREAM S (A INTEGER) WITH (KAFKA_TOPIC='s', KEY_FORMAT='KAFKA', PARTITIONS=2, VALUE_FORMAT='JSON');
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=0);
--! 50000 Failed to guarantee existence of topic s
--   Caused by: Number of partitions was set to an invalid non-positive value.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS='x');
--! 40001 Failed to prepare statement: Invalid value x for property PARTITIONS: Not a number of type INT
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1.5);
--! 40001 Failed to prepare statement: Invalid value 1.5 for property PARTITIONS: Expected value to be a 32-bit integer, but it was a java.math.BigDecimal
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=9999999999);
--! 40001 Failed to prepare statement: Invalid value 9999999999 for property PARTITIONS: Expected value to be a 32-bit integer, but it was a java.lang.Long
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1, REPLICAS=9);
--! 50000 Failed to guarantee existence of topic s
--   Caused by: Unable to replicate the partition 9 time(s): The target replication factor of 9 cannot be reached because only 1 broker(s) are registered.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1, REPLICAS=0);
--! 50000 Failed to guarantee existence of topic s
--   Caused by: Replication factor must be larger than 0.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1, REPLICAS=99999);
--! 40001 Failed to prepare statement: Invalid value 99999 for property REPLICAS: Expected value to be a 16-bit integer (short), but it was a java.lang.Integer
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS='x');
--! 40001 Failed to prepare statement: Invalid value x for property RETENTION_MS: Not a number of type LONG
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1, CLEANUP_POLICY='compact');
--! 40000 Invalid config variable in the WITH clause: CLEANUP_POLICY.
--   The CLEANUP_POLICY config is automatically inferred based on the type of source (STREAM or TABLE).
--   Users can't set the CLEANUP_POLICY config manually.
CREATE TABLE S (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=5);
--! 40000 Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support retention.
CREATE STREAM S (A INT) WITH (kafka_topic='s', 'value_format'='JSON', "PARTITIONS"='3', retention_ms=60000);
--> Stream created
CREATE STREAM S1 (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
--! 50000 A Kafka topic with the name 's' already exists, with different partition/replica/retention configuration than required. KSQL expects 2 partitions (topic has 3), 1 replication factor (topic has 1).
CREATE STREAM S1 (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', REPLICAS=2);
--! 50000 A Kafka topic with the name 's' already exists, with different partition/replica/retention configuration than required. KSQL expects 3 partitions (topic has 3), 2 replication factor (topic has 1).
CREATE STREAM S1 (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', RETENTION_MS=5);
--! 50000 A Kafka topic with the name 's' already exists, with different partition/replica/retention configuration than required. KSQL expects 3 partitions (topic has 3), 1 replication factor (topic has 1), and 5 retention (topic has 60000).
CREATE STREAM S1 (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3, RETENTION_MS=60000, REPLICAS=1);
--> Stream created
CREATE STREAM S2 (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', SIZE=1, COLOUR='red');
--! 40001 line 1:70: Syntax Error
--   "SIZE" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'SIZE'
CREATE STREAM S2 (A INT) WITH (KAFKA_TOPIC='s', KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
--! 40001 Failed to prepare statement: Property KAFKA_TOPIC is given more than once in the WITH clause.
CREATE STREAM S2 (A INT) WITH (KAFKA_TOPIC='s', QUERY_ID='x', VALUE_FORMAT='JSON');
--! 40001 Failed to prepare statement: Invalid config variable(s) in the WITH clause: QUERY_ID

=== the formats
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1);
--! 40001 Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one or set a default via the 'ksql.persistence.default.format.value' config.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='YAML', PARTITIONS=1);
--! 40001 Unknown format: YAML
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', FORMAT='YAML', PARTITIONS=1);
--! 40001 Unknown format: YAML
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='', PARTITIONS=1);
--! 40001 Unknown format:
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT=5, PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value 5 for property VALUE_FORMAT: Expected value to be a string, but it was a java.lang.Integer
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='YAML', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Unknown format: YAML
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', KEY_FORMAT='JSON', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='NONE', PARTITIONS=1);
--! 40001 Value format does not support schema.
--   format: NONE
--   schema: Persistence{columns=[`A` INTEGER], features=[]}
--   reason: The 'NONE' format can only be used when no columns are defined. Got: [`A` INTEGER]
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='NONE', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Key format does not support schema.
--   format: NONE
--   schema: Persistence{columns=[`K` INTEGER KEY], features=[]}
--   reason: The 'NONE' format can only be used when no columns are defined. Got: [`K` INTEGER KEY]
CREATE TABLE S (K INT PRIMARY KEY, A INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='NONE', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Key format does not support schema.
--   format: NONE
--   schema: Persistence{columns=[`K` INTEGER KEY], features=[]}
--   reason: The 'NONE' format can only be used when no columns are defined. Got: [`K` INTEGER KEY]
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA', PARTITIONS=1);
--! 40001 Value format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER, `B` INTEGER], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` INTEGER]
CREATE STREAM S (A BOOLEAN) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA', PARTITIONS=1);
--! 40001 Value format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` BOOLEAN], features=[]}
--   reason: The 'KAFKA' format does not support type 'BOOLEAN'
CREATE STREAM S (A INT KEY, B INT KEY, C INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER KEY, `B` INTEGER KEY], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER KEY, `B` INTEGER KEY]
CREATE STREAM S (A INT KEY, B INT KEY, C INT) WITH (KAFKA_TOPIC='s', FORMAT='KAFKA', PARTITIONS=1);
--! 40001 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` INTEGER KEY, `B` INTEGER KEY], features=[]}
--   reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER KEY, `B` INTEGER KEY]
CREATE STREAM S (A DATE KEY, C INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 40001 Key format does not support schema.
--   format: KAFKA
--   schema: Persistence{columns=[`A` DATE KEY], features=[]}
--   reason: The 'KAFKA' format does not support type 'DATE'
CREATE STREAM S (K INT KEY, A ARRAY<INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED', PARTITIONS=1);
--! 40001 Value format does not support schema.
--   format: DELIMITED
--   schema: Persistence{columns=[`A` ARRAY<INTEGER>], features=[]}
--   reason: The 'DELIMITED' format does not support type 'ARRAY', column: `A`
CREATE STREAM S (K STRUCT<A INT> KEY, A INT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED', PARTITIONS=1);
--! 40001 Key format does not support schema.
--   format: DELIMITED
--   schema: Persistence{columns=[`K` STRUCT<`A` INTEGER> KEY], features=[]}
--   reason: The 'DELIMITED' format does not support type 'STRUCT', column: `K`
CREATE STREAM S (K MAP<STRING, INT> KEY, A INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);
--! 40001 Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: `K`. Column type: MAP<STRING, INTEGER>. See https://github.com/confluentinc/ksql/issues/6621 for more.
CREATE STREAM S (K ARRAY<MAP<STRING, INT>> KEY, A INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);
--! 40001 Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: `K`. Column type: ARRAY<MAP<STRING, INTEGER>>. See https://github.com/confluentinc/ksql/issues/6621 for more.
CREATE STREAM S (K STRUCT<A INT> KEY, A INT) WITH (KAFKA_TOPIC='s', FORMAT='json', PARTITIONS=1);
--> Stream created
CREATE STREAM S2 (A INT KEY, B STRING KEY, C INT) WITH (KAFKA_TOPIC='s2', FORMAT='DELIMITED', PARTITIONS=1);
--> Stream created
DESCRIBE S2;
--> STREAM S2: A INTEGER KEY, B STRING KEY, C INTEGER; DELIMITED/DELIMITED in s2 (1)

=== formats that need a registry
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', PARTITIONS=1);
--! 42801 Cannot create topic 's' with format AVRO without configuring 'ksql.schema.registry.url'
CREATE STREAM S (A INT KEY, B INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='PROTOBUF', VALUE_FORMAT='JSON', PARTITIONS=1);
--! 42801 Cannot create topic 's' with format PROTOBUF without configuring 'ksql.schema.registry.url'
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON_SR', PARTITIONS=1);
--! 42801 Cannot create topic 's' with format JSON_SR without configuring 'ksql.schema.registry.url'
CREATE STREAM S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', PARTITIONS=1);
--! 42801 Schema registry fetch for topic value request failed for topic: s
--   Caused by: KSQL is not configured to use a schema registry. To enable it, please
--   	set ksql.schema.registry.url
--   Caused by: KSQL is not configured to use a schema registry. To enable it, please
--   	set ksql.schema.registry.url
CREATE TABLE S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', PARTITIONS=1);
--! 42801 Schema registry fetch for topic value request failed for topic: s
--   Caused by: KSQL is not configured to use a schema registry. To enable it, please
--   	set ksql.schema.registry.url
--   Caused by: KSQL is not configured to use a schema registry. To enable it, please
--   	set ksql.schema.registry.url
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', VALUE_SCHEMA_ID=1, PARTITIONS=1);
--! 40001 VALUE_FORMAT should support schema inference when VALUE_SCHEMA_ID is provided. Current format is JSON.
CREATE STREAM S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA', VALUE_SCHEMA_ID=1, PARTITIONS=1);
--! 40001 VALUE_FORMAT should support schema inference when VALUE_SCHEMA_ID is provided. Current format is KAFKA.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', VALUE_SCHEMA_ID=1, PARTITIONS=1);
--! 40001 Table elements and VALUE_SCHEMA_ID cannot both exist for create statement.
CREATE STREAM S (A INT KEY, B INT) WITH (KAFKA_TOPIC='s', FORMAT='AVRO', KEY_SCHEMA_ID=1, PARTITIONS=1);
--! 40001 Table elements and KEY_SCHEMA_ID cannot both exist for create statement.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', VALUE_SCHEMA_ID='x', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value x for property VALUE_SCHEMA_ID: Not a number of type INT
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', VALUE_SCHEMA_FULL_NAME='x', PARTITIONS=1);
--! 40001 JSON does not support the following configs: [fullSchemaName]
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', KEY_SCHEMA_FULL_NAME='x', PARTITIONS=1);
--! 40001 KAFKA does not support the following configs: [fullSchemaName]
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', VALUE_SCHEMA_FULL_NAME=' ', PARTITIONS=1);
--! 40001 fullSchemaName cannot be empty. Format configuration: {fullSchemaName=}
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', VALUE_AVRO_SCHEMA_FULL_NAME='a', VALUE_SCHEMA_FULL_NAME='b', PARTITIONS=1);
--! 40001 Failed to prepare statement: Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME' properties. Please only set 'VALUE_SCHEMA_FULL_NAME'.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL', PARTITIONS=1);
--! 40001 Property VALUE_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='PROTOBUF', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='optional', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value optional for property VALUE_PROTOBUF_NULLABLE_REPRESENTATION: String must be one of: OPTIONAL, WRAPPER, null
CREATE STREAM S (A MAP<INT, INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='PROTOBUF_NOSR', PARTITIONS=1);
--! 40001 Value format does not support schema.
--   format: PROTOBUF_NOSR
--   schema: Persistence{columns=[`A` MAP<INTEGER, INTEGER>], features=[]}
--   reason: PROTOBUF format only supports MAP types with STRING keys
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='PROTOBUF', WRAP_SINGLE_VALUE=false, PARTITIONS=1);
--! 42801 Cannot create topic 's' with format PROTOBUF without configuring 'ksql.schema.registry.url'
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
CREATE STREAM O WITH (VALUE_FORMAT='AVRO') AS SELECT * FROM S;
--! 42801 Cannot create topic 'O' with format AVRO without configuring 'ksql.schema.registry.url'
CREATE STREAM O WITH (KEY_FORMAT='JSON_SR') AS SELECT * FROM S;
--! 42801 Cannot create topic 'O' with format JSON_SR without configuring 'ksql.schema.registry.url'
ASSERT SCHEMA SUBJECT 'x-value';
--! 41700 Cannot check schema existence: KSQL is not configured to use a schema registry. To enable it, please set ksql.schema.registry.url
ASSERT SCHEMA;
--! 40001 Failed to prepare statement: ASSERT SCHEMA statements much include a subject name or an id
ASSERT SCHEMA ID 'x';
--! 40001 Failed to prepare statement: ID must be an integer
ASSERT SCHEMA ID 1.5;
--! 40001 Failed to prepare statement: ID must be an integer

=== delimiters
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', VALUE_DELIMITER=';', PARTITIONS=1);
--! 40001 JSON does not support the following configs: [delimiter]
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA', KEY_DELIMITER=';', PARTITIONS=1);
--! 40001 KAFKA does not support the following configs: [delimiter]
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='<~>', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: '<~>'. Delimiter must be a single character or TAB,SPACE
--   Example valid value: ';'
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration VALUE_DELIMITER is invalid: Delimiter cannot be empty, if you meant to have a tab or space for delimiter, please use the special values 'TAB' or 'SPACE'
--   Example valid value: ';'
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED', KEY_DELIMITER='tab', PARTITIONS=1);
--! 40001 Failed to prepare statement: Configuration KEY_DELIMITER is invalid: Invalid delimiter value: 'tab'. Delimiter must be a single character or TAB,SPACE
--   Example valid value: ';'
CREATE STREAM S (A INT KEY, B INT KEY, C STRING, D INT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED', KEY_DELIMITER='TAB', VALUE_DELIMITER='|', PARTITIONS=1);
--> Stream created
INSERT INTO S VALUES (1, 2, 'x|y', 4);
--> nothing
PRINT 's' FROM BEGINNING LIMIT 1;
--> key: 1	2, value: "x|y"|4, partition: 0
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_1
CREATE STREAM P WITH (VALUE_DELIMITER=';') AS SELECT * FROM S;
--> Created query with ID CSAS_P_3
CREATE STREAM Q WITH (VALUE_FORMAT='DELIMITED', KEY_FORMAT='JSON') AS SELECT * FROM S;
--> Created query with ID CSAS_Q_5
CREATE STREAM R WITH (VALUE_FORMAT='JSON', VALUE_DELIMITER='|') AS SELECT * FROM S;
--! 40001 Could not determine output schema for query due to error: JSON does not support the following configs: [delimiter]
PRINT 'O' FROM BEGINNING LIMIT 1;
--> key: 1	2, value: "x|y"|4, partition: 0
PRINT 'P' FROM BEGINNING LIMIT 1;
--> key: 1	2, value: x|y;4, partition: 0
PRINT 'Q' FROM BEGINNING LIMIT 1;
--> key: {"A":1,"B":2}, value: "x|y"|4, partition: 0

=== wrapping of single values
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED', WRAP_SINGLE_VALUE=true, PARTITIONS=1);
--! 40001 Format 'DELIMITED' does not support 'WRAP_SINGLE_VALUE' set to 'true'.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA', WRAP_SINGLE_VALUE=true, PARTITIONS=1);
--! 40001 Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'.
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE='maybe', PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value maybe for property WRAP_SINGLE_VALUE: Expected value to be either true or false
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=1, PARTITIONS=1);
--! 40001 Failed to prepare statement: Invalid value 1 for property WRAP_SINGLE_VALUE: Expected value to be either true or false
CREATE STREAM S (A INT, B INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=true, PARTITIONS=1);
--! 40001 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
CREATE STREAM S (A INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=true, PARTITIONS=1);
--! 40001 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
CREATE STREAM S0 (A INT) WITH (KAFKA_TOPIC='s0', VALUE_FORMAT='DELIMITED', WRAP_SINGLE_VALUE=false, PARTITIONS=1);
--> Stream created
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false, PARTITIONS=1);
--> Stream created
INSERT INTO S VALUES (1);
--> nothing
PRINT 's' FROM BEGINNING LIMIT 1;
--> key: <null>, value: 1, partition: 0
CREATE STREAM O AS SELECT * FROM S;
--> Created query with ID CSAS_O_3
CREATE STREAM P WITH (WRAP_SINGLE_VALUE=false) AS SELECT * FROM S;
--> Created query with ID CSAS_P_5
PRINT 'O' FROM BEGINNING LIMIT 1;
--> key: <null>, value: {"A":1}, partition: 0
PRINT 'P' FROM BEGINNING LIMIT 1;
--> key: <null>, value: 1, partition: 0
CREATE STREAM Q WITH (WRAP_SINGLE_VALUE=false) AS SELECT A, A B FROM S;
--! 40001 Could not determine output schema for query due to error: 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
CREATE STREAM R WITH (VALUE_FORMAT='KAFKA', WRAP_SINGLE_VALUE=true) AS SELECT * FROM S;
--! 40001 Could not determine output schema for query due to error: Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'.

=== values are left unwrapped by configuration
--set ksql.persistence.wrap.single.values=false
CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created
INSERT INTO S VALUES (1);
--> nothing
PRINT 's' FROM BEGINNING LIMIT 1;
--> key: <null>, value: 1, partition: 0
CREATE STREAM T (A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1, WRAP_SINGLE_VALUE=true);
--> Stream created
INSERT INTO T VALUES (1);
--> nothing
PRINT 't' FROM BEGINNING LIMIT 1;
--> key: <null>, value: {"A":1}, partition: 0
CREATE STREAM U (A INT, B INT) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON', PARTITIONS=1);
--> Stream created

=== formats by configuration
--set ksql.persistence.default.format.key=JSON
--set ksql.persistence.default.format.value=delimited
CREATE STREAM S (K INT KEY, A INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1);
--> Stream created
CREATE STREAM T (K INT KEY, A INT) WITH (KAFKA_TOPIC='t', PARTITIONS=1, FORMAT='KAFKA');
--> Stream created
CREATE STREAM U (A INT) WITH (KAFKA_TOPIC='u', PARTITIONS=1, KEY_FORMAT='NONE');
--> Stream created
CREATE STREAM O AS SELECT * FROM U PARTITION BY A;
--! 40001 Could not determine output schema for query due to error: The projection contains no value columns.
SHOW STREAMS;
--> S JSON/DELIMITED in s
--> T KAFKA/KAFKA in t
--> U NONE/DELIMITED in u
