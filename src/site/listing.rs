//! What pages that list something have in common: a title, a sentence, and sections of assets, links, events or lines.

use serde::Serialize;

use super::dashboard::Share;
use super::facts::Fact;
use super::here::Chip;
use super::history::Item;
use super::phrase::Phrase;
use super::rows::{Pager, Rows};

/// A page that lists something.
#[derive(Debug, Default, Serialize)]
pub(super) struct Listing {
    pub title: String,
    pub trail: Option<Phrase>,
    pub sentence: Option<Phrase>,
    pub warning: Option<Phrase>,
    pub facts: Vec<Fact>,
    pub bar: Option<Bar>,
    pub action: Option<Action>,
    /// What can be done at the desk.
    pub does: Vec<Go>,
    /// The same as files, and what can be subscribed to.
    pub papers: Vec<Go>,
    /// The feed of what is listed, by its path from the root.
    pub feed: Option<Go>,
    pub nothing: Option<Nothing>,
    pub sections: Vec<Section>,
    /// What leads from the page to the photos of its events.
    pub photos: String,
}

/// Shares of a whole, as a bar and in figures.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    pub(super) label: String,
    pub(super) shares: Vec<Share>,
}

/// What can be done from a page, at the desk.
#[derive(Debug, Serialize)]
pub(super) struct Action {
    pub href: String,
    pub word: Phrase,
}

/// A part of a page under a heading of its own.
#[derive(Debug, Default, Serialize)]
pub(super) struct Section {
    pub word: Option<Phrase>,
    pub assets: Rows,
    pub links: Vec<Link>,
    pub log: Vec<Item>,
    pub lines: Vec<Phrase>,
    pub pager: Option<Pager>,
    /// What is said where there is nothing in it.
    pub empty: Option<Phrase>,
}

/// Where one may go from here.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Go {
    pub href: String,
    pub word: Phrase,
}

impl Go {
    pub fn to(href: String, word: Phrase) -> Go {
        Go { href, word }
    }
}

/// A link to a page of the site, by its path from the root.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    pub path: String,
    pub name: Phrase,
    pub line: Option<Phrase>,
    pub chips: Vec<Chip>,
    /// How far it is set in: what lies in how many others.
    pub depth: usize,
}

/// A page with nothing on it, and why that is fine.
#[derive(Debug, Serialize)]
pub(super) struct Nothing {
    pub title: Phrase,
    pub line: Phrase,
}
