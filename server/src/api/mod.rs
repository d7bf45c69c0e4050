//! The HTTP endpoints, one file each. `routes` is the whole surface.

mod close;
pub mod error;
mod framing;
mod info;
mod inserts;
mod ksql;
pub mod negotiation;
mod print;
mod produce;
mod query;
pub mod request;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use crate::context::ServerContext;

pub type Shared = Arc<ServerContext>;

/// Largest body of a request in bytes, but for `/inserts-stream`, whose body has no end.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Every endpoint by path. What is not here, or is asked with another method, is answered `Not Found`.
pub fn routes(context: Shared) -> Router {
    let endpoints: [(&str, MethodRouter<Shared>); 19] = [
        ("/info", get(info::info)),
        ("/healthcheck", get(info::health)),
        ("/clusterStatus", get(info::switched_off)),
        ("/heartbeat", post(info::switched_off)),
        ("/lag", post(info::switched_off)),
        ("/status", get(info::all_statuses)),
        ("/status/{kind}/{entity}/{action}", get(info::status)),
        ("/is_valid_property/{name}", get(info::is_valid_property)),
        ("/v1/metadata", get(info::metadata)),
        ("/v1/metadata/id", get(info::metadata_id)),
        ("/chc/live", get(info::probe)),
        ("/chc/ready", get(info::probe)),
        ("/metrics", get(info::metrics)),
        ("/ksql", post(ksql::ksql)),
        ("/ksql/terminate", post(ksql::terminate_cluster)),
        ("/query", post(query::query)),
        ("/query-stream", post(query::query_stream)),
        ("/close-query", post(close::close_query)),
        ("/topics/{topic}", post(produce::produce)),
    ];
    let mut router = Router::new().route("/", get(info::root));
    for (path, methods) in endpoints {
        router = router.route(path, methods.clone()).route(&format!("{path}/"), methods);
    }
    router
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .route("/inserts-stream", post(inserts::inserts_stream))
        .fallback(|| async { negotiation::not_found() })
        .method_not_allowed_fallback(|| async { negotiation::not_found() })
        .layer(middleware::from_fn(refuse_head))
        .with_state(context)
}

/// GET handlers would answer HEAD as well; ksqlDB does not.
async fn refuse_head(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        return negotiation::not_found();
    }
    next.run(request).await
}
