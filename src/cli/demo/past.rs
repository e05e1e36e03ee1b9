//! A believable past for the demo: a commit for each thing that was written, by whoever wrote it, when it happened.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::git::Author;
use crate::git::make::Commit;
use crate::register::event::detail;
use crate::register::time::first_instant;
use crate::register::{Event, Number, Opened, Role, Slug};

/// The files of the register in the commits that brought them, oldest first.
pub(super) fn commits(opened: &Opened, files: Vec<(String, Vec<u8>)>) -> Vec<Commit> {
    let events = events(opened);
    let opening = events.values().flatten().map(|(_, event)| event.at).min().unwrap_or_default() - TimeDelta::days(3);
    let mut by_cause: BTreeMap<(DateTime<Utc>, String), Commit> = BTreeMap::new();
    for (path, bytes) in files {
        let (at, author, message) = cause(opened, &events, &path, opening);
        let commit = by_cause.entry((at, message.clone()));
        commit.or_insert_with(|| Commit { at, author, message, files: Vec::new() }).files.push((path, bytes));
    }
    by_cause.into_values().collect()
}

type Events<'a> = BTreeMap<String, Vec<(&'a Number, &'a Event)>>;

/// Every event by the file that it stands in, and by its photos.
fn events(opened: &Opened) -> Events<'_> {
    let mut events = Events::new();
    for (number, log) in opened.ledger.iter() {
        for logged in log.events() {
            let photos = opened
                .register
                .assets
                .get(number)
                .into_iter()
                .flat_map(|asset| logged.event.photos.iter().filter_map(|photo| asset.inside_files(photo)));
            for path in photos.chain([logged.source.path().to_owned()]) {
                events.entry(path).or_default().push((number, &logged.event));
            }
        }
    }
    events
}

/// When, by whom and why a file was written.
fn cause(opened: &Opened, events: &Events, path: &str, opening: DateTime<Utc>) -> (DateTime<Utc>, Author, String) {
    let register = &opened.register;
    let keeper = register.people.values().find(|person| person.role == Role::Keeper && person.left.is_none());
    let keeper = author(opened, keeper.map_or(&Slug::referred("keeper"), |person| &person.slug));
    match events.get(path).map(Vec::as_slice) {
        Some([(number, event)]) => return (event.at, author(opened, &event.by), happened(opened, number, event)),
        Some([first @ .., (number, newest)]) => {
            let message = format!("{number}: pack {} events into one file", first.len() + 1);
            return (newest.at + TimeDelta::days(1), keeper, message);
        }
        _ => {}
    }
    if let Some(asset) = register.assets.values().find(|asset| path.starts_with(&format!("{}/", asset.folder))) {
        let zone = register.config.timezone;
        let bought = asset.purchase.as_ref().and_then(|purchase| purchase.date).or_else(|| asset.hire.as_ref()?.from);
        let came = bought.map_or(opening, |day| first_instant(day, zone) + TimeDelta::hours(10));
        let first = opened
            .ledger
            .log(&asset.number)
            .events()
            .first()
            .map_or(came, |logged| logged.event.at - TimeDelta::hours(1));
        let at = came.clamp(opening + TimeDelta::days(1), first.max(opening + TimeDelta::days(1)));
        return (at, keeper, format!("{}: {} joins the register", asset.number, asset.name));
    }
    let later = |at: Option<DateTime<Utc>>| at.filter(|at| *at > opening);
    let audit = register.audits.values().find(|audit| audit.source.path() == path);
    if let Some(at) = later(audit.and_then(|audit| audit.closed.or(audit.opened))) {
        return (at, keeper, format!("audit: {}", audit.map_or("", |audit| &audit.title)));
    }
    let job = register.jobs.values().find(|job| job.source.path() == path);
    if let Some(at) = later(
        job.and_then(|job| job.from).map(|day| first_instant(day, register.config.timezone) - TimeDelta::days(20)),
    ) {
        return (at, keeper, format!("job: {}", job.map_or("", |job| &job.title)));
    }
    let tags = register.tags.values().find(|batch| batch.source.path() == path);
    if let Some(at) = later(tags.and_then(|batch| batch.minted)) {
        return (at, keeper, "tags: a batch for things to come".into());
    }
    (opening, keeper, format!("{}: a register of what is ours", register.config.title))
}

fn author(opened: &Opened, slug: &Slug) -> Author {
    let person = opened.register.people.get(slug);
    let name = person.map_or_else(|| slug.to_string(), |person| person.name.clone());
    let email = person.and_then(|person| person.email.clone()).unwrap_or_else(|| format!("{slug}@kit.example.org"));
    Author { name, email }
}

/// What happened as a commit's message, with the trailer that names the event.
fn happened(opened: &Opened, number: &Number, event: &Event) -> String {
    let detail = detail(&event.action);
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    let who = opened.register.person_name(&event.by);
    format!("{number}: {} by {who}{detail}\n\nTagbook-Event: {number}/{}", event.action.kind(), event.id)
}
