//! Which media type an answer gets, from the request's `Accept`.
//!
//! Follows rest-api reference 1.3: parameters are ignored, quality counts, among equals the client's order decides, and
//! `*/*` is the first type that the endpoint produces.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub const V1_JSON: &str = "application/vnd.ksql.v1+json";
pub const JSON: &str = "application/json";
pub const DELIMITED: &str = "application/vnd.ksqlapi.delimited.v1";

/// What `/ksql` and the GET endpoints produce.
pub const OLD_STYLE: &[&str] = &[V1_JSON, JSON];

/// The answer to an unknown path, a wrong method and an `Accept` that cannot be met: all alike, and without content type.
pub fn not_found() -> Response {
    let mut response = (StatusCode::NOT_FOUND, "Not Found").into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

/// The chosen type, or `None` when the client takes none of them.
pub fn choose(headers: &HeaderMap, produces: &[&'static str], default: &'static str) -> Option<&'static str> {
    let mut accepted: Vec<(f32, String)> = Vec::new();
    for value in headers.get_all(header::ACCEPT) {
        let text = value.to_str().ok()?;
        accepted.extend(text.split(',').filter(|part| !part.trim().is_empty()).map(media_range));
    }
    if accepted.is_empty() {
        return Some(default);
    }
    // A stable sort keeps the client's order among equal qualities.
    accepted.sort_by(|a, b| b.0.total_cmp(&a.0));
    accepted.iter().filter(|(quality, _)| *quality > 0.0).find_map(|(_, range)| {
        produces.iter().copied().find(|media| match range.strip_suffix("/*") {
            Some("*") => true,
            Some(kind) => media.split('/').next() == Some(kind),
            None => media.eq_ignore_ascii_case(range),
        })
    })
}

fn media_range(text: &str) -> (f32, String) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|p| p.strip_prefix("q=").and_then(|q| q.parse().ok())).unwrap_or(1.0);
    (quality, media)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: Option<&str>, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().unwrap());
        }
        assert_eq!(choose(&headers, &[DELIMITED, V1_JSON, JSON], V1_JSON), expected, "{accept:?}");
    }

    #[test]
    fn accept_headers_choose_as_ksqldb_does() {
        check(None, Some(V1_JSON));
        check(Some("*/*"), Some(DELIMITED));
        check(Some("application/json, text/plain, */*"), Some(JSON));
        check(Some("application/json; charset=utf-8"), Some(JSON));
        check(Some("application/json;q=0.1, application/vnd.ksql.v1+json;q=0.9"), Some(V1_JSON));
        check(Some("text/html"), None);
    }
}
