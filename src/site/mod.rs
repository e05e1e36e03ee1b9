//! PURE: a register made visible, page by page, handed to a sink.
//!
//! 1. [`Theme`] holds templates, style, script and words, with what a register puts in their place.
//! 2. `Lookup` folds every log once and knows who has what, what is where, what happened when.
//! 3. `team` or `public` names the pages of an audience; each page is a view, made from the lookup by its own file.
//! 4. `Press` fills the template of a view and gives the page to the sink at once.

mod about;
mod activity;
mod asset;
mod audits;
mod calendar;
mod categories;
mod certificate;
mod charts;
mod chronicle;
mod dashboard;
mod dates;
pub mod desk;
mod due;
mod facts;
mod feed;
mod frame;
mod handover;
mod here;
mod history;
mod jobs;
mod labels;
mod listing;
mod locations;
mod lookup;
mod markdown;
mod motions;
mod offline;
mod packing;
mod papers;
mod people;
pub mod photo;
mod phrase;
mod press;
mod printed;
mod public;
mod reports;
mod rows;
mod scan;
mod standing;
mod strip;
mod tables;
mod team;
mod theme;
mod troubles;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use resvg::usvg::fontdb::Database;

use crate::register::{EventId, Moment, Number, Opened};
use crate::tree::Tree;

pub use crate::register::Audience;
pub use certificate::certificate;
pub use packing::{Packing, packing};
pub use phrase::Phrase;
pub use printed::page;
pub use reports::{Pictures, report};
pub use tables::{guarded, register_schema, written};
pub use theme::Theme;
pub use words::Words;

/// What a build is of, and for whom.
#[derive(Debug, Clone)]
pub struct Build {
    /// Who will see it.
    pub audience: Audience,
    /// When the register is looked at. Pages know the day, nothing finer.
    pub moment: Moment,
    /// What git knows of the register.
    pub commits: Commits,
    /// Whether it is a look back, of which every page says so.
    pub is_past: bool,
    /// Fonts for what those of this program lack; asked for only where a document has such a character.
    pub fonts: fn() -> &'static Database,
}

/// No other fonts than those of this program.
pub fn no_fonts() -> &'static Database {
    static NONE: OnceLock<Database> = OnceLock::new();
    NONE.get_or_init(Database::new)
}

/// The commits that pages name.
#[derive(Debug, Clone, Default)]
pub struct Commits {
    /// The commit that is built.
    pub head: Option<Commit>,
    /// Whether the history ends before its beginning, as that of a shallow clone does.
    pub is_shallow: bool,
    /// The newest commit that touched each asset.
    pub newest: BTreeMap<Number, Commit>,
    /// The commit that recorded each event of an asset, where that is known.
    pub recorded: BTreeMap<Number, BTreeMap<EventId, Recorded>>,
}

/// How an event came into the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The commit that recorded it.
    pub commit: Commit,
    /// Who made that commit, where it is not who recorded the event, or the desk for them.
    pub author: Option<String>,
    /// The merge that brought it into the main line, such as that of a pull request.
    pub merge: Option<Commit>,
    /// Who signed the commit, where they are vouched for.
    pub signer: Option<String>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// When it was committed.
    pub at: DateTime<Utc>,
}

/// A file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Relative to the site, such as `CAM-0001/index.html`.
    pub path: String,
    /// What is in it.
    pub body: Body,
}

/// What is in a file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// This text.
    Text(String),
    /// These bytes.
    Bytes(Cow<'static, [u8]>),
    /// A file of the register.
    File {
        /// Its path in the register.
        from: String,
        /// Whether it goes through [`photo::strip`].
        strip: bool,
    },
}

/// Why a site could not be made.
#[derive(Debug)]
pub enum Failure<E> {
    /// A template, usually one of the register's own, cannot be filled.
    Template {
        /// The file of the theme.
        template: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The sink did not take a file.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Template { template, reason } => write!(f, "theme/{template}: {reason}"),
            Failure::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error> std::error::Error for Failure<E> {}

/// Makes every file of the site and gives each to `sink`, from several threads, in no order.
///
/// # Errors
/// The first template that cannot be filled, or the first error of the sink.
pub fn render<E: Send>(
    opened: &Opened,
    tree: &Tree,
    theme: &Theme,
    build: &Build,
    sink: &(impl Fn(Output) -> Result<(), E> + Sync),
) -> Result<(), Failure<E>> {
    let site = lookup::Lookup::new(opened, tree, theme, build);
    let press = press::Press::new(&site, theme, sink);
    let has_worker = frame::has_worker(&site);
    for (name, text) in press.statics() {
        match name {
            "sw.js" | "offline.js" | "offline.css" if !has_worker => {}
            // It stands before all that lies beside it.
            "sw.js" => press.hand_out(name, text)?,
            _ => press.hand_out(format!("static/{name}"), text)?,
        }
    }
    if has_worker {
        offline::print(&press)?;
    }
    press.hand_out(".nojekyll", "")?;
    press.hand_out("_headers", press.headers())?;
    about::print(&press)?;
    match build.audience {
        Audience::Team => team::print(&press),
        Audience::Public => public::print(&press),
    }
}
