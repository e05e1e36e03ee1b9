//! Whether the files that are not TOML are there, plain, and what they claim to be.

use crate::register::finding::{Finding, Place, did_you_mean};
use crate::register::{Asset, Opened, picture};
use crate::tree::{Entry, FOLDERS, Facts, Tree};

/// The files at the top of a register.
const TOP: &[&str] = &["tagbook.toml", "locations.toml", "categories.toml"];

pub(super) fn files_exist(tree: &Tree, opened: &Opened, findings: &mut Vec<Finding>) {
    for named in named_files(opened) {
        if named.path().is_some_and(|path| tree.entry(&path).is_none()) {
            let message = format!("there is no file `{}` in `{}`", named.file.escape_debug(), named.asset.folder);
            findings.push(Finding::new("missing-file", message).at(named.place));
        }
    }
    let mut last = "";
    for (path, _) in tree.under("assets/") {
        let Some((folder, _)) = path.split_once("/log/").filter(|(folder, _)| *folder != last) else { continue };
        last = folder;
        if tree.entry(&format!("{folder}/asset.toml")).is_none() {
            let message = format!("`{folder}` has a log and no record");
            findings.push(
                Finding::new("missing-file", message)
                    .at(Place::file(path))
                    .hint("put `asset.toml` back beside the log"),
            );
        }
    }
}

pub(super) fn paths_stay_inside(tree: &Tree, opened: &Opened, findings: &mut Vec<Finding>) {
    for named in named_files(opened).filter(|named| named.path().is_none()) {
        let below = if named.is_of_event { "/files" } else { "" };
        let message = format!("`{}` leads out of `{}{below}`", named.file.escape_debug(), named.asset.folder);
        findings.push(Finding::new("path-escape", message).at(named.place));
    }
    each(tree, findings, |entry| match entry {
        Entry::Link => {
            Some(Finding::new("path-escape", "a symbolic link is never followed").hint("put the file itself here"))
        }
        _ => None,
    });
}

pub(super) fn files_are_plain(tree: &Tree, _: &Opened, findings: &mut Vec<Finding>) {
    each(tree, findings, |entry| match entry {
        Entry::Special => Some(Finding::new("not-a-file", "this is a pipe, a device or a socket, and is never opened")),
        Entry::Unnamed => {
            Some(Finding::new("not-a-file", "the name of this file is not UTF-8").hint("give it another name"))
        }
        _ => None,
    });
    for (path, _) in tree.iter().filter(|(path, _)| path.split('/').any(|part| part.len() > 255)) {
        findings.push(
            Finding::new("not-a-file", "a name of more than 255 bytes fits on few systems").at(Place::file(path)),
        );
    }
}

pub(super) fn folders_are_plain(tree: &Tree, _: &Opened, findings: &mut Vec<Finding>) {
    each(tree, findings, |entry| match entry {
        Entry::Repository => Some(Finding::new("nested-repository", "this folder is a git repository of its own")),
        _ => None,
    });
}

pub(super) fn files_can_be_read(tree: &Tree, _: &Opened, findings: &mut Vec<Finding>) {
    each(tree, findings, |entry| match entry {
        Entry::Unreadable(why) => Some(Finding::new("unreadable", format!("this file cannot be read: {why}"))),
        _ => None,
    });
}

pub(super) fn files_are_there_themselves(tree: &Tree, opened: &Opened, findings: &mut Vec<Finding>) {
    for named in named_files(opened) {
        let entry = named.path().and_then(|path| tree.entry(&path));
        if matches!(entry, Some(Entry::Other(facts)) if is_lfs_pointer(facts)) {
            let message = format!("`{}` is a pointer of Git LFS", named.file.escape_debug());
            findings.push(Finding::new("lfs-pointer", message).at(named.place));
        }
    }
}

pub(super) fn photos_are_pictures(tree: &Tree, opened: &Opened, findings: &mut Vec<Finding>) {
    for named in named_files(opened).filter(|named| named.is_photo) {
        let Some((why, hint)) = named.path().and_then(|path| no_picture(tree.entry(&path)?)) else { continue };
        let message = format!("`{}` {why}", named.file.escape_debug());
        findings.push(Finding::new("bad-photo", message).at(named.place).hint(hint));
    }
}

/// Why a file is no photo, and what to do about it.
fn no_picture(entry: &Entry) -> Option<(&'static str, &'static str)> {
    let another = "save it as JPEG, PNG or WebP";
    match entry {
        Entry::Toml(_) | Entry::NotUtf8(_) | Entry::TooLarge(_) => Some(("is no picture", another)),
        Entry::Other(facts) if is_lfs_pointer(facts) => None,
        Entry::Other(facts) if picture::showable(facts) => None,
        Entry::Other(facts) if picture::kind(&facts.head).is_some() => {
            Some(("is too large", "save it smaller: 2,000 pixels a side are plenty"))
        }
        Entry::Other(_) => Some(("is no picture by its content", another)),
        // What is no plain file is a finding of its own.
        _ => None,
    }
}

pub(super) fn files_are_where_they_count(tree: &Tree, _: &Opened, findings: &mut Vec<Finding>) {
    for (path, _) in tree.iter().filter(|(path, _)| !path.contains('/') && !TOP.contains(path)) {
        if let Some(hint) = did_you_mean(path, TOP.iter().copied()) {
            findings.push(
                Finding::new("stray-file", "tagbook reads no file of this name").at(Place::file(path)).hint(hint),
            );
        }
    }
    for (path, entry) in tree.under("assets/") {
        if path.contains("/log/") && matches!(entry, Entry::Other(_)) {
            let finding = Finding::new("stray-file", "tagbook reads no file of this name, and no event in it");
            findings.push(finding.at(Place::file(path)).hint("an event is in a file that ends in `.toml`"));
        }
    }
    for folder in FOLDERS.iter().filter(|folder| **folder != "theme/") {
        for (path, entry) in tree.under(folder) {
            let toml = matches!(entry, Entry::Toml(_) | Entry::NotUtf8(_) | Entry::TooLarge(_));
            if toml && !counts(folder, path) {
                findings.push(
                    Finding::new("stray-file", "tagbook reads no file here")
                        .at(Place::file(path))
                        .maybe_hint(where_it_belongs(folder)),
                );
            }
        }
    }
}

fn counts(folder: &str, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (folder, parts.as_slice()) {
        (
            "assets/",
            [_, "asset.toml"] | [_, _, "asset.toml"] | [_, "log" | "files", _, ..] | [_, _, "log" | "files", _, ..],
        ) => true,
        ("assets/", _) => false,
        ("phones/", parts) => parts.len() == 2,
        (_, parts) => parts.len() == 1,
    }
}

fn where_it_belongs(folder: &str) -> Option<String> {
    (folder == "assets/")
        .then(|| "a record is assets/GROUP/NUMBER/asset.toml, an event a file in the log/ beside it".to_owned())
}

fn is_lfs_pointer(facts: &Facts) -> bool {
    facts.head.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// A file that a record or an event names.
struct Named<'a> {
    asset: &'a Asset,
    file: &'a str,
    place: Place,
    is_photo: bool,
    is_of_event: bool,
}

impl Named<'_> {
    /// Where it is in the register; `None` where that leads out of where it belongs.
    fn path(&self) -> Option<String> {
        if self.is_of_event { self.asset.inside_files(self.file) } else { self.asset.inside(self.file) }
    }
}

/// The photo and documents of every asset, and the photos of its events.
fn named_files(opened: &Opened) -> impl Iterator<Item = Named<'_>> {
    opened.register.assets.values().flat_map(|asset| {
        let named = move |file, place| Named { asset, file, place, is_photo: true, is_of_event: false };
        let photo = asset.photo.iter().map(move |photo| named(photo, asset.source.place("photo")));
        let documents = asset
            .documents
            .iter()
            .map(move |document| Named { is_photo: false, ..named(&document.file, document.source.place("file")) });
        let events = opened.ledger.log(&asset.number).events().iter().flat_map(move |logged| {
            let place = |at: usize| logged.source.place(&format!("photos.{at}"));
            let photos = logged.event.photos.iter().enumerate();
            photos.map(move |(at, photo)| Named { is_of_event: true, ..named(photo, place(at)) })
        });
        photo.chain(documents).chain(events)
    })
}

fn each(tree: &Tree, findings: &mut Vec<Finding>, find: impl Fn(&Entry) -> Option<Finding>) {
    findings.extend(tree.iter().filter_map(|(path, entry)| Some(find(entry)?.at(Place::file(path)))));
}
