//! What the site says of itself to programs, and what it says where it has nothing.

use serde::Serialize;

use super::press::{Press, Sheet};
use super::{Audience, Failure, Output};
use crate::register::Status;

/// `tagbook.json`
#[derive(Serialize)]
struct About<'a> {
    version: u32,
    title: &'a str,
    audience: &'static str,
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
}

/// How many assets there are, and in which state. Only for the team.
#[derive(Serialize)]
struct Counts {
    assets: usize,
    available: usize,
    checked_out: usize,
    in_repair: usize,
    missing: usize,
    retired: usize,
    overdue: usize,
    faults: usize,
    people: usize,
    events: usize,
}

/// A page without anything of its own.
#[derive(Serialize)]
struct Nothing {}

pub(super) fn print<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let about = about(press);
    press.hand_out("tagbook.json", about.clone())?;
    press.hand_out(".well-known/tagbook.json", about)?;
    press.hand_out("404.html", not_found(press)?)
}

fn about<S>(press: &Press<S>) -> String {
    let site = press.site;
    let team = site.build.audience == Audience::Team;
    let with = |status| site.things.values().filter(|thing| thing.status() == status).count();
    let counts = team.then(|| Counts {
        assets: site.things.len(),
        available: with(Status::Available),
        checked_out: with(Status::CheckedOut),
        in_repair: with(Status::InRepair),
        missing: with(Status::Missing),
        retired: with(Status::Retired),
        overdue: site.things.values().filter(|thing| thing.summary.overdue).count(),
        faults: site.things.values().filter(|thing| !thing.summary.faults.is_empty()).count(),
        people: site.register().people.len(),
        events: site.events.len(),
    });
    let about = About {
        version: 1,
        title: &site.config().title,
        audience: if team { "team" } else { "public" },
        commit: site.build.commits.head.as_ref().map(|commit| commit.id.as_str()),
        counts,
    };
    super::tables::json(&about)
}

/// Shown at any depth, so its links begin at the root of the host.
fn not_found<S, E>(press: &Press<S>) -> Result<String, Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let title = press.site.words.word("missing_title").to_owned();
    let sheet =
        Sheet { path: String::new(), template: "404.html", title, name: "nothing", view: Nothing {}, state: None };
    press.fill(&sheet, &base_path(press.site.config().base_url.as_deref()))
}

/// `/` or `/our/kit/`: the path of the base URL.
fn base_path(base_url: Option<&str>) -> String {
    let rest = base_url.and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
    let path = rest.and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path.trim_matches('/'));
    if path.is_empty() { "/".to_owned() } else { format!("/{path}/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_that_of_the_url() {
        assert_eq!(base_path(None), "/");
        assert_eq!(base_path(Some("https://kit.example.org/")), "/");
        assert_eq!(base_path(Some("https://example.org/our/kit")), "/our/kit/");
    }
}
