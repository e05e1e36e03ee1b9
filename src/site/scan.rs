//! The scanner: a page that keeps the camera open and reads label after label.

use serde::Serialize;

use super::desk::Choice;
use super::here::has_page as has_address;
use super::locations::Places;
use super::lookup::Lookup;
use super::press::{Press, Sheet};
use super::theme::{SCANNER, SCANNER_STYLE, VENDORED, fingerprint, vendored};
use super::{Audience, Body, Failure, Output};
use crate::register::Status;

pub(super) const TEMPLATE: &str = "scan.html";

const PATH: &str = "scan/";

/// What the page knows before anything is scanned.
#[derive(Serialize)]
struct View {
    script: String,
    /// What reads labels where the browser does not: a script, and what it compiles.
    reader: String,
    wasm: String,
    /// Where labels lead, or have led: addresses, with blanks between them.
    bases: String,
    /// What the table of all assets calls each status, by the colour of that.
    tones: String,
    /// The audits that are open.
    audits: Vec<Audit>,
    places: Vec<Choice>,
}

/// An audit that can be counted for.
#[derive(Serialize)]
struct Audit {
    value: String,
    word: String,
    /// Its scope.
    place: Option<String>,
}

/// Whether there is a page: what is scanned goes to the desk, and strangers have nothing to scan.
pub(super) fn has_page(site: &Lookup) -> bool {
    site.build.audience == Audience::Team && site.config().desk_url.is_some()
}

/// Prints the page, its script, and what the script may ask for.
pub(super) fn print<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let (site, theme) = (press.site, press.theme());
    if !has_page(site) {
        return Ok(());
    }
    for name in [SCANNER, SCANNER_STYLE] {
        let text = theme.file(name).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
        press.hand_out(format!("static/{name}"), text)?;
    }
    for name in VENDORED {
        let body = Body::Bytes(vendored(name).unwrap_or_default().into());
        press.give(Output { path: format!("static/{name}"), body })?;
    }
    let address = |name: &str| format!("{name}?v={}", fingerprint(theme.file(name).unwrap_or_default()));
    let view = View {
        script: address(SCANNER),
        reader: address("vendor/zxing_reader.js"),
        wasm: address("vendor/zxing_reader.wasm"),
        bases: bases(site),
        tones: tones(site),
        audits: open_audits(site),
        places: places(press),
    };
    let title = site.words.word("scan_title").to_owned();
    press.print(&Sheet { path: PATH.into(), template: TEMPLATE, title, name: "scan", view, state: None })
}

fn bases(site: &Lookup) -> String {
    let config = site.config();
    let all: Vec<&str> = config.base_url.iter().chain(&config.former_base_urls).map(String::as_str).collect();
    all.join(" ")
}

/// `go=available out=out …`, one a line.
fn tones(site: &Lookup) -> String {
    let word = |status: &Status| site.words.word(&format!("status_{}", status.word())).to_owned();
    let all = [Status::Available, Status::CheckedOut, Status::InRepair, Status::Missing, Status::Retired];
    let lines: Vec<String> =
        all.iter().map(|status| format!("{}={}", super::here::tone(*status), word(status))).collect();
    lines.join("\n")
}

fn open_audits(site: &Lookup) -> Vec<Audit> {
    let open = site.register().audits.values().filter(|audit| audit.closed.is_none());
    open.map(|audit| Audit {
        value: audit.slug.to_string(),
        word: audit.title.clone(),
        place: audit.location.as_ref().map(ToString::to_string),
    })
    .collect()
}

/// Every location, with those around it, in the order in which they lie in each other.
fn places<S>(press: &Press<S>) -> Vec<Choice> {
    let here = press.here(PATH);
    let all = Places::new(press.site).ordered;
    let all = all.into_iter().filter(|(place, _)| has_address(true, &place.slug));
    all.map(|(place, _)| Choice {
        value: place.slug.to_string(),
        word: here.trail(&place.slug).plain().to_owned(),
        is_chosen: false,
    })
    .collect()
}
