//! The site for the team: everything.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

use super::asset::AssetPage;
use super::dashboard::Dashboard;
use super::here::Here;
use super::lookup::{Happened, Lookup, Thing};
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use super::{
    Failure, Output, activity, audits, categories, due, feed, history, jobs, locations, papers, people, printed,
    public, scan, tables, troubles,
};
use crate::labels::symbol::{self, Symbol};
use crate::register::{Slug, Status};

pub(super) fn print<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    overview(press)?;
    press.site.things.par_iter().try_for_each(|(_, thing)| asset(press, thing))?;
    public::aliases_and_stubs(press)?;
    super::labels::print(press)?;
    scan::print(press)?;
    lists(press)?;
    let stretches = activity::stretches(press.site.events.len());
    stretches.par_iter().try_for_each(|stretch| press.print(&activity::page(press.site, stretch)))?;
    press.hand_out("feed.xml", feed::text(press)?)?;
    press.hand_out("due.ics", due::calendar(press.site))?;
    press.hand_out("assets.csv", tables::csv(press.site))?;
    press.hand_out("register.json", tables::register(press.site))?;
    press.hand_out("register.schema.json", tables::json(&tables::register_schema()))?;
    press.hand_out("search.tsv", tables::search(press.site))
}

fn overview<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let here = press.here("");
    let state = state_line(press, press.site.build.commits.head.as_ref());
    let view = Dashboard::new(&here);
    press.print(&Sheet {
        path: String::new(),
        template: "dashboard.html",
        title: String::new(),
        name: "home",
        view,
        state: Some(state),
    })
}

fn asset<S, E>(press: &Press<S>, thing: &Thing) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let (site, number) = (press.site, &thing.asset.number);
    let path = format!("{number}/");
    let symbol = label_symbol(site, number.as_str());
    let symbol = symbol.map_err(|reason| Failure::Template { template: "asset.html", reason })?;
    let view = AssetPage::new(&press.here(&path), thing);
    let state = Some(state_line(press, site.build.commits.newest.get(number)));
    let title = format!("{number} {}", thing.asset.name);
    press.print(&Sheet { path, template: "asset.html", title, name: "asset", view, state })?;
    history::pages(site, thing).iter().try_for_each(|sheet| press.print(sheet))?;
    press.hand_out(format!("{number}/asset.json"), tables::json(&thing.summary))?;
    press.hand_out(format!("{number}/qr.svg"), symbol.svg())?;
    if thing.status() != Status::Retired {
        press.keep(number, symbol);
    }
    papers::files(site, thing).into_iter().try_for_each(|file| press.give(file))
}

/// The symbol that the asset's label bears.
pub(super) fn label_symbol(site: &Lookup, number: &str) -> Result<Symbol, String> {
    let text = match &site.config().base_url {
        Some(base) => symbol::address(base, number),
        None => number.to_owned(),
    };
    Symbol::fitting(&text, site.room)
}

fn state_line<S>(press: &Press<S>, commit: Option<&super::Commit>) -> Phrase {
    let dates = &press.site.dates;
    let commit = commit.map(Here::commit);
    press.site.words.say("state_on", &[("day", Some(dates.long(dates.today))), ("commit", commit)])
}

fn lists<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    let site = press.site;
    let lately = people::lately(site);
    let everyone: Vec<_> = people::declared(site).collect();
    let of_person = |slug| lately.get(slug).map(Vec::as_slice).unwrap_or_default();
    everyone.par_iter().try_for_each(|person| all(press, &people::pages(site, person, of_person(&person.slug))))?;
    let about = people::about(site);
    let people = everyone.iter().map(|person| (format!("people/{}/", person.slug), person.name.as_str(), &person.slug));
    feeds(press, people, &about)?;
    all(press, &people::index(site))?;
    let places = locations::Places::new(site);
    let with_page = places.ordered.par_iter().filter(|(place, _)| super::here::has_page(true, &place.slug));
    with_page.try_for_each(|(place, _)| all(press, &locations::pages(site, place, &places)))?;
    let with_page = places.ordered.iter().filter(|(place, _)| super::here::has_page(true, &place.slug));
    let named = with_page.map(|(place, _)| (format!("locations/{}/", place.slug), place.name.as_str(), &place.slug));
    feeds(press, named, &locations::moves(site))?;
    all(press, &locations::index(site, &places))?;
    categories::declared(site).par_iter().try_for_each(|category| all(press, &categories::pages(site, category)))?;
    all(press, &categories::index(site))?;
    all(press, &troubles::overdue(site))?;
    all(press, &troubles::faults(site))?;
    let counted = audits::counted(site);
    counted.par_iter().try_for_each(|(audit, count)| all(press, &audits::pages(site, audit, count)))?;
    all(press, &audits::index(site, &counted))?;
    let work = jobs::work(site);
    jobs::declared(site).par_iter().try_for_each(|job| press.print(&jobs::page(site, job, work.get(&job.slug))))?;
    all(press, &jobs::index(site, &work))?;
    printed::print(press, &work)
}

/// A feed beside each of these pages: its folder, what it is of, and the key of its events.
fn feeds<'s, S, E>(
    press: &Press<S>,
    pages: impl Iterator<Item = (String, &'s str, &'s Slug)>,
    events: &HashMap<&Slug, Vec<&Happened>>,
) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    let pages: Vec<_> = pages.collect();
    pages.par_iter().try_for_each(|(base, title, key)| {
        let events = events.get(key).map(Vec::as_slice).unwrap_or_default();
        press.hand_out(format!("{base}feed.xml"), feed::text_of(press, base, title, events)?)
    })
}

fn all<S, V: Serialize, E>(press: &Press<S>, sheets: &[Sheet<V>]) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    sheets.iter().try_for_each(|sheet| press.print(sheet))
}
