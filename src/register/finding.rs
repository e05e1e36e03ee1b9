//! Findings: what is wrong in a register, where, and what helps.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use super::rules;
use super::text::one_line;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// What the register does wrong: publishing stops.
    Error,
    /// What the world does, or what deserves a look: publishing goes on.
    Warning,
}

/// Bytes of a file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span { start: range.start, end: range.end }
    }
}

/// A place in a register: a file, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative to the register's root.
    pub path: Arc<str>,
    /// `None` for the file as a whole.
    pub span: Option<Span>,
}

impl Place {
    /// The file as a whole.
    #[must_use]
    pub fn file(path: &str) -> Place {
        Place { path: path.into(), span: None }
    }
}

/// Something wrong in a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The slug of the rule that it breaks.
    pub rule: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; `None` where it is no single file's fault.
    pub place: Option<Place>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding of the rule `rule`, with that rule's severity.
    #[must_use]
    pub fn new(rule: &'static str, message: impl Into<String>) -> Finding {
        let severity = rules::rule(rule).map_or(Severity::Error, |rule| rule.severity);
        Finding { rule, severity, message: one_line(message.into()), place: None, hint: None }
    }

    /// Where in its file it is.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.place.as_ref()?.span
    }

    /// The same at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Finding {
        self.place = Some(place);
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }

    /// The same with a hint where there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Finding {
        self.hint = hint;
        self
    }
}

/// "did you mean `near`?" for the known name nearest to `name`, where one is near enough.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let allowed = match name.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let near = known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()?;
    Some(format!("did you mean `{}`?", near.1))
}
