//! The files of an asset that go out with its page: its photo and its papers, under names that run nothing.

use super::lookup::{Lookup, Thing};
use super::{Body, Output};
use crate::register::picture::{kind, showable};
use crate::register::{Asset, Event};

/// Endings of files that a browser would run or draw as a page of the site.
const ACTIVE: &[&str] = &[
    "html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml", "svg", "svgz", "xml", "xsl", "xslt", "js", "mjs", "css",
    "wasm", "swf", "hta",
];

/// A paper of an asset.
pub(super) struct Paper {
    /// Its name, relative to the asset's page.
    name: String,
    /// What it is.
    pub title: String,
    /// What sort of file it is: `PDF`.
    pub kind: String,
    /// Where it lies in the register.
    from: String,
}

impl Paper {
    /// Where a page of the asset finds it.
    pub fn address(&self) -> String {
        address(&self.name)
    }
}

/// Where the asset's page finds its photo, if a page may show it: a name of ours, for theirs may say something.
pub(super) fn photo(site: &Lookup, asset: &Asset) -> Option<String> {
    photo_file(site, asset).map(|(name, _)| name)
}

/// Where the picture of this name on an asset's part of the site lies in the register: its photo, or one of its events'.
pub(super) fn picture(site: &Lookup, thing: &Thing, name: &str) -> Option<String> {
    let events = thing.chronicle.told.iter().flat_map(|told| photos(site, thing.asset, told.event));
    photo_file(site, thing.asset).into_iter().chain(events).find_map(|(known, from)| (known == name).then_some(from))
}

/// The photo as a file to copy.
pub(super) fn photo_output(site: &Lookup, asset: &Asset) -> Option<Output> {
    let (name, from) = photo_file(site, asset)?;
    Some(Output { path: format!("{}/{name}", asset.number), body: Body::File { from, strip: true } })
}

/// The photo's name on the site and its place in the register.
fn photo_file(site: &Lookup, asset: &Asset) -> Option<(String, String)> {
    shown(site, asset, asset.photo.as_deref()?, "photo")
}

/// The photos of an event that a page may show: their names on the site, and where they lie in the register.
pub(super) fn photos(site: &Lookup, asset: &Asset, event: &Event) -> Vec<(String, String)> {
    let photos = event.photos.iter().enumerate().filter(|(_, file)| asset.inside_files(file).is_some());
    let name = |at: usize| format!("photos/{}-{}", event.id, at + 1);
    photos.filter_map(|(at, file)| shown(site, asset, file, &name(at))).collect()
}

/// A picture's name on the site, which begins with `name` and ends as its content says, and where it lies in the register.
fn shown(site: &Lookup, asset: &Asset, file: &str, name: &str) -> Option<(String, String)> {
    let (from, facts) = site.file(asset, file)?;
    let ending = kind(&facts.head)?.ending();
    showable(facts).then(|| (format!("{name}.{ending}"), from))
}

/// The papers of an asset that are there.
pub(super) fn documents(site: &Lookup, asset: &Asset) -> Vec<Paper> {
    let papers = asset.documents.iter().filter_map(|document| {
        let (from, facts) = site.file(asset, &document.file)?;
        let base = document.file.rsplit('/').next().unwrap_or(&document.file);
        let ending = if is_active(&document.file, &facts.head) { ".txt" } else { "" };
        Some(Paper {
            name: format!("{}{ending}", document.file),
            title: document.title.clone().unwrap_or_else(|| base.to_owned()),
            kind: base.rsplit_once('.').map_or_else(|| "–".to_owned(), |(_, kind)| kind.to_uppercase()),
            from,
        })
    });
    papers.collect()
}

/// What is copied beside an asset's page.
pub(super) fn files(site: &Lookup, thing: &Thing) -> Vec<Output> {
    let asset = thing.asset;
    let events = thing.chronicle.told.iter().flat_map(|told| photos(site, asset, told.event));
    let pictures = events.map(|(name, from)| Output {
        path: format!("{}/{name}", asset.number),
        body: Body::File { from, strip: true },
    });
    let papers = documents(site, asset).into_iter().map(|paper| Output {
        path: format!("{}/{}", asset.number, paper.name),
        body: Body::File { from: paper.from, strip: false },
    });
    let mut outputs: Vec<Output> = photo_output(site, asset).into_iter().chain(pictures).chain(papers).collect();
    let mut seen = std::collections::BTreeSet::new();
    outputs.retain(|output| seen.insert(output.path.clone()));
    outputs
}

/// Whether a browser might take the file for a page, by its ending or its first bytes.
fn is_active(name: &str, head: &[u8]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let begins = head.iter().find(|byte| !byte.is_ascii_whitespace());
    // The names of the page's own files are nobody else's.
    name == "asset.json"
        || name.starts_with("photo.")
        || ending.is_some_and(|ending| ACTIVE.contains(&ending.as_str()))
        || begins == Some(&b'<')
}

/// A file's name as part of an address (RFC 3986, §2.3: what is not unreserved is written as `%XX`).
fn address(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        assert_eq!(address("files/a b%é.pdf"), "files/a%20b%25%C3%A9.pdf");
    }

    #[test]
    fn what_a_browser_would_run_is_known() {
        assert!(is_active("a.HTML", b"") && is_active("a.svg", b"") && is_active("a.pdf", b" \n<!doctype html>"));
        assert!(!is_active("a.pdf", b"%PDF-1.7") && !is_active("receipt.txt", b"Total"));
    }
}
