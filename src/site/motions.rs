//! What can be done with an asset from its page, the likeliest first: links to the desk's forms.

use serde::Serialize;

use super::here::Here;
use super::lookup::Thing;
use crate::register::Status;

/// The motions of an asset's page.
#[derive(Debug, Serialize)]
pub(super) struct Motions {
    /// At most three, the likeliest first.
    pub likely: Vec<Motion>,
    /// Everything else.
    pub others: Vec<Motion>,
    /// What buttons send along; links stand in their place where absent.
    pub hidden: Option<Hidden>,
}

/// What a button of a live page sends along.
#[derive(Debug, Serialize)]
pub(super) struct Hidden {
    /// The newest event that the page knows.
    pub last: String,
    /// What no other page has.
    pub nonce: String,
}

/// One thing to do.
#[derive(Debug, Serialize)]
pub(super) struct Motion {
    pub word: String,
    pub href: String,
    /// Whether a tap is all that it takes.
    pub tap: bool,
}

/// Motions that take nothing but a tap.
const TAPS: &[&str] = &["have", "back", "accept", "found", "audit"];

/// Likely motions and others by status: the kind on the desk.
fn kinds(thing: &Thing) -> (&'static [&'static str], &'static [&'static str]) {
    let state = thing.state();
    match thing.status() {
        Status::Retired => (&["note"], &[]),
        Status::Missing => (&["found", "note"], &["audit"]),
        Status::InRepair => (&["repaired", "back", "note"], &["have", "report", "move", "missing"]),
        Status::CheckedOut if state.custody.as_ref().is_some_and(|custody| custody.unconfirmed) => (
            &["accept", "back", "have"],
            &["report", "return", "transfer", "extend", "reserve", "move", "missing", "repair", "note"],
        ),
        Status::CheckedOut => (
            &["back", "have", "report"],
            &["return", "transfer", "extend", "reserve", "move", "audit", "missing", "repair", "note"],
        ),
        Status::Available if state.unsafe_fault().is_some() => {
            (&["repaired", "repair", "inspect"], &["report", "move", "missing", "note"])
        }
        Status::Available => {
            (&["have", "audit", "report"], &["checkout", "reserve", "move", "missing", "repair", "inspect", "note"])
        }
    }
}

/// What takes no more than a tap, the likeliest first.
pub(super) fn taps(thing: &Thing) -> Vec<&'static str> {
    let (likely, others) = kinds(thing);
    likely.iter().chain(others).copied().filter(|kind| TAPS.contains(kind)).collect()
}

impl Here<'_> {
    /// The motions of an asset, where the register has a desk.
    pub fn motions(&self, thing: &Thing) -> Option<Motions> {
        let desk = self.site.config().desk_url.as_deref()?;
        let number = &thing.asset.number;
        let motion = |kind: &&str| Motion {
            word: self.site.words.word(&format!("do_{kind}")).to_owned(),
            href: format!("{desk}/{number}/{kind}"),
            tap: TAPS.contains(kind),
        };
        let (likely, others) = kinds(thing);
        let basket = Motion {
            word: self.site.words.word("do_basket").to_owned(),
            href: format!("{desk}/batch?numbers={number}"),
            tap: false,
        };
        let others = others.iter().map(motion).chain((thing.status() != Status::Retired).then_some(basket));
        Some(Motions { likely: likely.iter().map(motion).collect(), others: others.collect(), hidden: None })
    }
}
