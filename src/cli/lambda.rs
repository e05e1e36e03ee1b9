//! The desk as a function of AWS Lambda: the same app, asked by events instead of connections.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use lambda_http::request::RequestContext;

use super::{End, Outcome, Stop};

/// Answers the runtime's events until it ends the process.
pub(super) fn run(app: Router) -> Outcome {
    let app = app.layer(map_request(with_peer));
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(lambda_http::run(app));
    ended.map_err(|error| Stop::Failed(format!("the Lambda runtime: {error}")))?;
    Ok(End::Clean)
}

/// Where a request comes from, as the gateway saw it.
async fn with_peer(mut request: Request) -> Request {
    let seen = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    if let Some(peer) = seen.and_then(|ip| ip.parse::<IpAddr>().ok()) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer, 0)));
    }
    request
}
