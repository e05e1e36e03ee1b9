//! Chains of custody: all that happened to one thing, with the commits that prove it, and how to check them with git alone.

use super::chronicle::{Mark, Told};
use super::here::Here;
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::{Build, Theme};
use crate::document::{Cell, Document, Kind, Row};
use crate::labels::set_apart;
use crate::register::{Action, Number, Opened};
use crate::tree::Tree;

/// The chain of custody of an asset, with all the numbers that it ever had, and what its history says against it, in
/// sentences. `None` where there is no such asset.
#[must_use]
pub fn certificate(
    opened: &Opened,
    tree: &Tree,
    theme: &Theme,
    build: &Build,
    number: &Number,
    (former, against): (&[&str], &[String]),
) -> Option<Document> {
    let site = Lookup::new(opened, tree, theme, build).on_file();
    let thing = site.things.get(number)?;
    Some(document(&Here::at(&site, ""), thing, former, against))
}

fn document(here: &Here, thing: &Thing, former: &[&str], against: &[String]) -> Document {
    let (site, asset) = (here.site, thing.asset);
    let told = &thing.chronicle.told;
    let recorded = site.build.commits.recorded.get(&asset.number);
    let is_recorded = |told: &&Told| recorded.is_some_and(|all| all.contains_key(&told.event.id));
    let is_signed = |told: &&Told| {
        recorded.and_then(|all| all.get(&told.event.id)).is_some_and(|recorded| recorded.signer.is_some())
    };
    let (kept, signed) = (told.iter().filter(is_recorded).count(), told.iter().filter(is_signed).count());
    let count = |n: usize| Some(site.words.count("events", n).plain().to_owned());
    let make: Vec<&str> = [&asset.manufacturer, &asset.model].into_iter().flatten().map(String::as_str).collect();
    let aliases: Vec<&str> = asset.aliases.iter().map(Number::as_str).collect();
    let now = [Some(here.status(thing.status()).word.plain().to_owned()), holder(here, thing)];
    let facts = [
        here.plain_fact("certificate_make", Some(make.join(" "))),
        here.plain_fact("fact_serial", asset.serial.clone()),
        here.plain_fact("fact_aliases", Some(aliases.join(", "))),
        here.plain_fact("certificate_now", Some(now.into_iter().flatten().collect::<Vec<_>>().join(" · "))),
        here.plain_fact("certificate_events", count(told.len())),
        here.plain_fact("certificate_signed", count(signed)),
        here.plain_fact("certificate_found", (!against.is_empty()).then(|| against.len().to_string())),
        here.contact_fact(),
    ];
    let hands = hands(here, told);
    let mut notes = Vec::new();
    if !hands.is_empty() {
        notes.push(here.said("certificate_hands", &[("people", Some(Phrase::text(&hands)))]));
    }
    if kept < told.len() {
        let n = Some(here.number(told.len() - kept));
        notes.push(here.said("certificate_uncommitted_some", &[("n", n)]));
    }
    if !against.is_empty() {
        notes.push(here.said("certificate_against", &[]));
        notes.extend(against.iter().cloned());
    } else if site.build.commits.is_shallow {
        notes.push(here.said("certificate_shallow", &[]));
    } else if kept > 0 {
        notes.push(here.said("certificate_whole", &[]));
    }
    notes.extend(checks(here, former));
    let sentence = here.said("certificate_sentence", &[("title", Some(here.apart(&site.config().title)))]);
    Document {
        sentence,
        facts: facts.into_iter().flatten().collect(),
        columns: vec![
            here.column("certificate_when", Kind::Text, 30.0),
            here.column("certificate_what", Kind::Name, 0.0),
        ],
        rows: told.iter().map(|told| row(here, thing, told)).collect(),
        notes,
        signatures: ["document_date", "certificate_signature"].map(|name| site.words.word(name).to_owned()).to_vec(),
        ..here.blank("certificate", &format!("{} {}", asset.number, asset.name))
    }
}

/// An event, when it happened, and the commit that recorded it.
fn row(here: &Here, thing: &Thing, told: &Told) -> Row {
    let dates = &here.site.dates;
    let local = told.event.at.with_timezone(&dates.zone);
    let when = Cell {
        text: dates.full(local.date_naive()).plain().to_owned(),
        small: vec![local.format("%H:%M %Z").to_string()],
        ..Cell::default()
    };
    let mark = match told.mark {
        Mark::Counts => None,
        Mark::Voided => Some("chip_voided"),
        Mark::Refused(_) => Some("chip_refused"),
    };
    let mark = mark.map(|mark| here.said(mark, &[]));
    let more = here.more(told);
    let more = (!more.is_empty()).then(|| Phrase::joined(&more, " · ").plain().to_owned());
    let small = [mark, more, Some(proof(here, thing, told))].into_iter().flatten().collect();
    Row {
        cells: vec![when, Cell { text: here.sentence(told).plain().to_owned(), small, ..Cell::default() }],
        ..Row::default()
    }
}

/// The commit that recorded an event, in full.
fn proof(here: &Here, thing: &Thing, told: &Told) -> String {
    let recorded = here.site.build.commits.recorded.get(&thing.asset.number);
    let Some(recorded) = recorded.and_then(|all| all.get(&told.event.id)) else {
        let is_shallow = here.site.build.commits.is_shallow;
        let name = if is_shallow { "certificate_not_here" } else { "certificate_uncommitted" };
        return here.said(name, &[("event", Some(Phrase::text(told.event.id.as_str())))]);
    };
    let name = |name: &Option<String>| name.as_deref().map(|name| here.apart(name));
    let at = recorded.commit.at.with_timezone(&here.site.dates.zone).format("%Y-%m-%d %H:%M").to_string();
    let fillings = [
        ("event", Some(Phrase::text(told.event.id.as_str()))),
        ("commit", Some(Phrase::text(&recorded.commit.id))),
        ("at", Some(Phrase::text(&at))),
        ("author", name(&recorded.author)),
        ("merge", recorded.merge.as_ref().map(|merge| Phrase::text(&merge.id))),
        ("signer", name(&recorded.signer)),
    ];
    here.said("certificate_recorded", &fillings)
}

/// Everybody who had it, in order, each once for each time.
fn hands(here: &Here, told: &[Told]) -> String {
    let mut hands: Vec<&str> = Vec::new();
    for told in told.iter().filter(|told| told.mark == Mark::Counts) {
        let (Action::Checkout { to, .. } | Action::Transfer { to, .. }) = &told.event.action else { continue };
        let name = here.site.register().person_name(to);
        if hands.last() != Some(&name) {
            hands.push(name);
        }
    }
    hands.into_iter().map(|name| here.apart(name).plain().to_owned()).collect::<Vec<_>>().join(", ")
}

fn holder(here: &Here, thing: &Thing) -> Option<String> {
    let custody = thing.state().custody.as_ref()?;
    Some(here.site.register().person_name(&custody.person).to_owned())
}

/// How it is checked by whoever has git, and no tagbook: what each command shows, and the command.
fn checks(here: &Here, former: &[&str]) -> Vec<String> {
    let Some(head) = &here.site.build.commits.head else { return Vec::new() };
    // Numbers hold nothing that means something to a shell.
    let logs: Vec<String> = former.iter().map(|number| format!("'*/{number}/log/*'")).collect();
    let commands = [
        ("certificate_check_head", format!("git merge-base --is-ancestor {} HEAD && echo yes || echo NO", head.id)),
        ("certificate_check_event", "git show -m COMMIT".to_owned()),
        (
            "certificate_check_log",
            format!("git log -m --full-history --no-renames --diff-filter=MD --name-status -- {}", logs.join(" ")),
        ),
        (
            "certificate_check_signature",
            "git -c gpg.ssh.allowedSignersFile=allowed_signers verify-commit COMMIT".to_owned(),
        ),
    ];
    let said = |(name, command): (&str, String)| [here.said(name, &[]), set_apart(&command)];
    std::iter::once(here.said("certificate_check", &[])).chain(commands.into_iter().flat_map(said)).collect()
}
