//! The Atom feeds of what happened lately: of everything, by and about a person, at a location (RFC 4287).

use serde::Serialize;

use super::Failure;
use super::dates::stamp;
use super::here::Here;
use super::listing::Go;
use super::lookup::Happened;
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use crate::register::time::first_instant;

/// Events in a feed.
pub(super) const LATELY: usize = 50;

/// What stands in a feed.
#[derive(Debug, Serialize)]
pub(super) struct Feed {
    id: String,
    title: String,
    updated: String,
    own: String,
    page: String,
    entries: Vec<Entry>,
}

/// Characters of a commit's id in a feed.
const COMMIT: usize = 12;

#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    title: String,
    at: String,
    author: String,
    page: String,
    summary: String,
}

/// The text of the feed of all that happened.
pub(super) fn text<S, E>(press: &Press<S>) -> Result<String, Failure<E>>
where
    S: Fn(super::Output) -> Result<(), E>,
{
    let site = press.site;
    let title = site.words.word("activity");
    feed(press, "", "activity/", title, &site.events.iter().rev().take(LATELY).collect::<Vec<_>>())
}

/// The text of the feed at `base`, which is that page's too.
pub(super) fn text_of<S, E>(
    press: &Press<S>,
    base: &str,
    title: &str,
    events: &[&Happened],
) -> Result<String, Failure<E>>
where
    S: Fn(super::Output) -> Result<(), E>,
{
    feed(press, base, base, title, events)
}

fn feed<S, E>(
    press: &Press<S>,
    folder: &str,
    page: &str,
    title: &str,
    events: &[&Happened],
) -> Result<String, Failure<E>>
where
    S: Fn(super::Output) -> Result<(), E>,
{
    let (site, here) = (press.site, press.here(""));
    let base = site.config().base_url.clone().unwrap_or_default();
    // Without an address of its own the feed is still one feed.
    let name = if base.is_empty() { "urn:tagbook:" } else { base.as_str() };
    let newest = events.first().map_or_else(|| first_instant(site.dates.today, site.dates.zone), |event| event.at);
    let view = Feed {
        id: format!("{name}{folder}feed.xml"),
        title: title.to_owned(),
        updated: stamp(newest),
        own: format!("{base}{folder}feed.xml"),
        page: format!("{base}{page}"),
        entries: events.iter().filter_map(|happened| entry(&here, happened, &base, name)).collect(),
    };
    let sheet =
        Sheet { path: String::new(), template: "feed.xml", title: String::new(), name: "feed", view, state: None };
    press.fill(&sheet, "")
}

impl Here<'_> {
    /// The feed beside a page, for its head.
    pub(super) fn feed_of(&self, base: &str, title: &str) -> Go {
        Go::to(format!("{base}feed.xml"), self.say("feed_of", &[("title", Some(Phrase::text(title)))]))
    }
}

fn entry(here: &Here, happened: &Happened, base: &str, name: &str) -> Option<Entry> {
    let (thing, told) = here.site.told(happened)?;
    let number = happened.number;
    let sentence = here.sentence(told);
    // Whoever keeps a feed keeps heads of the history.
    let recorded = here.site.build.commits.recorded.get(number).and_then(|all| all.get(&told.event.id));
    let commit = recorded.map(|recorded| Phrase::text(recorded.commit.id.get(..COMMIT).unwrap_or(&recorded.commit.id)));
    let fillings = [("number", Some(Phrase::text(number.as_str()))), ("sentence", Some(sentence))];
    Some(Entry {
        id: format!("{name}{number}/#e-{}", happened.id),
        title: here.say("event_on", &fillings).plain().to_owned(),
        at: stamp(happened.at),
        author: here.site.register().person_name(&told.event.by).to_owned(),
        page: format!("{base}{number}/#e-{}", happened.id),
        summary: here
            .say("feed_entry", &[("name", Some(Phrase::text(&thing.asset.name))), ("commit", commit)])
            .plain()
            .into(),
    })
}
