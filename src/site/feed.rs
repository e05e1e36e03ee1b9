//! The Atom feed of what happened lately (RFC 4287).

use serde::Serialize;

use super::Failure;
use super::dates::stamp;
use super::here::Here;
use super::lookup::{Happened, Lookup};
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use crate::register::time::first_instant;

/// Events in the feed.
const LATELY: usize = 50;

/// What stands in the feed.
#[derive(Debug, Serialize)]
pub(super) struct Feed {
    id: String,
    updated: String,
    own: String,
    page: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    title: String,
    at: String,
    author: String,
    page: String,
    summary: String,
}

/// The text of the feed.
pub(super) fn text<S, E>(press: &Press<S>) -> Result<String, Failure<E>>
where
    S: Fn(super::Output) -> Result<(), E>,
{
    let view = feed(press.site);
    let sheet =
        Sheet { path: String::new(), template: "feed.xml", title: String::new(), name: "feed", view, state: None };
    press.fill(&sheet, "")
}

fn feed(site: &Lookup) -> Feed {
    let here = Here::at(site, "");
    let base = site.config().base_url.clone().unwrap_or_default();
    // Without an address of its own the feed is still one feed.
    let name = if base.is_empty() { "urn:tagbook:" } else { base.as_str() };
    let newest =
        site.events.last().map_or_else(|| first_instant(site.dates.today, site.dates.zone), |happened| happened.at);
    Feed {
        id: format!("{name}feed.xml"),
        updated: stamp(newest),
        own: format!("{base}feed.xml"),
        page: format!("{base}activity/"),
        entries: site
            .events
            .iter()
            .rev()
            .take(LATELY)
            .filter_map(|happened| entry(&here, happened, &base, name))
            .collect(),
    }
}

fn entry(here: &Here, happened: &Happened, base: &str, name: &str) -> Option<Entry> {
    let (thing, told) = here.site.told(happened)?;
    let number = happened.number;
    let sentence = here.sentence(told);
    let fillings = [("number", Some(Phrase::text(number.as_str()))), ("sentence", Some(sentence))];
    Some(Entry {
        id: format!("{name}{number}/#e-{}", happened.id),
        title: here.say("event_on", &fillings).plain().to_owned(),
        at: stamp(happened.at),
        author: here.site.register().person_name(&told.event.by).to_owned(),
        page: format!("{base}{number}/#e-{}", happened.id),
        summary: thing.asset.name.clone(),
    })
}
