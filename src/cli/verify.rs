//! `tagbook verify`: whether the history is what it was, and fits what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::check::{self, Format};
use super::past::{self, Past};
use super::place::{self, Here, has_errors};
use super::{End, Outcome, Stop, paint};
use crate::git::Repo;
use crate::register::{self, Number, Register, Severity};
use crate::trail::{self, Facts, Proof, Signature, Trail};

/// Verify the history: that no event was ever altered or removed, and who recorded it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// A head that was kept, which must still be part of the history: a commit, or a `tagbook.json` of a site
    #[arg(long, value_name = "HEAD")]
    since: Option<String>,
    /// Where `allowed_signers` is read: the commit that a branch goes into
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    base: String,
    /// The commit whose history it is
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    rev: String,
    /// Every commit that records an event bears a signature
    #[arg(long)]
    require_signatures: bool,
    /// End with exit code 1 where there are warnings, too
    #[arg(long)]
    deny_warnings: bool,
    /// Read the whole history anew, whatever was kept of it
    #[arg(long)]
    afresh: bool,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let root = place::find(register)?;
    let none = || Stop::refused(format!("`{}` is in no git repository, so there is no history", root.display()));
    let repo = Repo::around(&root)?.ok_or_else(none)?;
    let head = repo.commit(&args.rev).map_err(Stop::refused)?;
    let base = repo.commit(&args.base).map_err(Stop::refused)?;
    let trail = past::trail(&repo, head, args.afresh)?;
    let signatures = past::signatures(&repo, &trail, base, args.afresh)?;
    let good = signatures.values().filter(|signature| matches!(signature, Signature::Good(_))).count();
    let since = match &args.since {
        Some(said) => Some(kept_head(&repo, said, head)?),
        None => None,
    };
    // Who is who, and what matters how much; no asset is opened for that.
    let tree = repo.part_at(head, &|folder| folder == "people/")?;
    let opened = register::open(&tree);
    let facts = Facts {
        people: addresses(&opened.register),
        signatures,
        wants_signatures: args.require_signatures,
        since,
        reused: past::reused(&repo, &trail, head)?,
        zone: opened.register.config.timezone,
    };
    let mut proofs = trail::verify(&trail, &facts);
    proofs.retain_mut(|proof| opened.register.config.wants(&mut proof.finding));
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    for proof in &proofs {
        match args.format {
            Format::Human => writeln!(out, "{}\n", check::human(&proof.finding, &tree))?,
            Format::Json => writeln!(out, "{}", json(proof, &tree))?,
            Format::Github => writeln!(out, "{}", check::github(&proof.finding, &tree))?,
        }
    }
    if matches!(args.format, Format::Human) {
        writeln!(out, "{}", verdict(&trail, &proofs, good))?;
    }
    out.flush()?;
    let findings: Vec<_> = proofs.into_iter().map(|proof| proof.finding).collect();
    // The program ends here: it takes longer to take apart what it knows than to leave it.
    std::mem::forget(trail);
    let no = has_errors(&findings) || args.deny_warnings && !findings.is_empty();
    Ok(if no { End::No } else { End::Clean })
}

/// All numbers that an asset ever had, and what the history says against it, in sentences.
pub(super) fn against(here: &Here, number: &Number) -> Result<(Vec<String>, Vec<String>), Stop> {
    let Some((head, past)) = Past::of(here)? else { return Ok((vec![number.to_string()], Vec::new())) };
    let reused = match Repo::around(&here.root)? {
        Some(repo) => past::reused(&repo, &past.trail, head)?,
        None => Vec::new(),
    };
    let facts = Facts {
        people: addresses(&here.opened.register),
        signatures: past.signatures.clone(),
        wants_signatures: false,
        since: None,
        reused,
        zone: here.zone(),
    };
    let names: Vec<&str> = past.trail.names_of(number.as_str()).collect();
    let commits: BTreeSet<String> =
        past.trail.recorded(number.as_str()).map(|(_, witness)| witness.commit.hex()).collect();
    let is_its = |proof: &Proof| match &proof.number {
        Some(of) => names.contains(&of.as_str()),
        None => proof.commit.as_ref().is_some_and(|commit| commits.contains(commit)),
    };
    let mut proofs = trail::verify(&past.trail, &facts);
    proofs.retain_mut(|proof| is_its(proof) && here.opened.register.config.wants(&mut proof.finding));
    let names = names.into_iter().map(str::to_owned).collect();
    Ok((names, proofs.into_iter().map(|proof| proof.finding.message).collect()))
}

/// The addresses of people, by their slugs.
fn addresses(register: &Register) -> BTreeMap<&str, &str> {
    let people = register.people.values();
    people.filter_map(|person| Some((person.slug.as_str(), person.email.as_deref()?))).collect()
}

/// A head that was kept, as it was written, and whether it is part of the history.
fn kept_head(repo: &Repo, said: &str, head: git2::Oid) -> Result<(String, Option<bool>), Stop> {
    let path = PathBuf::from(said);
    let named = if path.is_file() {
        let unreadable = || Stop::refused(format!("`{said}` is no `tagbook.json` with a `commit`"));
        let text = fs::read_to_string(&path).map_err(|_| unreadable())?;
        let about: serde_json::Value = serde_json::from_str(&text).map_err(|_| unreadable())?;
        about["commit"].as_str().ok_or_else(unreadable)?.to_owned()
    } else {
        said.to_owned()
    };
    match repo.commit(&named) {
        Ok(commit) => Ok((commit.to_string(), repo.is_before(commit, head)?)),
        Err(_) if named.len() >= 7 && named.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok((named, None)),
        Err(error) => Err(Stop::refused(error)),
    }
}

fn json(proof: &Proof, tree: &crate::tree::Tree) -> String {
    let mut more = BTreeMap::new();
    more.insert("commit", proof.commit.as_deref());
    more.insert("number", proof.number.as_deref());
    more.insert("event", proof.event.as_deref());
    check::json_with(&proof.finding, tree, &more)
}

fn verdict(trail: &Trail, proofs: &[Proof], good: usize) -> String {
    let errors = proofs.iter().filter(|proof| proof.finding.severity == Severity::Error).count();
    let warnings = proofs.len() - errors;
    let verdict = match errors {
        0 => paint::in_style(paint::GREEN.bold(), "verified"),
        _ => paint::in_style(paint::RED.bold(), paint::count(errors, "error")),
    };
    let warned = (warnings > 0).then(|| paint::in_style(paint::YELLOW, paint::count(warnings, "warning")));
    let signed = if good == 0 { String::new() } else { format!(", {good} signed") };
    let commits = paint::count(trail.commits().len(), "commit");
    let events = paint::count(trail.events(), "event");
    let of = paint::in_style(paint::DIM, format!("{commits}{signed}, {events}"));
    let parts: Vec<_> = [Some(verdict), warned, Some(of)].into_iter().flatten().collect();
    parts.join(" · ")
}
