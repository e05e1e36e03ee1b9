//! Lists of assets, and how long lists are cut into pages.

use serde::Serialize;

use super::here::{Chip, Here};
use super::lookup::Thing;
use super::phrase::Phrase;
use crate::register::Number;

/// Assets on one page of a list.
pub(super) const PAGE: usize = 200;

/// Steps that parts are set in by, below their kits.
pub(super) const DEEP: usize = 3;

/// Assets in a list.
#[derive(Debug, Default, Serialize)]
pub(super) struct Rows {
    pub rows: Vec<Row>,
    pub pager: Option<Pager>,
}

/// An asset in a list.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub number: String,
    pub name: String,
    pub status: &'static str,
    pub status_word: String,
    pub line: Option<Phrase>,
    pub chips: Vec<Chip>,
    /// How far it is set in: in how many kits it is that are listed above it.
    pub depth: usize,
}

/// Where in a long list a page is, and what lies before and after it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Pager {
    pub label: String,
    pub place: Phrase,
    pub before: Option<String>,
    pub before_word: String,
    pub after: Option<String>,
    pub after_word: String,
}

/// One page of something long.
pub(super) struct Page<'a, T> {
    /// Its address.
    pub path: String,
    pub items: &'a [T],
    pub pager: Option<Pager>,
    /// Whether it is the first.
    pub first: bool,
}

impl Here<'_> {
    /// The assets as a list on one page.
    pub fn rows(&self, numbers: &[&Number]) -> Rows {
        Rows { rows: numbers.iter().filter_map(|number| self.row(number)).collect(), pager: None }
    }

    pub fn row(&self, number: &Number) -> Option<Row> {
        self.site.things.get(number).map(|thing| self.row_of(thing))
    }

    pub fn row_of(&self, thing: &Thing) -> Row {
        let status = self.status(thing.status());
        Row {
            number: thing.asset.number.to_string(),
            name: thing.asset.name.clone(),
            status: thing.status().word(),
            status_word: status.word.plain().to_owned(),
            line: Some(self.short(thing)),
            chips: [vec![status], self.overlays(thing)].concat(),
            depth: 0,
        }
    }

    /// `all` cut into pages of `size` under `base` (`categories/camera/`, `categories/camera/2/`, …); at least one.
    pub fn pages<'t, T>(&self, base: &str, all: &'t [T], size: usize) -> Vec<Page<'t, T>> {
        let count = all.len().div_ceil(size).max(1);
        let path = |n: usize| if n == 0 { base.to_owned() } else { format!("{base}{}/", n + 1) };
        let pager = |n: usize| Pager {
            label: self.site.words.word("pager").to_owned(),
            place: self.say("page_of", &[("n", Some(number(n + 1))), ("all", Some(number(count)))]),
            before: n.checked_sub(1).map(path),
            before_word: self.site.words.word("previous").to_owned(),
            after: (n + 1 < count).then(|| path(n + 1)),
            after_word: self.site.words.word("next").to_owned(),
        };
        let page = |n: usize| Page {
            path: path(n),
            items: all.get(n * size..all.len().min((n + 1) * size)).unwrap_or_default(),
            pager: (count > 1).then(|| pager(n)),
            first: n == 0,
        };
        (0..count).map(page).collect()
    }
}

fn number(n: usize) -> Phrase {
    Phrase::text(&n.to_string())
}
