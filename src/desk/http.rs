//! HTTP at the desk's edge: requests read within limits, answers with the headers that keep a page to itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body as HttpBody, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tower_http::catch_panic::CatchPanicLayer;

use super::Desk;
use super::asked::{Asked, Fields, Handed, Headers, Unread};
use super::pages::{has_too_many_cookies, origin_of};
use super::parts::{self, Broken};
use super::photos::takes_photos;
use super::reply::{Body, Reply};
use super::who::same_origin;

/// Bytes that a form may have.
const MOST: usize = 16 << 10;

/// How long a request's head may take, and its body.
const HEAD: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(15);

/// How long a form with photos may take.
const PHOTOS: Duration = Duration::from_mins(2);

/// Bytes that the head of a request may have.
const MOST_HEAD: usize = 32 << 10;

/// What is called after something was recorded.
pub type Heard = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Edge {
    desk: Arc<Desk>,
    heard: Heard,
}

/// The desk as a service below its own path. `heard` is called after each commit.
pub fn router(desk: Arc<Desk>, heard: Heard) -> Router {
    let path = path_of(&desk.settings().url);
    let inside = Router::new().fallback(answer).with_state(Edge { desk, heard });
    let all = if path.is_empty() { inside } else { Router::new().nest(&path, inside) };
    all.layer(CatchPanicLayer::new())
}

/// The path of an address: `/desk` of `https://kit.example.org/desk`.
#[must_use]
pub fn path_of(url: &str) -> String {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    path.trim_end_matches('/').to_owned()
}

async fn answer(State(edge): State<Edge>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let mut asked = Asked {
        is_post: parts.method == Method::POST,
        path: parts.uri.path().split('/').filter(|part| !part.is_empty()).map(decoded).collect(),
        headers: read_headers(&parts.headers),
        peer: believed(&parts.headers, connected, &edge.desk.settings().proxies),
        ..Asked::default()
    };
    if has_too_many_cookies(&asked) {
        return plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the cookies are too large");
    }
    let body = match parts.method {
        Method::GET | Method::HEAD => {
            Ok(Fields::form(parts.uri.query().unwrap_or_default().as_bytes()).map(|fields| (fields, Vec::new())))
        }
        Method::POST => read_body(&edge.desk, &asked, &parts.headers, body).await,
        _ => return with_allow(plain(StatusCode::METHOD_NOT_ALLOWED, "the desk is asked by GET and told by POST")),
    };
    let sent = match body {
        Ok(sent) => sent,
        Err(no) => return no,
    };
    let reader = may_read(&parts, &edge.desk.settings().origins);
    let answered = tokio::task::spawn_blocking(move || {
        let reply = match sent {
            Ok((fields, photos)) => {
                (asked.fields, asked.photos) = (fields, photos);
                edge.desk.answer(&asked)
            }
            Err(unread) => edge.desk.unread(&asked, &unread),
        };
        if reply.has_recorded {
            (edge.heard)();
        }
        reply
    });
    match answered.await {
        Ok(reply) => {
            let mut response = respond(reply, is_head);
            if let Some(origin) = reader {
                let headers = response.headers_mut();
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                headers.insert(header::VARY, HeaderValue::from_static("Origin"));
            }
            response
        }
        Err(_) => {
            plain(StatusCode::INTERNAL_SERVER_ERROR, "something broke; nothing was recorded that was not said to be")
        }
    }
}

/// The origin whose pages may read what they ask for: that of the site, where the desk is on another.
fn may_read(parts: &Parts, origins: &[String]) -> Option<HeaderValue> {
    let origin = parts.headers.get(header::ORIGIN).filter(|_| parts.method == Method::GET)?;
    let said = origin.to_str().ok()?;
    let mut known = origins.iter().filter_map(|known| origin_of(known));
    known.any(|known| same_origin(said, &known)).then(|| origin.clone())
}

/// A part of a path; what is no text names nothing.
fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8().map_or_else(|_| "%".to_owned(), String::from)
}

/// What was sent: the fields, and the photos where some came along.
type Sent = Result<(Fields, Vec<Handed>), Unread>;

async fn read_body(desk: &Arc<Desk>, asked: &Asked, headers: &HeaderMap, body: HttpBody) -> Result<Sent, Response> {
    // Whoever says in two ways how long it is may mean two things.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(with_close(plain(StatusCode::BAD_REQUEST, "a form says how long it is")));
    }
    let said = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json";
    if let Some(boundary) = multer::parse_boundary(said).ok().filter(|_| takes_photos(&asked.path)) {
        return read_parts(desk, asked, body, boundary).await;
    }
    if !is_json && kind != "application/x-www-form-urlencoded" {
        return Err(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the desk reads forms and JSON"));
    }
    let bytes: Bytes = match tokio::time::timeout(BODY, to_bytes(body, MOST)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(plain(StatusCode::PAYLOAD_TOO_LARGE, "that is more than a form has")),
        Err(_) => return Err(plain(StatusCode::REQUEST_TIMEOUT, "that took too long")),
    };
    let fields = if is_json { Fields::json(&bytes) } else { Fields::form(&bytes) };
    Ok(fields.map(|fields| (fields, Vec::new())))
}

/// Reads a form that photos may come with. Who is not known hands in none: what they typed is read.
async fn read_parts(desk: &Arc<Desk>, asked: &Asked, body: HttpBody, boundary: String) -> Result<Sent, Response> {
    let (desk, caller) = (Arc::clone(desk), asked.clone());
    let known = tokio::task::spawn_blocking(move || desk.caller(&caller).is_ok_and(|caller| caller.is_known()));
    let is_known = known.await.unwrap_or_default();
    match tokio::time::timeout(PHOTOS, parts::read(body, boundary, MOST, is_known)).await {
        Ok(Ok(sent)) => Ok(Ok(sent)),
        Ok(Err(Broken::Unread(unread))) => Ok(Err(unread)),
        Ok(Err(Broken::TooLarge)) => {
            Err(with_close(plain(StatusCode::PAYLOAD_TOO_LARGE, "that is more than a form has")))
        }
        Err(_) => Err(with_close(plain(StatusCode::REQUEST_TIMEOUT, "that took too long"))),
    }
}

/// The headers that the desk looks at.
#[must_use]
pub fn read_headers(headers: &HeaderMap) -> Headers {
    let text = |name: HeaderName| {
        let all: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("\u{fffd}")).collect();
        (!all.is_empty()).then(|| all.join("; "))
    };
    Headers {
        accept: text(header::ACCEPT),
        authorization: text(header::AUTHORIZATION),
        cookie: text(header::COOKIE),
        host: text(header::HOST),
        origin: text(header::ORIGIN),
        site: text(HeaderName::from_static("sec-fetch-site")),
        is_forwarded: ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"]
            .iter()
            .any(|name| headers.contains_key(*name)),
    }
}

/// Where a request came from: what a proxy says of it counts only where that proxy is known.
fn believed(headers: &HeaderMap, connected: Option<IpAddr>, proxies: &[IpAddr]) -> Option<IpAddr> {
    let is_known = |ip: &IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == ip.to_canonical());
    let connected = connected?;
    if !is_known(&connected) {
        return Some(connected);
    }
    let said: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    // The last that no proxy of ours has added.
    let first = said.iter().rev().map(|ip| ip.trim().parse::<IpAddr>()).find(|ip| !ip.as_ref().is_ok_and(is_known));
    first.and_then(Result::ok).or(Some(connected))
}

/// An answer as HTTP has it.
pub fn respond(reply: Reply, is_head: bool) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let caching = match reply.body {
        Body::File(..) => "public, max-age=86400",
        // Only for who may see it: the next who holds the phone may be someone else.
        Body::Picture(..) => "private, max-age=3600",
        _ => "no-store",
    };
    let (kind, body, to) = match reply.body {
        Body::Empty => ("text/plain; charset=utf-8", Vec::new(), None),
        Body::Page(text) => ("text/html; charset=utf-8", text.into_bytes(), None),
        Body::Json(value) => ("application/json", format!("{value}\n").into_bytes(), None),
        Body::File(kind, bytes) | Body::Picture(kind, bytes) => (kind, bytes, None),
        Body::Elsewhere(to) => ("text/plain; charset=utf-8", Vec::new(), Some(to)),
    };
    let body = if is_head { Vec::new() } else { body };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    let headers = response.headers_mut();
    guard(headers);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Some(to) = to.and_then(|to| HeaderValue::from_str(&to).ok()) {
        headers.insert(header::LOCATION, to);
    }
    for cookie in reply.cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        headers.append(header::SET_COOKIE, cookie);
    }
    if let Some(seconds) = reply.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if reply.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"desk\""));
    }
    response
}

/// Headers that every answer of the desk has.
pub fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "strict-origin"),
        ("permissions-policy", "camera=(self), geolocation=(), microphone=()"),
        ("x-robots-tag", "noindex"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("frame-ancestors 'none'; base-uri 'none'; object-src 'none'"),
    );
}

fn plain(status: StatusCode, words: &'static str) -> Response {
    let mut response =
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{words}\n")).into_response();
    guard(response.headers_mut());
    response
}

fn with_close(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn with_allow(mut response: Response) -> Response {
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    response
}

/// Serves an app until `end` comes: each connection by itself, so that a slow one holds up nobody.
///
/// # Errors
/// Where connections can no longer be accepted.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: Router,
    end: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let mut end = std::pin::pin!(end);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => if let Ok(accepted) = accepted {
                accepted
            } else {
                // Too many files are open, or it was gone before it was taken.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            },
            () = &mut end => return Ok(()),
        };
        let app = app.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
                use tower::ServiceExt;
                request.extensions_mut().insert(ConnectInfo(peer));
                app.clone().oneshot(request.map(HttpBody::new))
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MOST_HEAD);
            // What goes wrong with a connection is its own affair.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_that_are_known_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9, 198.51.100.7"));
        let of = |connected: &str, proxies: &[&str]| {
            let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
            believed(&headers, Some(connected.parse().unwrap()), &proxies).unwrap().to_string()
        };
        assert_eq!(of("192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(of("192.0.2.1", &["192.0.2.1"]), "198.51.100.7");
        assert_eq!(of("192.0.2.1", &["192.0.2.1", "198.51.100.7"]), "203.0.113.9");
    }

    #[test]
    fn the_path_of_a_desk_is_that_of_its_address() {
        assert_eq!(path_of("https://kit.example.org/desk"), "/desk");
        assert_eq!(path_of("https://desk.example.org"), "");
        assert_eq!(path_of("/desk"), "/desk");
    }
}
