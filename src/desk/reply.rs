//! What the desk answers: a page, an object for programs, or the way to another page.

use serde_json::{Value, json};

use crate::register::time::instant;
use crate::register::{Number, Refusal};

/// An answer, before HTTP has it.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// What is in it.
    pub body: Body,
    /// Cookies to be kept, as `Set-Cookie` has them.
    pub cookies: Vec<String>,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u64>,
    /// Whether something was recorded.
    pub has_recorded: bool,
}

/// What is in an answer.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// A page.
    Page(String),
    /// An object for programs.
    Json(Value),
    /// A file that is handed out as it is: its type and bytes.
    File(&'static str, Vec<u8>),
    /// A picture of the register: its type and bytes.
    Picture(&'static str, Vec<u8>),
    /// Another page has it.
    Elsewhere(String),
}

impl Reply {
    /// A page.
    #[must_use]
    pub fn page(status: u16, text: String) -> Reply {
        Reply { status, body: Body::Page(text), ..Reply::default() }
    }

    /// An object for programs.
    #[must_use]
    pub fn json(status: u16, value: Value) -> Reply {
        Reply { status, body: Body::Json(value), ..Reply::default() }
    }

    /// The way to another page, to be asked for anew.
    #[must_use]
    pub fn elsewhere(to: String) -> Reply {
        Reply { status: 303, body: Body::Elsewhere(to), ..Reply::default() }
    }

    /// The same with a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: String) -> Reply {
        self.cookies.push(cookie);
        self
    }
}

/// A refusal as programs read it.
pub(crate) fn refused(number: &Number, refusal: &Refusal) -> Value {
    json!({
        "code": refusal.code,
        "message": refusal.message,
        "number": number,
        "holder": refusal.holder,
        "since": refusal.since.map(instant),
        "event": refusal.event,
        "instead": refusal.instead,
    })
}

/// A no that no asset is to blame for.
pub(crate) fn no(code: &str, message: &str) -> Value {
    json!({"ok": false, "refusal": {
        "code": code, "message": message, "number": null, "holder": null, "since": null, "event": null, "instead": null,
    }})
}

/// The status of a refusal: what was typed is wrong, who asks may not, or the thing is not as it would have to be.
pub(super) fn status(refusal: &Refusal) -> u16 {
    match refusal.code {
        "unknown-asset" => 404,
        "keepers-only" => 403,
        "no-room" => 413,
        "out-of-order" | "no-note" | "future" | "unknown-person" | "unknown-location" | "has-left" | "no-part"
        | "nothing-left" => 422,
        _ => 409,
    }
}
