//! A small shop to test with: its register in memory, said in few words.
//!
//! ```text
//! let shop = Shop::new().asset("CAM-0001").did("checkout", "to = 'ben'");
//! assert_eq!(shop.line(), "checked-out ben, with them");
//! assert_eq!(shop.ask("checkout", "to = 'chi'"), Err("held"));
//! ```
//!
//! What was `did` stands in the log, allowed or not; what one `ask`s is decided and not recorded.
//! Everything happens at the shop's clock, which goes on by an hour with everything that was done.

#![allow(dead_code, reason = "every test takes what it needs")]

use chrono::{DateTime, TimeDelta, Utc};
use tagbook::register::decide::{Request, decide};
use tagbook::register::{Event, Folded, Log, Moment, Number, Opened, Refusal, Slug, State, Status, Tz, open};
use tagbook::tree::Tree;

#[derive(Clone)]
pub struct Shop {
    tree: Tree,
    number: Number,
    by: String,
    pub clock: DateTime<Utc>,
    ids: u32,
}

impl Shop {
    /// Ana runs it, Ben and Chi work in it, Gus left on 31 January 2026. It is 2 March 2026, nine o'clock.
    pub fn new() -> Shop {
        let shop = Shop {
            tree: Tree::default(),
            number: Number::parse("NONE").unwrap(),
            by: "ana".into(),
            clock: instant("2026-03-02T09:00:00Z"),
            ids: 0,
        };
        shop.file("tagbook.toml", "title = 'Shop'")
            .file("people/ana.toml", "name = 'Ana Ruiz'\nrole = 'keeper'")
            .file("people/ben.toml", "name = 'Ben Okafor'")
            .file("people/chi.toml", "name = 'Chi Nguyen'")
            .file("people/gus.toml", "name = 'Gus Lind'\nleft = 2026-01-31")
            .file(
                "locations.toml",
                "[hq]\nname = 'House'\n[studio]\nname = 'Studio'\nwithin = 'hq'\n[van]\nname = 'Van'",
            )
            .file("categories.toml", "[camera]\nname = 'Cameras'\n[kit]\nname = 'Kits'")
    }

    /// Puts a file into the register.
    pub fn file(mut self, path: &str, text: &str) -> Shop {
        self.tree.insert_toml(path, text.as_bytes().to_vec());
        self
    }

    /// A new camera, at home in the studio; what follows is about it.
    pub fn asset(self, number: &str) -> Shop {
        self.record(number, "")
    }

    /// A new camera that is a part of `kit`; what follows is about it.
    pub fn part(self, number: &str, kit: &str) -> Shop {
        self.record(number, &format!("part_of = '{kit}'"))
    }

    /// A new asset whose record has these further lines; what follows is about it.
    pub fn record(self, number: &str, more: &str) -> Shop {
        let text = format!("name = 'Thing'\ncategory = 'camera'\nhome = 'studio'\n{more}");
        self.file(&format!("assets/{number}/asset.toml"), &text).about(number)
    }

    /// What follows is about this asset.
    pub fn about(mut self, number: &str) -> Shop {
        self.number = Number::parse(number).unwrap();
        self
    }

    /// What follows is recorded by this person.
    pub fn by(mut self, person: &str) -> Shop {
        person.clone_into(&mut self.by);
        self
    }

    /// What follows happens then.
    pub fn at(mut self, clock: &str) -> Shop {
        self.clock = instant(clock);
        self
    }

    /// Lets so many minutes pass.
    pub fn wait(mut self, minutes: i64) -> Shop {
        self.clock += TimeDelta::minutes(minutes);
        self
    }

    /// Records an event, allowed or not: its kind, and the fields it takes as TOML, with `; ` between them.
    pub fn did(mut self, kind: &str, fields: &str) -> Shop {
        self.ids += 1;
        let path = format!("assets/{}/log/{}.toml", self.number, self.id());
        let text = self.text(kind, fields);
        self.file(&path, &text).wait(60)
    }

    /// Records what was decided.
    pub fn recorded(self, event: &Event) -> Shop {
        let path = format!("assets/{}/log/{}.toml", self.number, tagbook::register::event::file_name(event));
        self.file(&path, &tagbook::register::event::to_toml(event))
    }

    /// The id of the last event that was recorded; the first has `a0000001`.
    pub fn id(&self) -> String {
        format!("a{:07}", self.ids)
    }

    fn text(&self, kind: &str, fields: &str) -> String {
        let at = tagbook::register::time::instant(self.clock);
        let fields = fields.replace("; ", "\n");
        format!("[[event]]\nid = '{}'\nat = {at}\nkind = '{kind}'\nby = '{}'\n{fields}\n", self.id(), self.by)
    }

    pub fn opened(&self) -> Opened {
        open(&self.tree)
    }

    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    pub fn number(&self) -> &Number {
        &self.number
    }

    pub fn moment(&self) -> Moment {
        Moment::at(self.clock, Tz::UTC)
    }

    pub fn log(&self) -> Log {
        self.opened().ledger.log(&self.number).clone()
    }

    pub fn folded(&self) -> Folded {
        self.opened().folded(&self.number, &self.moment())
    }

    pub fn state(&self) -> State {
        self.folded().state
    }

    /// The state in a line.
    pub fn line(&self) -> String {
        line(&self.state())
    }

    /// The codes of the refusals in the log, in their order.
    pub fn refused(&self) -> Vec<&'static str> {
        self.folded().refused.into_values().map(|refusal| refusal.code).collect()
    }

    /// The rules that the register breaks, in order of place.
    pub fn rules(&self) -> Vec<&'static str> {
        self.opened().check(&self.moment(), self.clock).into_iter().map(|finding| finding.rule).collect()
    }

    /// The event as it would be recorded now.
    pub fn event(&self, kind: &str, fields: &str) -> Event {
        let mut next = self.clone();
        next.ids += 1;
        let path = format!("assets/{}/log/{}.toml", self.number, next.id());
        let text = next.text(kind, fields);
        let opened = next.clone().file(&path, &text).opened();
        let event =
            opened.ledger.log(&self.number).events().iter().find(|logged| logged.event.id.as_str() == next.id());
        event.unwrap_or_else(|| panic!("{:?} in {text}", opened.findings)).event.clone()
    }

    /// Whether an event that happens now may be recorded; the code of the refusal where it may not.
    pub fn ask(&self, kind: &str, fields: &str) -> Result<(), &'static str> {
        self.ask_all(&[self.event(kind, fields)]).map_err(|refusal| refusal.code)
    }

    /// Whether an event that happened then may be recorded now.
    pub fn ask_of(&self, at: &str, kind: &str, fields: &str) -> Result<(), Refusal> {
        self.ask_all(&[self.clone().at(at).event(kind, fields)])
    }

    /// Whether these events may be recorded together; the first refusal where they may not.
    pub fn ask_all(&self, events: &[Event]) -> Result<(), Refusal> {
        let requests: Vec<_> =
            events.iter().map(|event| Request { number: self.number.clone(), event: event.clone() }).collect();
        decide(&self.opened(), &requests, &self.moment()).map_err(|refusals| refusals[0].1.clone())
    }
}

/// `checked-out ben, due 2026-03-05, in van`: the status, who, and whatever else is to be said.
pub fn line(state: &State) -> String {
    let mut said = vec![state.status().word().to_owned()];
    if let Some(custody) = &state.custody {
        said[0] += &format!(" {}", custody.person);
        said.extend(custody.due.map(|due| format!("due {due}")));
        said.extend(custody.job.iter().map(|job| format!("for {job}")));
        said.extend(custody.unconfirmed.then(|| "unconfirmed".to_owned()));
    }
    said.push(state.location.as_ref().map_or("with them".into(), |location| format!("in {location}")));
    let repairing = state.repair.is_some() && state.status() != Status::InRepair;
    said.extend(repairing.then(|| "repairing".to_owned()));
    said.extend(state.condition.map(|condition| condition.word().to_owned()));
    said.extend(state.faults.iter().map(|fault| format!("{} fault {}", fault.grade, fault.id)));
    said.extend(state.reservations.iter().map(|r| format!("reserved for {} {} to {}", r.person, r.from, r.until)));
    said.join(", ")
}

pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn slug(text: &str) -> Slug {
    Slug::referred(text)
}
