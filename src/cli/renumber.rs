//! `tagbook renumber`: an asset under another number, such as where two branches gave the same one to two things.

use std::collections::BTreeSet;
use std::path::Path;

use super::motion::seal;
use super::record::{self, How, Wish, all_but_last, only_keepers, record};
use super::{End, Outcome, Stop, paint, past, place};
use crate::git::Repo;
use crate::register::renumber::Renumbering;
use crate::register::{self, Asset, Moment, Number, Posting, Register, Slug};
use crate::tree::Entry;

/// Give an asset another number; the one that it had leads to it still, unless another asset has it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number; where two have the same, its folder: assets/b/CAM-0005
    asset: String,
    /// The number that it gets [default: the next that nothing ever had]
    number: Option<String>,
    /// A branch that it will be merged into, whose numbers are taken, too
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let base = args.base.as_deref().map(|base| Base::at(register, base)).transpose()?;
    let mut wish = Wanted { args, base, used: used(register)?, done: None };
    let recorded = record(register, &args.how, &mut wish).map_err(all_but_last)?;
    let Some((old, done)) = wish.done else { return Ok(End::Clean) };
    paint::say(format!("{old} is {} now{}", paint::in_style(paint::BOLD, &done.number), seal(&recorded)))?;
    let label = format!("`tagbook label {}` prints its new label", done.number);
    if done.is_led_to {
        paint::note(&format!("{old} leads to it still, so its old label will do; {label}"));
    } else {
        paint::note(&format!("{old} is another asset's, so take its old label off; {label}"));
    }
    Ok(End::Clean)
}

/// Every number that an asset ever had, as far as the history goes.
fn used(register: Option<&Path>) -> Result<BTreeSet<String>, Stop> {
    let Some(repo) = Repo::around(&place::find(register)?)? else { return Ok(BTreeSet::new()) };
    let Some(head) = repo.head()? else { return Ok(BTreeSet::new()) };
    Ok(past::trail(&repo, head, false)?.numbers().map(str::to_owned).collect())
}

/// What a branch has that this one will be merged into.
struct Base {
    register: Register,
    /// What both had where they parted.
    before: BTreeSet<Number>,
}

impl Base {
    fn at(register: Option<&Path>, rev: &str) -> Result<Base, Stop> {
        let root = place::find(register)?;
        let none = || Stop::refused(format!("`{}` is in no git repository, so there is no `--base`", root.display()));
        let repo = Repo::around(&root)?.ok_or_else(none)?;
        let head = repo.commit("HEAD").map_err(Stop::refused)?;
        let base = repo.commit(rev).map_err(Stop::refused)?;
        let at = |commit| Ok::<_, Stop>(register::open(&repo.part_at(commit, &record::without_logs)?).register);
        Ok(Base { register: at(base)?, before: at(repo.fork(base, head)?)?.assets.into_keys().collect() })
    }

    /// Whether it gave the number to something while this branch had it for something else.
    fn has_minted(&self, number: &Number) -> bool {
        self.register.is_taken(number) && !self.before.contains(number)
    }
}

struct Wanted<'a> {
    args: &'a Args,
    base: Option<Base>,
    /// Every number that the history knows.
    used: BTreeSet<String>,
    done: Option<(Number, Renumbering)>,
}

impl Wanted<'_> {
    /// The asset that is meant: by its number, or where two have the same, by its folder.
    fn asset<'r>(&self, register: &'r Register) -> Result<&'r Asset, Stop> {
        let typed = self.args.asset.trim_end_matches('/');
        let twice = register.folders_with_a_taken_number();
        if typed.contains('/') {
            let mut all = register.assets.values().chain(twice);
            let none = || Stop::refused(format!("there is no record in the folder `{}`", typed.escape_debug()));
            return all.find(|asset| asset.folder == typed).ok_or_else(none);
        }
        let number = place::number(register, typed)?;
        let asset = register.assets.get(&number).ok_or_else(|| Stop::refused(format!("there is no asset {number}")))?;
        if let Some(other) = twice.iter().find(|other| other.number == number) {
            let why = format!("two assets are {number}: `{}` and `{}`", asset.folder, other.folder);
            return Err(Stop::Refused(
                why,
                Some(format!("name one by its folder: `tagbook renumber {}`", other.folder)),
            ));
        }
        Ok(asset)
    }

    /// The number that was asked for, or the next after all that were ever used, here and at the base.
    fn number(&self, register: &Register, old: &Number) -> Result<Number, Stop> {
        if let Some(typed) = &self.args.number {
            return Number::typed(typed)
                .map_err(|why| Stop::refused(format!("`{}` is not an asset number: {why}", typed.escape_debug())));
        }
        let prefix = old.as_str().rsplit_once('-').map(|(prefix, _)| prefix);
        let none = || {
            let why = format!("{old} is none of a row of numbers, so there is no next");
            Stop::Refused(why, Some(format!("say which: `tagbook renumber {old} NUMBER`")))
        };
        let prefix = prefix.ok_or_else(none)?;
        let registers = [Some(register), self.base.as_ref().map(|base| &base.register)];
        // Among so many, one was never an asset's that is gone.
        let many = self.used.len() as u64 + 1;
        let next = |register: &Register| {
            let numbers = register.next_numbers(prefix, many).ok()?;
            numbers.into_iter().find(|number| !self.used.contains(number.as_str()))
        };
        registers
            .into_iter()
            .flatten()
            .filter_map(next)
            .max_by_key(|number| (number.as_str().len(), number.clone()))
            .ok_or_else(none)
    }
}

impl Wish for Wanted<'_> {
    fn concerns(&self, register: &Register, _: &Slug, _: &Moment) -> Result<Vec<Number>, Vec<Stop>> {
        let asset = self.asset(register).map_err(|stop| vec![stop])?;
        Ok(std::iter::once(&asset.number).chain(register.parts(&asset.number)).cloned().collect())
    }

    fn folders(&self, register: &Register) -> Vec<String> {
        self.asset(register).map(|asset| asset.folder.clone()).into_iter().collect()
    }

    fn decide(&mut self, here: &record::Here, by: &Slug, moment: &Moment) -> Result<Option<Posting>, Vec<Stop>> {
        let register = &here.opened.register;
        only_keepers(register, by, moment)?;
        let one = |stop: Stop| vec![stop];
        let asset = self.asset(register).map_err(one)?;
        let (old, new) = (&asset.number, self.number(register, &asset.number).map_err(one)?);
        if *old == new {
            return Ok(None);
        }
        if let Some(base) = &self.base
            && base.register.is_taken(&new)
        {
            return Err(one(Stop::refused(format!("{new} is taken on the branch that this one will be merged into"))));
        }
        let is_elsewhere = self.base.as_ref().is_some_and(|base| base.has_minted(old));
        let done = register.renumbered(&here.tree, asset, &new, is_elsewhere);
        let done = done.map_err(|why| one(Stop::refused(why)))?;
        let there = here.inside(&done.folder).map_err(one)?;
        if there.under(&format!("{}/", done.folder)).next().is_some() {
            let why = format!("there are files in `{}`, which would become this asset's", done.folder);
            return Err(one(Stop::Refused(why, Some("move them away first".into()))));
        }
        let posting = posting(here, asset, &done).map_err(one)?;
        self.done = Some((old.clone(), done));
        Ok(Some(posting))
    }
}

/// All files of the asset in their new folder, and the records of its parts.
fn posting(here: &record::Here, asset: &Asset, done: &Renumbering) -> Result<Posting, Stop> {
    let (old, new) = (&asset.number, &done.number);
    let mut posting =
        Posting { message: format!("renumber {old} to {new}\n\nTagbook-Asset: {new}\n"), ..Posting::default() };
    let inside = here.inside(&asset.folder)?;
    let prefix = format!("{}/", asset.folder);
    for (path, entry) in inside.under(&prefix) {
        if !matches!(entry, Entry::Toml(_) | Entry::Other(_) | Entry::NotUtf8(_) | Entry::TooLarge(_)) {
            let hint = "move it away first; `tagbook check` says more";
            return Err(Stop::Refused(format!("`{path}` is no plain file that can be moved"), Some(hint.into())));
        }
        let bytes = if path == asset.source.path() { done.record.clone().into_bytes() } else { here.bytes(path)? };
        posting.files.push((format!("{}/{}", done.folder, &path[prefix.len()..]), bytes));
        posting.removed.push(path.to_owned());
    }
    posting.files.extend(done.parts.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    Ok(posting)
}
