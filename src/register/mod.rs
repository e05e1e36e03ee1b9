//! What a register says and whether it holds: records, logs folded into states, findings, decisions. Pure.

mod amend;
pub mod assets;
pub mod audit;
pub mod auditing;
pub mod categories;
pub mod config;
mod counted;
pub mod decide;
pub mod depreciation;
pub mod draft;
pub mod event;
mod field;
pub mod finding;
mod fold;
mod intents;
pub mod job;
pub mod locations;
pub mod log;
mod minting;
pub mod money;
pub mod motion;
pub mod number;
pub mod pack;
pub mod papers;
pub mod people;
pub mod picture;
pub mod posting;
mod reader;
pub mod refusal;
pub mod renumber;
pub mod reports;
pub mod rules;
pub mod select;
pub mod settlement;
pub mod state;
pub mod stock;
pub mod summary;
pub mod tags;
mod text;
pub mod time;
pub mod typed;
mod values;
mod words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rayon::prelude::*;

pub use assets::Asset;
pub use audit::Count;
pub use categories::Category;
pub use config::{Audience, Config};
pub use event::{Action, Event, Logged};
pub use finding::{Finding, Place, Severity, Span, did_you_mean};
pub use locations::{Location, Locations};
pub use log::Log;
pub use money::Money;
pub use motion::{Motion, What};
pub use number::{EventId, Number, Slug};
pub use papers::{Audit, Job, TagBatch};
pub use people::{Person, Phone, Role};
pub use posting::Posting;
pub use reader::Source;
pub use refusal::{Refusal, Refusals};
pub use settlement::Settlement;
pub use state::{Folded, Ground, State, Status};
pub use summary::Summary;
pub use text::{is_bidi_control, is_invisible, is_safe_link, is_stray_control};
pub use time::{Moment, Term, Tz, When};

use crate::tree::Tree;
use reader::Table;

/// Findings of one rule that are said of one file.
const MOST_ALIKE: usize = 100;

/// A register, opened: what it declares, what happened, and what reading it found.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// What is declared.
    pub register: Register,
    /// What happened.
    pub ledger: Ledger,
    /// What is wrong at any moment; [`Opened::check`] adds what is wrong at one.
    pub findings: Vec<Finding>,
}

/// Everything that a register declares.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// `tagbook.toml`
    pub config: Config,
    /// By slug.
    pub people: BTreeMap<Slug, Person>,
    /// Enrolled phones.
    pub phones: Vec<Phone>,
    /// Places within places.
    pub locations: Locations,
    /// By slug.
    pub categories: BTreeMap<Slug, Category>,
    /// By number.
    pub assets: BTreeMap<Number, Asset>,
    /// By slug.
    pub audits: BTreeMap<Slug, Audit>,
    /// By slug.
    pub jobs: BTreeMap<Slug, Job>,
    /// By slug.
    pub tags: BTreeMap<Slug, TagBatch>,
    /// The numbers of each kit's parts.
    parts: BTreeMap<Number, Vec<Number>>,
    /// The number that each alias stands for.
    aliases: BTreeMap<Number, Number>,
    /// Records whose number another folder has already.
    twice: Vec<Asset>,
    /// Whether `categories.toml` could not be read as a whole.
    categories_partial: bool,
}

/// The logs of all assets.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    logs: BTreeMap<Number, Log>,
}

impl Ledger {
    /// The log of an asset; an empty one where it has none.
    #[must_use]
    pub fn log(&self, number: &Number) -> &Log {
        static EMPTY: std::sync::OnceLock<Log> = std::sync::OnceLock::new();
        self.logs.get(number).unwrap_or_else(|| EMPTY.get_or_init(Log::default))
    }

    /// Adds an event that was decided to an asset's log.
    pub fn add(&mut self, number: &Number, event: Event) {
        let log = self.logs.entry(number.clone()).or_default();
        *log = Log::new(log.events().iter().cloned().chain([Logged { event, source: Source::default() }]));
    }

    /// All logs in order of their assets' numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&Number, &Log)> {
        self.logs.iter()
    }
}

/// Reads a register. Never stops: what is wrong is a finding, the rest is there.
#[must_use]
pub fn open(tree: &Tree) -> Opened {
    let mut findings = Vec::new();
    let config = config::read(tree, &mut findings);
    let (categories, categories_partial) = categories::read(tree, &mut findings);
    let mut register = Register {
        config,
        people: people::read(tree, &mut findings),
        phones: people::phones(tree, &mut findings),
        locations: locations::read(tree, &mut findings),
        audits: papers::audits(tree, &mut findings),
        jobs: papers::jobs(tree, &mut findings),
        tags: papers::tags(tree, &mut findings),
        categories,
        categories_partial,
        ..Register::default()
    };
    let (assets, logs) = read_assets(tree, &register.categories, &mut findings);
    register.index(assets);
    let mut opened = Opened { register, ledger: Ledger { logs }, findings };
    opened.findings.extend(rules::about_files(tree, &opened));
    opened
}

/// A register whose people, places and settings were read before, with the assets in `tree`: of these, nothing else is looked at.
#[must_use]
pub fn with_assets(small: &Opened, tree: &Tree) -> Opened {
    let mut opened = small.clone();
    let (assets, logs) = read_assets(tree, &opened.register.categories, &mut opened.findings);
    opened.register.index(assets);
    opened.ledger = Ledger { logs };
    opened
}

/// The folders that hold a record, `assets/NUMBER` or `assets/GROUP/NUMBER`.
fn asset_folders(tree: &Tree) -> Vec<&str> {
    tree.under("assets/")
        .filter_map(|(path, _)| path.strip_suffix("/asset.toml"))
        .filter(|folder| (2..=3).contains(&folder.split('/').count()))
        .collect()
}

fn read_assets(
    tree: &Tree,
    categories: &BTreeMap<Slug, Category>,
    findings: &mut Vec<Finding>,
) -> (Vec<Asset>, BTreeMap<Number, Log>) {
    let read = |folder| {
        let mut findings = Vec::new();
        (read_asset(tree, folder, categories, &mut findings), findings)
    };
    let all: Vec<_> = asset_folders(tree).into_par_iter().map(read).collect();
    let (mut assets, mut logs) = (Vec::new(), BTreeMap::new());
    for (read, mut found) in all {
        findings.append(&mut found);
        if let Some((asset, log)) = read {
            logs.entry(asset.number.clone()).or_insert(log);
            assets.push(asset);
        }
    }
    (assets, logs)
}

/// The record and log in `folder`. Where the folder's name is no number, they are read for their findings only.
fn read_asset(
    tree: &Tree,
    folder: &str,
    categories: &BTreeMap<Slug, Category>,
    findings: &mut Vec<Finding>,
) -> Option<(Asset, Log)> {
    let name = folder.rsplit('/').next().unwrap_or_default();
    let number = Number::parse(name);
    if let Err(why) = &number {
        let typed = Number::typed(name).ok().map(|number| format!("rename the folder to `{number}`"));
        let message = format!("the folder `{}` is not an asset number: {why}", name.escape_default());
        let place = Place::file(&format!("{folder}/asset.toml"));
        findings.push(Finding::new("bad-number", message).at(place).maybe_hint(typed));
    }
    let is_number = number.is_ok();
    let number = number.unwrap_or_else(|_| Number::unchecked(name));
    let asset = assets::read(tree, folder, &number, categories, findings)?;
    let log = log::read(tree, folder, findings);
    is_number.then_some((asset, log))
}

impl Opened {
    /// Everything that is wrong at `moment`, with the severities that the register asks for, in order of place.
    ///
    /// `clock` is the real time: what lies after it cannot have happened, whichever moment is looked at.
    #[must_use]
    pub fn check(&self, moment: &Moment, clock: DateTime<Utc>) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        findings.extend(rules::check(self, moment, clock));
        findings.retain_mut(|finding| self.register.config.wants(finding));
        findings.sort_by(|a, b| {
            (&a.place, a.severity, a.rule, &a.message).cmp(&(&b.place, b.severity, b.rule, &b.message))
        });
        no_flood(findings)
    }

    /// The asset's log folded at `moment`. An unknown number has an empty log.
    #[must_use]
    pub fn folded(&self, number: &Number, moment: &Moment) -> Folded {
        let home = self.register.assets.get(number).and_then(|asset| asset.home.as_ref());
        let ground = Ground { home, zone: self.register.config.timezone };
        state::fold(self.ledger.log(number), ground, moment.now)
    }
}

/// Leaves [`MOST_ALIKE`] findings of one rule in one file, the last of which says that there are more.
fn no_flood(findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts: HashMap<(&'static str, Option<Arc<str>>), usize> = HashMap::new();
    let of = |finding: &Finding| (finding.rule, finding.place.as_ref().map(|place| place.path.clone()));
    let mut kept = Vec::new();
    for finding in findings {
        let count = counts.entry(of(&finding)).or_default();
        *count += 1;
        if *count <= MOST_ALIKE {
            kept.push(finding);
        }
    }
    for finding in kept.iter_mut().rev() {
        let count = counts.remove(&of(finding)).unwrap_or_default();
        if count > MOST_ALIKE {
            finding.message += " (and more like this in the file)";
        }
    }
    kept
}

impl Register {
    fn index(&mut self, assets: Vec<Asset>) {
        for asset in assets {
            if let Some(kit) = &asset.part_of {
                self.parts.entry(kit.clone()).or_default().push(asset.number.clone());
            }
            for alias in &asset.aliases {
                self.aliases.entry(alias.clone()).or_insert_with(|| asset.number.clone());
            }
            match self.assets.entry(asset.number.clone()) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(asset);
                }
                std::collections::btree_map::Entry::Occupied(_) => self.twice.push(asset),
            }
        }
        for parts in self.parts.values_mut() {
            parts.sort();
            parts.dedup();
        }
    }

    /// What the fold of an asset's log stands on.
    #[must_use]
    pub fn ground<'a>(&self, asset: &'a Asset) -> Ground<'a> {
        Ground { home: asset.home.as_ref(), zone: self.config.timezone }
    }

    /// The asset with this number, or with this alias.
    #[must_use]
    pub fn resolve(&self, number: &Number) -> Option<&Asset> {
        self.assets.get(number).or_else(|| self.assets.get(self.aliases.get(number)?))
    }

    /// Whether `categories.toml` could not be read as a whole, so that there may be more categories than these.
    pub(crate) fn has_unread_categories(&self) -> bool {
        self.categories_partial
    }

    /// Records in a folder whose number another folder has already.
    pub(crate) fn folders_with_a_taken_number(&self) -> &[Asset] {
        &self.twice
    }

    /// The numbers of a kit's parts.
    pub fn parts(&self, kit: &Number) -> impl Iterator<Item = &Number> {
        self.parts.get(kit).into_iter().flatten()
    }

    /// Whether the asset is the kit, or a part of it or of its parts.
    #[must_use]
    pub fn is_in_kit(&self, asset: &Asset, kit: &Number) -> bool {
        let mut outer = Some(&asset.number);
        for _ in 0..=self.assets.len() {
            match outer {
                Some(number) if number == kit => return true,
                Some(number) => outer = self.assets.get(number).and_then(|asset| asset.part_of.as_ref()),
                None => return false,
            }
        }
        false
    }

    /// What people call the person; their slug where nobody declared them.
    #[must_use]
    pub fn person_name<'a>(&'a self, slug: &'a Slug) -> &'a str {
        self.people.get(slug).map_or(slug.as_str(), |person| person.name.as_str())
    }

    /// What people call the location; its slug where nobody declared it.
    #[must_use]
    pub fn location_name<'a>(&'a self, slug: &'a Slug) -> &'a str {
        self.locations.named(slug).map_or(slug.as_str(), |place| place.name.as_str())
    }

    /// Numbers printed on tags that no asset has claimed, by number or alias.
    pub fn unclaimed_tags(&self) -> impl Iterator<Item = &Number> {
        self.tags.values().flat_map(|batch| &batch.numbers).filter(|number| self.resolve(number).is_none())
    }
}

/// The slug that a file or table declares; a finding where it cannot be one.
fn declared(name: &str, path: &str, findings: &mut Vec<Finding>) -> Slug {
    if let Err(why) = Slug::parse(name) {
        findings.push(bad_slug(name, &why).at(Place::file(path)));
    }
    Slug::referred(name)
}

fn declared_at(name: &str, place: Place, table: &mut Table) -> Slug {
    if let Err(why) = Slug::parse(name) {
        table.found(bad_slug(name, &why).at(place));
    }
    Slug::referred(name)
}

fn bad_slug(name: &str, why: &str) -> Finding {
    let finding = Finding::new("bad-slug", format!("`{}` cannot be a name here: {why}", name.escape_default()));
    finding.maybe_hint(Slug::from_name(name).map(|slug| format!("write `{slug}`")))
}

/// The name of the TOML file at `path` directly in `folder`, without its ending.
fn stem<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder)?.strip_suffix(".toml").filter(|name| !name.contains('/'))
}

/// The circles among `all` in which each leads to the next; each circle once, from its smallest on.
fn circles<'a, T: Ord + Hash + Clone + 'a>(
    all: impl Iterator<Item = &'a T>,
    next: impl Fn(&T) -> Option<&'a T>,
) -> Vec<Vec<T>> {
    let mut known: HashSet<&T> = HashSet::new();
    let mut circles = Vec::new();
    for start in all {
        let mut way: Vec<&T> = Vec::new();
        let mut on_way: HashSet<&T> = HashSet::new();
        let mut here = Some(start);
        while let Some(at) = here {
            if on_way.contains(at) {
                let first = way.iter().position(|step| *step == at).unwrap_or_default();
                let mut circle: Vec<T> = way[first..].iter().map(|step| (*step).clone()).collect();
                let smallest = (0..circle.len()).min_by_key(|index| &circle[*index]).unwrap_or_default();
                circle.rotate_left(smallest);
                circles.push(circle);
                break;
            }
            if !known.insert(at) {
                break;
            }
            on_way.insert(at);
            way.push(at);
            here = next(at);
        }
    }
    circles
}
