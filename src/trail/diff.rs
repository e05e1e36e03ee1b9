//! What two states of a register have otherwise, in its own terms and not in lines.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use toml::{Table, Value};

use crate::register::money::totals;
use crate::register::{Asset, EventId, Finding, Moment, Money, Number, Opened};
use crate::tree::{Entry, Tree};
/// A register and its files.
#[derive(Clone, Copy)]
pub struct State<'s> {
    /// Its files.
    pub tree: &'s Tree,
    /// What they say.
    pub opened: &'s Opened,
}

/// A value that a file has otherwise: absent where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its keys from the top, with dots between.
    pub key: String,
    /// As it was.
    pub was: Option<String>,
    /// As it is.
    pub is: Option<String>,
}

/// A record, or another file of the register, that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// An asset's number, or a path.
    pub of: String,
    /// What is otherwise in it.
    pub fields: Vec<Field>,
}

/// What became of money in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// What all assets were worth.
    pub was: Money,
    /// What they are worth.
    pub is: Money,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Came,
    /// It says something else.
    Changed,
    /// It is no more.
    Went,
}

/// All that is otherwise.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Assets that are new.
    pub added: Vec<Number>,
    /// Assets that are gone.
    pub removed: Vec<Number>,
    /// Assets that have another number: which they had, and which they have.
    pub renumbered: Vec<(Number, Number)>,
    /// Records of assets.
    pub assets: Vec<Changed>,
    /// Events that came.
    pub recorded: Vec<(Number, EventId)>,
    /// Events that are gone.
    pub gone: Vec<(Number, EventId)>,
    /// Events that say something else.
    pub altered: Vec<(Number, EventId)>,
    /// People, places, categories, settings, audits and jobs; new ones with all that they say.
    pub others: Vec<Changed>,
    /// Photos, receipts, manuals, and other files that are not TOML: paths, and what became of them.
    pub files: Vec<(String, Fate)>,
    /// What all assets together are worth, where that is otherwise.
    pub value: Vec<Sum>,
    /// Findings that came.
    pub found: Vec<Finding>,
    /// Findings that are gone.
    pub cured: Vec<Finding>,
}

impl Changes {
    /// Whether nothing is otherwise.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Changes { added, removed, renumbered, assets, recorded, gone, altered, others, files, value, found, cured } =
            self;
        let counts = [
            added.len(),
            removed.len(),
            renumbered.len(),
            assets.len(),
            recorded.len(),
            gone.len(),
            altered.len(),
            others.len(),
            files.len(),
            value.len(),
            found.len(),
            cured.len(),
        ];
        counts.iter().all(|count| *count == 0)
    }

    /// What `head` has otherwise than `base`, both looked at in the same moment.
    #[must_use]
    pub fn between(base: State, head: State, moment: &Moment, clock: DateTime<Utc>) -> Changes {
        let (was, is) = (&base.opened.register.assets, &head.opened.register.assets);
        let mut changes = Changes {
            added: is.keys().filter(|number| !was.contains_key(*number)).cloned().collect(),
            removed: was.keys().filter(|number| !is.contains_key(*number)).cloned().collect(),
            others: others(base.tree, head.tree),
            files: files(base, head),
            value: sums(base.opened, head.opened),
            ..Changes::default()
        };
        changes.renumbered = renumbered(&changes, base.opened, head.opened);
        changes.removed.retain(|number| !changes.renumbered.iter().any(|(old, _)| old == number));
        changes.added.retain(|number| !changes.renumbered.iter().any(|(_, new)| new == number));
        for (number, asset) in is {
            let former = changes.renumbered.iter().find(|(_, new)| new == number).map_or(number, |(old, _)| old);
            if let Some(old) = was.get(former) {
                let text = |tree: &Tree, path: &str| fields(tree.text(path).unwrap_or_default());
                let fields = differing(&text(base.tree, old.source.path()), &text(head.tree, asset.source.path()));
                if !fields.is_empty() {
                    changes.assets.push(Changed { of: number.to_string(), fields });
                }
            }
        }
        changes.compare_logs(base.opened, head.opened);
        (changes.found, changes.cured) = findings(base.opened, head.opened, moment, clock);
        changes
    }

    fn compare_logs(&mut self, base: &Opened, head: &Opened) {
        let numbers: BTreeSet<&Number> =
            base.ledger.iter().chain(head.ledger.iter()).map(|(number, _)| number).collect();
        for number in numbers {
            if self.renumbered.iter().any(|(old, _)| old == number) {
                continue;
            }
            let events = |opened: &'_ Opened, number: &Number| -> BTreeMap<EventId, _> {
                let log = opened.ledger.log(number).events().iter();
                log.map(|logged| (logged.event.id.clone(), logged.event.clone())).collect()
            };
            let former = self.renumbered.iter().find(|(_, new)| new == number).map_or(number, |(old, _)| old);
            let (was, is) = (events(base, former), events(head, number));
            for (id, event) in &is {
                match was.get(id) {
                    None => self.recorded.push((number.clone(), id.clone())),
                    Some(old) if old != event => self.altered.push((number.clone(), id.clone())),
                    Some(_) => {}
                }
            }
            let gone = was.keys().filter(|id| !is.contains_key(*id));
            self.gone.extend(gone.map(|id| (number.clone(), id.clone())));
        }
        let at = |(number, id): &(Number, EventId)| {
            let log = head.ledger.log(number).events().iter();
            let of = log.map(|logged| &logged.event).find(|event| event.id == *id);
            (of.map(|event| event.at), number.clone(), id.clone())
        };
        self.recorded.sort_by_key(at);
    }
}

/// Assets that are gone and have come under another number: it leads there, or has their log or their record.
fn renumbered(changes: &Changes, base: &Opened, head: &Opened) -> Vec<(Number, Number)> {
    let mut pairs: Vec<(Number, Number)> = Vec::new();
    for old in &changes.removed {
        let Some(asset) = base.register.assets.get(old) else { continue };
        let ids = |opened: &Opened, number: &Number| -> BTreeSet<EventId> {
            opened.ledger.log(number).events().iter().map(|logged| logged.event.id.clone()).collect()
        };
        let events = ids(base, old);
        let is_it = |new: &&Number| {
            let Some(other) = head.register.assets.get(*new) else { return false };
            let is_same = asset.name == other.name && asset.serial == other.serial && asset.category == other.category;
            let has_log = !events.is_empty() && ids(head, new).is_superset(&events);
            let is_free = !pairs.iter().any(|(_, taken)| taken == *new);
            is_free && (other.aliases.contains(old) || has_log || events.is_empty() && is_same)
        };
        let new = changes.added.iter().find(is_it).cloned();
        pairs.extend(new.map(|new| (old.clone(), new)));
    }
    pairs
}

/// Findings of the one that the other has not, and the other way round.
fn findings(base: &Opened, head: &Opened, moment: &Moment, clock: DateTime<Utc>) -> (Vec<Finding>, Vec<Finding>) {
    let key = |finding: &Finding| {
        (finding.rule, finding.message.clone(), finding.place.as_ref().map(|place| place.path.to_string()))
    };
    let (was, is) = (base.check(moment, clock), head.check(moment, clock));
    let keys = |findings: &[Finding]| findings.iter().map(key).collect::<BTreeSet<_>>();
    let (old, new) = (keys(&was), keys(&is));
    let found = is.into_iter().filter(|finding| !old.contains(&key(finding))).collect();
    let cured = was.into_iter().filter(|finding| !new.contains(&key(finding))).collect();
    (found, cured)
}

/// What all assets are worth, in each currency in which that is otherwise.
fn sums(base: &Opened, head: &Opened) -> Vec<Sum> {
    let worth = |opened: &Opened| totals(opened.register.assets.values().filter_map(Asset::value));
    let (was, is) = (worth(base), worth(head));
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for money in &was {
        sums.insert(money.currency.code(), Sum { was: *money, is: Money { minor: 0, ..*money } });
    }
    for money in &is {
        let sum = sums.entry(money.currency.code());
        sum.or_insert(Sum { was: Money { minor: 0, ..*money }, is: *money }).is = *money;
    }
    sums.into_values().filter(|sum| sum.was != sum.is).collect()
}

/// Files of the register that are neither records of assets nor logs, and are otherwise.
fn others(base: &Tree, head: &Tree) -> Vec<Changed> {
    let texts = |tree: &Tree| -> BTreeMap<String, BTreeMap<String, String>> {
        let told = tree.iter().filter(|(path, entry)| matches!(entry, Entry::Toml(_)) && !path.starts_with("assets/"));
        // A phone's hash says nothing to anybody.
        let told = told.filter(|(path, _)| !path.starts_with("phones/") && !path.starts_with("theme/"));
        told.map(|(path, _)| (path.to_owned(), fields(tree.text(path).unwrap_or_default()))).collect()
    };
    let (was, is) = (texts(base), texts(head));
    let paths: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let none = BTreeMap::new();
    let changed = paths.into_iter().map(|path| Changed {
        of: path.clone(),
        fields: differing(was.get(path).unwrap_or(&none), is.get(path).unwrap_or(&none)),
    });
    changed.filter(|changed| !changed.fields.is_empty()).collect()
}

/// Files that are not TOML, and those that nobody reads line by line: of assets wherever their folder is, of a theme, and of
/// phones.
fn files(base: State, head: State) -> Vec<(String, Fate)> {
    let all = |state: State| -> BTreeMap<String, Entry> {
        let mut all = BTreeMap::new();
        for asset in state.opened.register.assets.values() {
            let under = format!("{}/", asset.folder);
            let inner = state.tree.under(&under).filter(|(_, entry)| matches!(entry, Entry::Other(_)));
            all.extend(
                inner.map(|(path, entry)| (format!("{}/{}", asset.number, &path[under.len()..]), entry.clone())),
            );
        }
        let is_beside = |path: &str| path.starts_with("theme/") || path.starts_with("phones/");
        let beside = state.tree.iter().filter(|(path, _)| is_beside(path));
        all.extend(beside.map(|(path, entry)| (path.to_owned(), entry.clone())));
        all
    };
    let (was, is) = (all(base), all(head));
    let paths: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let fate = |path: &String| match (was.get(path), is.get(path)) {
        (None, Some(_)) => Some(Fate::Came),
        (Some(_), None) => Some(Fate::Went),
        (Some(was), Some(is)) if was != is => Some(Fate::Changed),
        _ => None,
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), fate(path)?))).collect()
}

/// The values in a TOML text by their keys, with dots between; a list of tables is one value.
fn fields(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    flatten("", &text.parse::<Table>().unwrap_or_default(), &mut all);
    all
}

fn flatten(above: &str, table: &Table, all: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Table(inner) => flatten(&key, inner, all),
            value => drop(all.insert(key, said(value))),
        }
    }
}

/// A value as people would write it.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Table(table) => {
            table.iter().map(|(key, value)| format!("{key} {}", said(value))).collect::<Vec<_>>().join(", ")
        }
        value => value.to_string(),
    }
}

fn differing(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Vec<Field> {
    let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let field = |key: &String| Field { key: key.clone(), was: was.get(key).cloned(), is: is.get(key).cloned() };
    keys.into_iter().map(field).filter(|field| field.was != field.is).collect()
}
