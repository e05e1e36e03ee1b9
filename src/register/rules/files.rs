//! Whether the files that are not TOML are there, plain, and what they claim to be.

use crate::register::finding::{Finding, Place, did_you_mean};
use crate::register::{Asset, Register, picture};
use crate::tree::{Entry, FOLDERS, Facts, Tree};

/// The files at the top of a register.
const TOP: &[&str] = &["tagbook.toml", "locations.toml", "categories.toml"];

pub(super) fn files_exist(tree: &Tree, register: &Register, findings: &mut Vec<Finding>) {
    for (asset, file, place) in named_files(register) {
        let inside = asset.inside(file);
        if inside.is_some_and(|path| tree.entry(&path).is_none()) {
            let message = format!("there is no file `{}` in `{}`", file.escape_debug(), asset.folder);
            findings.push(Finding::new("missing-file", message).at(place));
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

pub(super) fn paths_stay_inside(tree: &Tree, register: &Register, findings: &mut Vec<Finding>) {
    for (asset, file, place) in named_files(register) {
        if asset.inside(file).is_none() {
            let message = format!("`{}` leads out of `{}`", file.escape_debug(), asset.folder);
            findings.push(Finding::new("path-escape", message).at(place));
        }
    }
    each(tree, findings, |entry| match entry {
        Entry::Link => {
            Some(Finding::new("path-escape", "a symbolic link is never followed").hint("put the file itself here"))
        }
        _ => None,
    });
}

pub(super) fn files_are_plain(tree: &Tree, _: &Register, findings: &mut Vec<Finding>) {
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

pub(super) fn folders_are_plain(tree: &Tree, _: &Register, findings: &mut Vec<Finding>) {
    each(tree, findings, |entry| match entry {
        Entry::Repository => Some(Finding::new("nested-repository", "this folder is a git repository of its own")),
        _ => None,
    });
}

pub(super) fn files_can_be_read(tree: &Tree, _: &Register, findings: &mut Vec<Finding>) {
    each(tree, findings, |entry| match entry {
        Entry::Unreadable(why) => Some(Finding::new("unreadable", format!("this file cannot be read: {why}"))),
        _ => None,
    });
}

pub(super) fn files_are_there_themselves(tree: &Tree, register: &Register, findings: &mut Vec<Finding>) {
    for (asset, file, place) in named_files(register) {
        if facts(tree, asset, file).is_some_and(is_lfs_pointer) {
            findings.push(
                Finding::new("lfs-pointer", format!("`{}` is a pointer of Git LFS", file.escape_debug())).at(place),
            );
        }
    }
}

pub(super) fn photos_are_pictures(tree: &Tree, register: &Register, findings: &mut Vec<Finding>) {
    for asset in register.assets.values() {
        let Some(photo) = &asset.photo else { continue };
        let Some((why, hint)) = asset.inside(photo).and_then(|path| no_picture(tree.entry(&path)?)) else { continue };
        let message = format!("`{}` {why}", photo.escape_debug());
        findings.push(Finding::new("bad-photo", message).at(asset.source.place("photo")).hint(hint));
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

pub(super) fn files_are_where_they_count(tree: &Tree, _: &Register, findings: &mut Vec<Finding>) {
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

fn facts<'t>(tree: &'t Tree, asset: &Asset, file: &str) -> Option<&'t Facts> {
    match tree.entry(&asset.inside(file)?)? {
        Entry::Other(facts) => Some(facts),
        _ => None,
    }
}

/// The photo and documents of every asset.
fn named_files(register: &Register) -> impl Iterator<Item = (&Asset, &str, Place)> {
    register.assets.values().flat_map(|asset| {
        let photo = asset.photo.iter().map(move |photo| (asset, photo.as_str(), asset.source.place("photo")));
        let documents =
            asset.documents.iter().map(move |document| (asset, document.file.as_str(), document.source.place("file")));
        photo.chain(documents)
    })
}

fn each(tree: &Tree, findings: &mut Vec<Finding>, find: impl Fn(&Entry) -> Option<Finding>) {
    findings.extend(tree.iter().filter_map(|(path, entry)| Some(find(entry)?.at(Place::file(path)))));
}
