//! The server behind `serve` and `demo`: files of the site, a script that reloads pages, findings on every page.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tower_http::services::{ServeDir, ServeFile};

use crate::desk::{Desk, http, is_near};

/// What every page is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// Counts builds.
    pub(super) version: u64,
    /// Why the site is not newer, where it is not.
    pub(super) findings: Vec<String>,
}

/// The page where there has not been a site yet.
const NO_SITE: &str = "<!doctype html><html lang=\"en\"><head><title>No site yet</title></head><body></body></html>";

/// More bytes than any page has.
const MAX_PAGE: usize = 64 << 20;

const SCRIPT: &str = "\
// Loads the page again when the register has changed.
const version = document.currentScript.dataset.version;
new EventSource('/_live').onmessage = (event) => {
  if (event.data !== version) location.reload();
};
";

const STYLE: &str = "\
.live-findings { position: sticky; top: 0; z-index: 9; max-height: 60vh; overflow: auto; margin: 0; padding: 1rem; background: #a3161b; color: #fff; font: 14px/1.5 ui-monospace, monospace; }
.live-findings strong { font: 600 17px/1.5 system-ui, sans-serif; }
.live-findings pre { margin: .75rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
";

/// Serves the files in `site` at `listener` until the process is interrupted.
pub(super) fn run(
    listener: std::net::TcpListener,
    site: &Path,
    told: watch::Receiver<Shown>,
    desk: Option<Arc<Desk>>,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let missing = ServeFile::new(site.join("404.html"));
    let files = ServeDir::new(site).not_found_service(missing);
    let app = Router::new()
        .fallback_service(files)
        .layer(from_fn_with_state(told.clone(), as_of_now))
        .route("/_live", get(changes))
        .route("/_live.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }))
        .route("/_live.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }))
        .with_state(told);
    // The watcher hears of what the desk writes.
    let app = match desk {
        Some(desk) => app.merge(http::router(desk, Arc::new(|| {}))),
        None => app,
    };
    let app = app.layer(from_fn(only_here));
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let interrupted = async {
            let _ = tokio::signal::ctrl_c().await;
        };
        http::serve(listener, app, interrupted).await
    })
}

/// A version at once, and each that comes after it.
async fn changes(State(told): State<watch::Receiver<Shown>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let versions = unfold((told, true), |(mut told, first)| async move {
        if !first {
            told.changed().await.ok()?;
        }
        let version = told.borrow_and_update().version;
        Some((Ok(Event::default().data(version.to_string())), (told, false)))
    });
    Sse::new(versions).keep_alive(KeepAlive::default())
}

/// Lets nothing be cached, and adds the script and the findings to pages.
async fn as_of_now(State(told): State<watch::Receiver<Shown>>, mut request: Request, next: Next) -> Response {
    for condition in [header::IF_MODIFIED_SINCE, header::IF_NONE_MATCH, header::RANGE] {
        request.headers_mut().remove(condition);
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let shown = told.borrow().clone();
    if response.status() == StatusCode::NOT_FOUND && !kind.starts_with("text/html") && !shown.findings.is_empty() {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(with_news(NO_SITE, &shown))).into_response();
    }
    if !kind.starts_with("text/html") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_PAGE).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(with_news(&String::from_utf8_lossy(&bytes), &shown)))
}

/// Answers only under names that a machine in the same network has: see [`is_near`].
async fn only_here(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_near(host) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "this is not the name of the machine that serves the site").into_response()
}

/// A page with the script in its head and the findings atop its body.
fn with_news(page: &str, shown: &Shown) -> String {
    let script = format!("<script src=\"/_live.js\" data-version=\"{}\"></script>", shown.version);
    let page = match page.split_once("</head>") {
        Some((head, rest)) => format!("{head}<link rel=\"stylesheet\" href=\"/_live.css\">{script}</head>{rest}"),
        None => page.to_owned(),
    };
    if shown.findings.is_empty() {
        return page;
    }
    let Some((before, body)) = page.split_once("<body") else { return page };
    let Some((attributes, rest)) = body.split_once('>') else { return page };
    let text: Vec<_> =
        shown.findings.iter().map(|finding| escaped(&anstream::adapter::strip_str(finding).to_string())).collect();
    let alert = format!(
        "<div class=\"live-findings\" role=\"alert\"><strong>The register has errors; this is the last good site.</strong><pre>{}</pre></div>",
        text.join("\n\n")
    );
    format!("{before}<body{attributes}>{alert}{rest}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
