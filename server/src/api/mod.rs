//! The HTTP endpoints, one file each. `routes` is the whole surface.

mod close;
pub mod error;
mod framing;
mod info;
mod inserts;
pub(crate) mod ksql;
pub mod negotiation;
mod print;
pub(crate) mod produce;
mod query;
pub mod request;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use crate::context::ServerContext;
use error::ApiError;

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
        .layer(middleware::from_fn_with_state(Arc::clone(&context), refuse_until_ready))
        .layer(middleware::from_fn(refuse_head))
        .with_state(context)
}

/// What is answered before the node has come up (rest-api reference 7.7).
const ALWAYS_OPEN: [&str; 4] = ["/healthcheck", "/chc/live", "/chc/ready", "/metrics"];

/// ksqlDB's answer of a server that is still starting.
async fn refuse_until_ready(State(context): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if context.readiness.is_ready() || ALWAYS_OPEN.contains(&path.strip_suffix('/').unwrap_or(path)) {
        return next.run(request).await;
    }
    let mut message = "KSQL is not yet ready to serve requests.".to_string();
    if let Some(reason) = context.readiness.reason() {
        message.push_str(&format!(" It waits for {reason}"));
    }
    ApiError::generic(50302, message).into_response()
}

/// GET handlers would answer HEAD as well; ksqlDB does not.
async fn refuse_head(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        return negotiation::not_found();
    }
    next.run(request).await
}
