//! Plans of statements as short texts, and refusals in ksqlDB's words.
