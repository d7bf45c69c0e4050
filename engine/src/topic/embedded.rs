//! The embedded log: topics kept in the node's own store.
