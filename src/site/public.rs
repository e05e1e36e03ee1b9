//! The site for strangers: an allow-list of number, name, category, photo where the register says so, and whom to tell.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;

use super::here::Here;
use super::lookup::{Lookup, Thing};
use super::phrase::Phrase;
use super::press::{Press, Sheet};
use super::{Audience, Failure, Output, papers};
use crate::register::config::Shown;
use crate::register::{Number, Register, Slug, Status};

/// The page of an asset for whoever found it, and the page of the register itself.
#[derive(Debug, Serialize)]
pub(super) struct Finder {
    number: String,
    name: Option<String>,
    kind: Option<String>,
    photo: Option<String>,
    photo_alt: String,
    belongs: Phrase,
    contact: Option<Phrase>,
    desk: Option<Desk>,
    /// What leads from the page to its own files.
    base: String,
}

impl Finder {
    pub fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| self.number.clone(), |name| format!("{} {name}", self.number))
    }

    /// Its files are at `base`, which ends in `/`.
    pub fn stand_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    /// Whoever found it can write to the desk.
    pub fn tell(&mut self) {
        if let Some(desk) = &mut self.desk {
            desk.tell = Some(format!("{}/{}/tell", desk.root, self.number));
        }
    }

    /// Colleagues are led to this page of the desk.
    pub fn enrol_at(&mut self, page: &str) {
        if let Some(desk) = &mut self.desk {
            desk.page = format!("{}/{page}", desk.root);
        }
    }
}

/// Forms of the desk that a stranger or a colleague may open.
#[derive(Debug, Serialize)]
struct Desk {
    root: String,
    page: String,
    report: Option<String>,
    /// The form of a message, where the desk carries them on.
    tell: Option<String>,
}

/// What a public site tells programs of an asset.
#[derive(Debug, Serialize)]
struct Told<'a> {
    number: &'a Number,
    name: Option<&'a str>,
    category: Option<&'a Slug>,
}

/// The page of a former number.
#[derive(Debug, Serialize)]
struct Alias {
    old: String,
    number: String,
    name: Option<String>,
    sentence: Phrase,
}

/// The page of a tag that nobody has claimed.
#[derive(Debug, Serialize)]
struct Stub {
    number: String,
    command: String,
    belongs: Phrase,
    contact: Option<Phrase>,
    /// Where a keeper says what it is on.
    desk: Option<String>,
}

pub(super) fn print<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    let here = press.here("");
    let welcome = Finder {
        number: String::new(),
        name: None,
        kind: None,
        photo: None,
        photo_alt: String::new(),
        belongs: here.of_title("finder_home"),
        contact: contact(press.site),
        desk: None,
        base: String::new(),
    };
    press.print(&Sheet {
        path: String::new(),
        template: "welcome.html",
        title: String::new(),
        name: "finder",
        view: welcome,
        state: None,
    })?;
    press.site.things.par_iter().try_for_each(|(_, thing)| finder(press, thing))?;
    aliases_and_stubs(press)
}

fn finder<S, E>(press: &Press<S>, thing: &Thing) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E>,
{
    let number = thing.asset.number.to_string();
    let path = format!("{number}/");
    let view = press.here(&path).finder(thing);
    let photo = view.photo.is_some().then(|| papers::photo_output(press.site, thing.asset)).flatten();
    let category = view.name.is_some().then_some(&thing.asset.category);
    let told = Told { number: &thing.asset.number, name: view.name.as_deref(), category };
    press.hand_out(format!("{number}/asset.json"), super::tables::json(&told))?;
    let title = view.title();
    press.print(&Sheet { path, template: "finder.html", title, name: "finder", view, state: None })?;
    photo.into_iter().try_for_each(|photo| press.give(photo))
}

/// Pages for former numbers and for tags that nobody has claimed, for either audience.
pub(super) fn aliases_and_stubs<S, E>(press: &Press<S>) -> Result<(), Failure<E>>
where
    S: Fn(Output) -> Result<(), E> + Sync,
    E: Send,
{
    let site = press.site;
    let mut taken = BTreeSet::new();
    for thing in site.things.values() {
        for old in &thing.asset.aliases {
            if !site.things.contains_key(old) && taken.insert(old) {
                let path = format!("{old}/");
                let view = press.here(&path).alias(old, thing);
                press.print(&Sheet {
                    path,
                    template: "alias.html",
                    title: old.to_string(),
                    name: "alias",
                    view,
                    state: None,
                })?;
            }
        }
    }
    let stubs: BTreeSet<&Number> = site.register().unclaimed_tags().collect();
    stubs.par_iter().try_for_each(|number| {
        let path = format!("{number}/");
        let view = press.here(&path).stub(number);
        press.print(&Sheet { path, template: "stub.html", title: number.to_string(), name: "stub", view, state: None })
    })
}

impl Here<'_> {
    pub(super) fn finder(&self, thing: &Thing) -> Finder {
        let (config, number) = (self.site.config(), &thing.asset.number);
        let name = self.public_name(thing);
        let category = self.site.register().categories.get(&thing.asset.category);
        let with_photo = name.is_some() && config.site.public.contains(&Shown::Photo);
        let in_use = thing.status() != Status::Retired;
        let desk = config.desk_url.as_ref().filter(|_| in_use).map(|desk| Desk {
            root: desk.clone(),
            page: format!("{desk}/{number}"),
            report: (config.desk.anonymous_reports && name.is_some()).then(|| format!("{desk}/{number}/report")),
            tell: None,
        });
        let photo_alt = self.say("photo_alt", &[("name", name.as_deref().map(Phrase::text))]);
        Finder {
            number: number.to_string(),
            kind: category.filter(|_| name.is_some()).map(|category| category.name.clone()),
            photo: with_photo.then(|| papers::photo(self.site, thing.asset)).flatten(),
            photo_alt: photo_alt.plain().to_owned(),
            belongs: self.of_title("finder_belongs"),
            contact: contact(self.site),
            desk,
            name,
            base: String::new(),
        }
    }

    /// What a stranger may call it: nothing, where it or its category is not for strangers.
    fn public_name(&self, thing: &Thing) -> Option<String> {
        is_shown(self.site.register(), &thing.asset.number).then(|| thing.asset.name.clone())
    }

    fn alias(&self, old: &Number, thing: &Thing) -> Alias {
        let number = &thing.asset.number;
        let team = self.site.build.audience == Audience::Team;
        let fillings = [("old", Some(Phrase::text(old.as_str()))), ("number", Some(Phrase::text(number.as_str())))];
        Alias {
            old: old.to_string(),
            number: number.to_string(),
            name: if team { Some(thing.asset.name.clone()) } else { self.public_name(thing) },
            sentence: self.say("alias_line", &fillings),
        }
    }

    fn stub(&self, number: &Number) -> Stub {
        let filling = [("number", Some(Phrase::text(number.as_str())))];
        Stub {
            number: number.to_string(),
            command: self.say("stub_command", &filling).plain().to_owned(),
            belongs: self.of_title("finder_belongs"),
            contact: contact(self.site),
            desk: self.site.config().desk_url.as_ref().map(|desk| format!("{desk}/{number}")),
        }
    }

    fn of_title(&self, pattern: &str) -> Phrase {
        self.say(pattern, &[("title", Some(Phrase::name(&self.site.config().title).strong()))])
    }
}

/// Whether strangers may know what it is: neither it nor its category is private.
pub(super) fn is_shown(register: &Register, number: &Number) -> bool {
    let asset = register.assets.get(number).filter(|asset| !asset.private);
    asset.and_then(|asset| register.categories.get(&asset.category)).is_some_and(|category| category.public)
}

/// Whom to tell, as it is written, with links where there can be some.
fn contact(site: &Lookup) -> Option<Phrase> {
    let contact = site.config().contact.as_deref().filter(|contact| !contact.trim().is_empty())?;
    let mut phrase = Phrase::default();
    for part in contact.split_inclusive([',', ';', '\n']) {
        let text = part.trim_matches([',', ';', '\n', ' ']);
        let (before, after) = part.split_once(text).unwrap_or_default();
        phrase.push(&Phrase::text(before));
        let words = Phrase::text(text);
        phrase.push(&way(text).map_or(words.clone(), |href| words.linked(&href)));
        phrase.push(&Phrase::text(after));
    }
    Some(phrase)
}

/// Where a mail address, a telephone number or a page leads.
fn way(text: &str) -> Option<String> {
    let is_mail = text.contains('@') && !text.contains(|c: char| c.is_whitespace() || "<>\"?&/:".contains(c));
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let is_number = digits.len() > 4 && text.chars().all(|c| c.is_ascii_digit() || " +-()/.\u{a0}".contains(c));
    if is_mail {
        Some(format!("mailto:{text}"))
    } else if is_number {
        Some(format!("tel:{digits}"))
    } else {
        super::markdown::safe_link(text).filter(|link| link.starts_with("http"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_link_where_it_can_be() {
        assert_eq!(way("kit@example.org").as_deref(), Some("mailto:kit@example.org"));
        assert_eq!(way("+49 30 5550 123").as_deref(), Some("tel:+49305550123"));
        assert_eq!(way("https://example.org/found").as_deref(), Some("https://example.org/found"));
        assert_eq!(way("the porter"), None);
        assert_eq!(way("javascript:alert(1)@x"), None);
    }
}
