//! The desk as a function of AWS Lambda: the same app, asked by events instead of connections.

use axum::Router;

use super::{End, Outcome, Stop};

/// Answers the runtime's events until it ends the process.
pub(super) fn run(app: Router) -> Outcome {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(lambda_http::run(app));
    ended.map_err(|error| Stop::Failed(format!("the Lambda runtime: {error}")))?;
    Ok(End::Clean)
}
