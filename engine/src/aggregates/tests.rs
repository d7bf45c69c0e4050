//! Behaviour of every aggregate, and the laws that hold for all of them.
