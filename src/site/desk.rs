//! The pages of the desk: an asset as it is now, with buttons in place of links, and forms, receipts and answers around it.

use serde::Serialize;

use super::asset::AssetPage;
use super::dates::stamp;
use super::here::Here;
pub use super::listing::Bar;
use super::lookup::Lookup;
use super::motions::Hidden;
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use super::{Audience, Build, Commits, Failure, Output, Theme, papers, public, team};
use crate::labels::symbol::{Room, Symbol};
use crate::register::audit::Sighted;
use crate::register::{Audit, Count, EventId, Moment, Number, Opened, Slug};
use crate::tree::Tree;

/// Where the pages stand, and what they are made of.
#[derive(Clone, Copy)]
pub struct Stand<'a> {
    /// The assets that the page speaks of. Its `desk_url` is where the desk stands.
    pub opened: &'a Opened,
    /// Its files.
    pub tree: &'a Tree,
    /// The templates and words.
    pub theme: &'a Theme,
    /// The moment.
    pub moment: Moment,
    /// Where links to pages of the site begin, such as `/` or `https://kit.example.org/`.
    pub root: &'a str,
    /// Where style and script are, ending in `/`.
    pub statics: &'a str,
    /// Whether a colleague is looking, who may see everything.
    pub is_team: bool,
}

/// A page that says something, asks something, or both.
#[derive(Debug, Clone, Default, Serialize)]
pub struct View {
    /// The asset that it is about.
    pub number: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Who has it, in a sentence, and the colour of that.
    pub now: Option<(Phrase, &'static str)>,
    /// The heading.
    pub title: String,
    /// What went wrong, or right.
    pub notice: Option<Notice>,
    /// What the page says.
    pub lines: Vec<Phrase>,
    /// How much of something is done.
    pub bar: Option<Bar>,
    /// What can be done elsewhere, the likeliest first.
    pub ways: Vec<Link>,
    /// What happened to which asset.
    pub items: Vec<Item>,
    /// What can be sent.
    pub forms: Vec<Form>,
    /// Lists below the forms.
    pub parts: Vec<Part>,
    /// Where one may go from here.
    pub links: Vec<Link>,
    /// Something to scan.
    pub symbol: Option<Scan>,
    /// Whether photos can be sent; the page sees to it.
    pub files: bool,
}

/// A list under a heading of its own.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Part {
    /// The heading.
    pub title: Phrase,
    /// Its lines.
    pub items: Vec<Item>,
    /// What is said below them.
    pub line: Option<Phrase>,
}

/// A symbol to scan: its side in modules, and the path that draws it.
#[derive(Debug, Clone, Serialize)]
pub struct Scan {
    /// Modules on a side, with the quiet zone.
    pub size: usize,
    /// The `d` of an SVG path.
    pub path: String,
}

/// The symbol that a phone reads as `text`; `None` where it is too long for one.
#[must_use]
pub fn symbol(text: &str) -> Option<Scan> {
    let symbol = Symbol::fitting(text, Room::of(60.0)).ok()?;
    Some(Scan { size: symbol.size(), path: symbol.path() })
}

/// A few words that stand out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Notice {
    /// `go`, `warn` or `bad`.
    pub tone: &'static str,
    /// The first line.
    pub title: String,
    /// The others.
    pub lines: Vec<String>,
}

/// A line about an asset, with fields to fill in where it is part of a form.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Item {
    /// Its number.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// What is said of it.
    pub line: Option<Phrase>,
    /// The colour of that.
    pub tone: &'static str,
    /// Fields about it.
    pub fields: Vec<Input>,
}

/// What is sent to where.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Form {
    /// The address.
    pub action: String,
    /// What the button says.
    pub submit: String,
    /// Whether it is the likeliest thing to do.
    pub first: bool,
    /// Whether the address is only asked, and nothing sent.
    pub get: bool,
    /// Whether files are sent along; the page sees to it.
    pub files: bool,
    /// A heading.
    pub title: Option<String>,
    /// Lines with fields.
    pub items: Vec<Item>,
    /// What is filled in.
    pub fields: Vec<Input>,
    /// What is sent along.
    pub hidden: Vec<(String, String)>,
    /// The name and value that the button sends.
    pub name: Option<(String, String)>,
    /// Other buttons: the name and value that they send, and what they say.
    pub others: Vec<(String, String, String)>,
}

impl Form {
    fn inputs(&mut self) -> impl Iterator<Item = &mut Input> {
        self.items.iter_mut().flat_map(|item| &mut item.fields).chain(&mut self.fields)
    }
}

/// A field of a form.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What tells it from every other field of the page; the page sees to it.
    pub id: String,
    /// What sets it apart in the style.
    pub class: &'static str,
    /// What stands beside it.
    pub label: String,
    /// `text`, `date`, `area`, `select`, `radio`, `check`, `photo` or `trap`.
    pub kind: &'static str,
    /// What is in it.
    pub value: String,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// What helps.
    pub hint: Option<String>,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether it must be filled in.
    pub needed: bool,
    /// How many photos can be chosen.
    pub most: usize,
}

/// One of several things to choose.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub word: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// How an asset is, in words.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// Who has it, until when, where it is.
    pub now: String,
    /// The line below that.
    pub line: Option<String>,
    /// The colour of it.
    pub tone: &'static str,
    /// When that was so.
    pub as_of: String,
    /// What leads to the rest.
    pub more: String,
    /// What can be done with it, the likeliest first.
    pub motions: Vec<Link>,
}

/// A way to another page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Link {
    /// The address.
    pub href: String,
    /// The words.
    pub word: String,
}

/// Nobody takes the pages: they are given back.
#[expect(clippy::unnecessary_wraps, reason = "it is a sink like any other")]
fn nowhere(_: Output) -> Result<(), std::convert::Infallible> {
    Ok(())
}

impl Stand<'_> {
    /// Has `make` say something about the register as these pages see it.
    pub fn look<T>(&self, make: impl FnOnce(&Look) -> T) -> T {
        let build = Build {
            audience: if self.is_team { Audience::Team } else { Audience::Public },
            moment: self.moment,
            commits: Commits::default(),
            is_past: false,
            fonts: super::no_fonts,
        };
        let site = Lookup::new(self.opened, self.tree, self.theme, &build);
        make(&Look { here: Here { root: self.root.to_owned(), ..Here::at(&site, "") } })
    }

    /// A page of the desk.
    ///
    /// # Errors
    /// Why its template cannot be filled.
    pub fn page(&self, view: &View) -> Result<String, String> {
        self.look(|look| {
            let title = match &view.number {
                Some(number) => format!("{number} {}", view.title),
                None => view.title.clone(),
            };
            let mut view = view.clone();
            for form in &mut view.forms {
                let files = form.inputs().any(|field| field.kind == "photo");
                form.files = files;
                view.files |= files;
            }
            for (at, field) in view.forms.iter_mut().flat_map(Form::inputs).enumerate() {
                field.id = format!("f{at}");
            }
            // Strangers are told the same at any time.
            let state = self.is_team.then(|| self.as_of(look));
            self.fill(look, "desk.html", title, "view", &view, state)
        })
    }

    /// The page of an asset as it is now. What its buttons send along is `last`, the newest event that it knows, and `nonce`.
    ///
    /// # Errors
    /// Why its template cannot be filled.
    pub fn asset(&self, number: &Number, nonce: &str) -> Result<Option<String>, String> {
        self.look(|look| {
            let site = look.here.site;
            let Some(thing) = site.things.get(number) else { return Ok(None) };
            let last = site.opened.ledger.log(number).events().last();
            let mut page = AssetPage::new(&look.here, thing);
            page.send(Hidden {
                last: last.map(|logged| logged.event.id.to_string()).unwrap_or_default(),
                nonce: nonce.to_owned(),
            });
            // What was recorded a moment ago is on no site yet: the desk has it.
            let desk = site.config().desk_url.as_deref().unwrap_or_default();
            page.stand_at(&format!("{desk}/{number}/"));
            let title = format!("{number} {}", thing.asset.name);
            self.fill(look, "asset.html", title, "asset", &page, Some(self.as_of(look))).map(Some)
        })
    }

    /// Where the picture lies in the register that the page of an asset shows under this name.
    #[must_use]
    pub fn picture(&self, number: &Number, name: &str) -> Option<String> {
        self.look(|look| papers::picture(look.here.site, look.here.site.things.get(number)?, name))
    }

    /// The symbol of an asset's label, as SVG; `None` where there is no such asset, or where its address is too long for one.
    #[must_use]
    pub fn symbol(&self, number: &Number) -> Option<String> {
        self.look(|look| {
            let site = look.here.site;
            let symbol = site.things.contains_key(number).then(|| team::label_symbol(site, number.as_str()))?;
            symbol.ok().map(|symbol| symbol.svg())
        })
    }

    /// The page of an asset for whoever found it.
    ///
    /// # Errors
    /// Why its template cannot be filled.
    pub fn finder(&self, number: &Number, takes_messages: bool) -> Result<Option<String>, String> {
        self.look(|look| {
            let Some(thing) = look.here.site.things.get(number) else { return Ok(None) };
            let mut view = look.here.finder(thing);
            view.stand_at(&format!("{}{number}/", self.root));
            // A colleague whose phone is not enrolled is seen as a stranger, too.
            view.enrol_at(&format!("enrol?page={number}"));
            if takes_messages {
                view.tell();
            }
            let title = view.title();
            self.fill(look, "finder.html", title, "finder", &view, None).map(Some)
        })
    }

    /// What a page that was made before says of an asset by now, for its script; in plain words.
    #[must_use]
    pub fn said(&self, number: &Number) -> Option<Said> {
        self.look(|look| {
            let thing = look.here.site.things.get(number)?;
            let (now, line, tone) = look.here.now(thing);
            let motions = look.here.motions(thing).map(|motions| motions.likely).unwrap_or_default();
            Some(Said {
                now: now.plain().to_owned(),
                line: line.map(|line| line.plain().to_owned()),
                tone,
                as_of: self.as_of(look).plain().to_owned(),
                more: look.word("state_more"),
                motions: motions.into_iter().map(|motion| Link { href: motion.href, word: motion.word }).collect(),
            })
        })
    }

    /// When the page speaks of.
    fn as_of(&self, look: &Look) -> Phrase {
        look.here.say("state_now", &[("at", Some(look.here.site.dates.since(self.moment.now)))])
    }

    fn fill<V: Serialize>(
        &self,
        look: &Look,
        template: &'static str,
        title: String,
        name: &'static str,
        view: &V,
        state: Option<Phrase>,
    ) -> Result<String, String> {
        let press = Press::new(look.here.site, self.theme, &nowhere);
        let sheet = Sheet { path: String::new(), template, title, name, view, state };
        let filled: Result<_, Failure<std::convert::Infallible>> = press.fill_at(&sheet, self.root, Some(self.statics));
        filled.map_err(|failure| failure.to_string())
    }
}

/// The register as a page of the desk sees it: how it says things.
pub struct Look<'a> {
    here: Here<'a>,
}

impl Look<'_> {
    /// A word of the site.
    #[must_use]
    pub fn word(&self, name: &str) -> String {
        self.here.site.words.word(name).to_owned()
    }

    /// What a motion is called on its own page.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> String {
        self.here.site.words.of_kind(kind).to_owned()
    }

    /// A sentence of the site, filled.
    #[must_use]
    pub fn say(&self, name: &str, fillings: &super::words::Fillings) -> Phrase {
        self.here.say(name, fillings)
    }

    /// Who has an asset, until when, where it is; and the colour of that.
    #[must_use]
    pub fn now(&self, number: &Number) -> Option<(Phrase, &'static str)> {
        let thing = self.here.site.things.get(number)?;
        let (now, _, tone) = self.here.now(thing);
        Some((now, tone))
    }

    /// What an event says, in one sentence.
    #[must_use]
    pub fn sentence(&self, number: &Number, id: &EventId) -> Option<Phrase> {
        let thing = self.here.site.things.get(number)?;
        let told = thing.chronicle.told.iter().find(|told| told.event.id == *id)?;
        Some(self.here.sentence(told))
    }

    /// A place, with the one around it.
    #[must_use]
    pub fn place(&self, slug: &Slug) -> Phrase {
        self.here.place(slug)
    }

    /// Since when an audit is open, or when it was.
    #[must_use]
    pub fn audit_time(&self, audit: &Audit, count: &Count) -> Phrase {
        self.here.audit_time(audit, count)
    }

    /// How much of an audit is done.
    #[must_use]
    pub fn audit_progress(&self, count: &Count) -> Phrase {
        self.here.audit_progress(count)
    }

    /// The same, with what it counts and who leads it.
    #[must_use]
    pub fn audit_sentence(&self, audit: &Audit, count: &Count) -> Phrase {
        self.here.audit_sentence(audit, count)
    }

    /// The same as a bar and in figures.
    #[must_use]
    pub fn audit_bar(&self, count: &Count) -> Bar {
        self.here.audit_bar(count)
    }

    /// A heading over `n` things.
    #[must_use]
    pub fn audit_heading(&self, word: &str, n: usize) -> Phrase {
        self.here.audit_heading(word, n)
    }

    /// Where a thing was seen, and where the register had it.
    #[must_use]
    pub fn sighted_line(&self, sighted: &Sighted) -> Phrase {
        self.here.sighted_line(sighted)
    }

    /// When something happened, for people on the spot.
    #[must_use]
    pub fn since(&self, at: chrono::DateTime<chrono::Utc>) -> Phrase {
        self.here.site.dates.since(at)
    }

    /// An instant as machines read it.
    #[must_use]
    pub fn stamp(at: chrono::DateTime<chrono::Utc>) -> String {
        stamp(at)
    }

    /// What someone is called in a sentence.
    #[must_use]
    pub fn called(&self, person: &Slug) -> String {
        self.here.site.short_name(person).to_owned()
    }

    /// `n` of something.
    #[must_use]
    pub fn count(&self, name: &str, n: usize) -> Phrase {
        self.here.site.words.count(name, n)
    }
}

/// Whether a stranger may know that there is such a thing.
#[must_use]
pub fn is_public(opened: &Opened, number: &Number) -> bool {
    public::is_shown(&opened.register, number)
}
