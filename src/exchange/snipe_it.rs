//! Snipe-IT's asset CSV as files of a register: records, people, places, categories, and who has what.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::cells::same_name;
use super::columns::{Columns, Meaning};
use super::declare;
use super::proof::{Planned, rehearse};
use super::record;
use super::rows::{Entry, Reader, Whereabouts};
use super::sheet::Sheet;
use super::{Column, Difference, Plan, Rejection, Rejections, Terms};
use crate::register::decide::{add, next_instant};
use crate::register::{Action, Asset, Event, EventId, Moment, Number, Opened, Slug, State, Status, event};
use crate::tree::{Entry as File, Tree};

/// Plans the import of an asset CSV.
///
/// # Errors
/// Everything that cannot be taken, in order of rows and columns.
pub(super) fn plan(file: &[u8], tree: &Tree, opened: &Opened, terms: Terms) -> Result<Plan, Vec<Rejection>> {
    let mut rejections = Rejections::default();
    let Some(sheet) = Sheet::read(file, &mut rejections) else { return Err(rejections.in_order()) };
    let Some(columns) = Columns::of(&sheet.headers, &mut rejections) else { return Err(rejections.in_order()) };
    let mut reader = Reader::new(&sheet, &columns, &opened.register, terms.currency, rejections);
    let entries = reader.entries();
    let mut writer =
        Writer { tree, opened, at: terms.at, latest: terms.at, reader, files: Vec::new(), plan: Plan::default() };
    for entry in &entries {
        writer.asset(entry);
    }
    writer.people();
    writer.locations();
    writer.categories(&entries);
    writer.finish()
}

/// Turns what the rows say into files.
struct Writer<'a> {
    tree: &'a Tree,
    opened: &'a Opened,
    at: DateTime<Utc>,
    /// The latest event.
    latest: DateTime<Utc>,
    reader: Reader<'a>,
    files: Vec<Planned>,
    plan: Plan,
}

impl Writer<'_> {
    fn asset(&mut self, entry: &Entry) {
        let events = self.files.len();
        match self.opened.register.assets.get(&entry.number) {
            None => self.new_asset(entry),
            Some(asset) => {
                self.compare(entry, asset);
                self.known_whereabouts(entry, asset);
                self.plan.unchanged += usize::from(self.files.len() == events);
            }
        }
    }

    fn new_asset(&mut self, entry: &Entry) {
        let folder = format!("assets/{}/{}", entry.number.group(), entry.number);
        let (path, text) = (format!("{folder}/asset.toml"), record::to_toml(&entry.values));
        self.files.push(Planned { path, text, row: Some(entry.row) });
        self.plan.assets.push(entry.number.clone());
        self.reader.categories.need(&entry.category);
        entry.home.iter().for_each(|home| self.reader.locations.need(home));
        if let Some(event) = self.event(entry) {
            self.record(entry, &folder, &event);
        }
    }

    /// Says where the file and the register differ about an asset that the register has.
    fn compare(&mut self, entry: &Entry, asset: &Asset) {
        for value in &entry.values {
            let register = record::written(asset, &value.key);
            if register.as_deref() != Some(&value.toml) {
                let register = register.map(|toml| plain(&toml));
                self.differs(entry, value.column, register, plain(&value.toml));
            }
        }
    }

    fn differs(&mut self, entry: &Entry, column: usize, register: Option<String>, file: String) {
        self.plan.differs.push(Difference {
            row: entry.row,
            column: self.reader.columns.header(column).to_owned(),
            about: entry.number.to_string(),
            register,
            file,
        });
    }

    /// Records who has an asset of the register, where that is news and nothing of the register speaks against it.
    fn known_whereabouts(&mut self, entry: &Entry, asset: &Asset) {
        let (log, ground) = (self.opened.ledger.log(&asset.number), self.opened.register.ground(asset));
        let moment = Moment::at(next_instant(log, self.at), self.opened.register.config.timezone);
        let state = self.opened.folded(&asset.number, &moment).state;
        let Some((column, said)) = self.disagrees(entry, &state) else { return };
        let news = self.event(entry).filter(|event| log.event(&event.id).is_none());
        match news.filter(|event| state.status() == Status::Available && add(log, ground, &[event]).is_ok()) {
            Some(event) => self.record(entry, &asset.folder, &event),
            None => self.differs(entry, column, Some(in_words(&state)), said),
        }
    }

    /// The column that says otherwise than `state` where the asset is, and what it says.
    fn disagrees(&self, entry: &Entry, state: &State) -> Option<(usize, String)> {
        let holder = state.custody.as_ref().map(|custody| &custody.person);
        let columns = self.reader.columns;
        let (column, said, agrees) = match &entry.whereabouts {
            Whereabouts::With { username, column, .. } => {
                let person = self.reader.holders.named(username).map(|holder| &holder.slug);
                (*column, username.clone(), holder.is_some() && holder == person)
            }
            Whereabouts::At { location, column } => {
                (*column, location.to_string(), holder.is_none() && state.location.as_ref() == Some(location))
            }
            Whereabouts::Home => {
                let column = columns.at(Meaning::Checkout).or_else(|| columns.at(Meaning::Username))?;
                (column, "nobody has it".to_owned(), holder.is_none())
            }
        };
        (!agrees).then_some((column, said))
    }

    /// The event that says where the asset is; its id follows from what it says, so that it is recorded once.
    fn event(&self, entry: &Entry) -> Option<Event> {
        let action = match &entry.whereabouts {
            Whereabouts::Home => return None,
            Whereabouts::With { username, location, .. } => {
                let to = self.reader.holders.named(username)?.slug.clone();
                Action::Checkout { to, due: None, location: location.clone() }
            }
            Whereabouts::At { location, .. } => Action::Move { location: location.clone() },
        };
        let at = next_instant(self.opened.ledger.log(&entry.number), self.at);
        let id = event_id(&entry.number, &action);
        Some(Event {
            id,
            at,
            by: Slug::referred("import"),
            action,
            note: None,
            batch: None,
            job: None,
            photos: Vec::new(),
        })
    }

    fn record(&mut self, entry: &Entry, folder: &str, event: &Event) {
        match &entry.whereabouts {
            Whereabouts::With { username, column, .. } => {
                self.still_here(entry, username, *column);
                self.reader.holders.need(username);
            }
            Whereabouts::At { .. } | Whereabouts::Home => {}
        }
        event.action.location().into_iter().for_each(|location| self.reader.locations.need(location));
        let path = format!("{folder}/log/{}", event::file_name(event));
        self.files.push(Planned { path, text: event::to_toml(event), row: Some(entry.row) });
        self.latest = self.latest.max(event.at);
        self.plan.events += 1;
    }

    /// Rejects a checkout to a person who has left.
    fn still_here(&mut self, entry: &Entry, username: &str, column: usize) {
        let register = &self.opened.register;
        let slug = self.reader.holders.named(username).map(|holder| &holder.slug);
        let Some(person) = slug.and_then(|slug| register.people.get(slug)) else { return };
        if person.has_left(&Moment::at(self.at, register.config.timezone)) {
            let why = format!("is `{}`, who has left: check it in first", person.slug);
            self.reader.rejections.cell(entry.row, column, self.reader.columns.header(column), username, why);
        }
    }

    fn people(&mut self) {
        for holder in self.reader.holders.known() {
            let Some(person) = self.opened.register.people.get(&holder.slug) else { continue };
            let said = [
                (Meaning::FirstName, &holder.name, Some(&person.name)),
                (Meaning::Email, &holder.email, person.email.as_ref()),
            ];
            for (meaning, file, register) in said {
                let Some(file) = file.as_ref().filter(|file| register.map(|r| same_name(r)) != Some(same_name(file)))
                else {
                    continue;
                };
                let column = self.reader.columns.at(meaning).or(self.reader.columns.at(Meaning::FullName));
                self.plan.differs.push(Difference {
                    row: holder.row,
                    column: column.map_or("", |column| self.reader.columns.header(column)).to_owned(),
                    about: format!("person `{}`", holder.slug),
                    register: register.cloned(),
                    file: file.clone(),
                });
            }
        }
        for (slug, holder) in self.reader.holders.needed() {
            self.files.push(Planned {
                path: format!("people/{slug}.toml"),
                text: holder.to_toml(),
                row: Some(holder.row),
            });
            self.plan.people.push(slug.clone());
        }
    }

    fn locations(&mut self) {
        let fresh = self.reader.locations.needed();
        let (slugs, sections): (Vec<Slug>, Vec<String>) =
            fresh.map(|(slug, name)| (slug.clone(), declare::location(slug, name))).unzip();
        self.plan.locations = slugs;
        self.append("locations.toml", &sections);
    }

    fn categories(&mut self, entries: &[Entry]) {
        let new: BTreeSet<&Number> = self.plan.assets.iter().collect();
        let mut by_category: BTreeMap<&Slug, Vec<&Entry>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| new.contains(&entry.number)) {
            by_category.entry(&entry.category).or_default().push(entry);
        }
        let mut prefixes: Vec<String> =
            self.opened.register.categories.values().filter_map(|category| category.prefix.clone()).collect();
        let fresh: BTreeMap<&Slug, &str> = self.reader.categories.needed().collect();
        let mut sections = Vec::new();
        for (slug, entries) in by_category {
            if let Some(name) = fresh.get(slug) {
                let prefix = declare::prefix(slug, entries.iter().map(|entry| &entry.number), &prefixes);
                sections.push(declare::category(slug, name, prefix.as_deref()));
                prefixes.extend(prefix);
                self.plan.categories.push(slug.clone());
            }
            let fields: BTreeMap<_, _> = entries.iter().flat_map(|entry| &entry.fields).map(|(k, t)| (k, *t)).collect();
            sections.extend(fields.into_iter().map(|(key, kind)| declare::field(slug, key, kind)));
        }
        self.append("categories.toml", &sections);
    }

    /// Adds sections to the end of a file, which must still be one.
    fn append(&mut self, path: &str, sections: &[String]) {
        if sections.is_empty() {
            return;
        }
        let before = match self.tree.entry(path) {
            None => "",
            Some(File::Toml(text)) => text,
            Some(_) => return self.reader.rejections.file(format!("`{path}` is no file that can be added to")),
        };
        let text = declare::with_more(before, sections);
        if let Err(error) = text.parse::<toml::Table>() {
            let why = error.message().lines().collect::<Vec<_>>().join(", ");
            return self.reader.rejections.file(format!("`{path}` cannot be added to: {why}"));
        }
        self.files.push(Planned { path: path.to_owned(), text, row: None });
    }

    fn finish(mut self) -> Result<Plan, Vec<Rejection>> {
        if self.reader.rejections.is_empty() && !self.files.is_empty() {
            rehearse(self.tree, self.opened, &self.files, self.at, self.latest, &mut self.reader.rejections);
        }
        if !self.reader.rejections.is_empty() {
            return Err(self.reader.rejections.in_order());
        }
        let mut plan = self.plan;
        let sheet = self.reader.sheet;
        plan.rows = sheet.rows.len();
        plan.columns = columns(sheet, self.reader.columns, self.reader.order.words());
        plan.adapted = self.reader.adapted;
        plan.adapted.sort_by_key(|adapted| adapted.row);
        plan.differs.sort_by_key(|difference| difference.row);
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        plan.files = self.files.into_iter().map(|file| (file.path, file.text)).collect();
        Ok(plan)
    }
}

fn columns(sheet: &Sheet, columns: &Columns, dates: &str) -> Vec<Column> {
    let filled =
        |at: usize| sheet.rows.iter().filter(move |row| row.cells.get(at).is_some_and(|cell| !cell.is_empty()));
    let headers = sheet.headers.iter().enumerate();
    let column = |(at, header): (usize, &String)| Column {
        header: header.clone(),
        values: filled(at).count(),
        into: columns.destination(at, dates),
    };
    headers.map(column).collect()
}

/// The id of an imported event: what it says, not when.
fn event_id(number: &Number, action: &Action) -> EventId {
    let whom = match action {
        Action::Checkout { to, .. } => to.as_str(),
        action => action.location().map_or("", Slug::as_str),
    };
    let said = format!("snipe-it\n{number}\n{}\n{whom}", action.kind());
    let mut bytes = [0; 5];
    bytes.iter_mut().zip(Sha256::digest(said)).for_each(|(byte, hashed)| *byte = hashed);
    EventId::from_random(bytes)
}

/// Who has it, or where it is.
fn in_words(state: &State) -> String {
    let word = state.status().word();
    let whom = state.custody.as_ref().map(|custody| &custody.person).or(state.location.as_ref());
    whom.map_or_else(|| word.to_owned(), |whom| format!("{word}: {whom}"))
}

/// A value of TOML as people read it.
fn plain(toml: &str) -> String {
    match format!("value = {toml}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("value")) {
        Some(toml::Value::String(text)) => text,
        _ => toml.to_owned(),
    }
}
