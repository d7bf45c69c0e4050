//! The HTTP endpoints, one file each. `routes` is the whole surface.

pub mod error;

use std::sync::Arc;

use crate::context::ServerContext;

pub type Shared = Arc<ServerContext>;
