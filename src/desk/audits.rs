//! Audits at the desk: those that are open, how far each is, what was seen; and as a keeper opening, closing and applying them.

use serde_json::{Value, json};

use super::asked::{Asked, Fields};
use super::forms::Sheet;
use super::motions::Wrong;
use super::pages::item;
use super::reply::Reply;
use super::scanner::nonce_of;
use super::who::Caller;
use super::{Desk, View};
use crate::git;
use crate::register::audit::Sighted;
use crate::register::auditing::unknown_tag;
use crate::register::{Audit, Count, Number, Slug};
use crate::site::Phrase;
use crate::site::desk::{Form, Item, Link, Look, Notice, Part, View as Page};

/// Things that a list on a page shows at most.
const MOST: usize = 200;

/// Places within an audit's own that its page leads to with the camera.
const PLACES: usize = 6;

impl Desk {
    /// The audits that are open, and for keepers a form to open one.
    pub(super) fn audits(&self, asked: &Asked, small: &View, caller: &Caller) -> Result<Reply, git::Error> {
        if !caller.is_known() {
            return Ok(self.enrol_first(asked, small, "audits", ""));
        }
        self.audits_page(asked, caller, &Vec::new(), 200)
    }

    pub(super) fn audits_page(
        &self,
        asked: &Asked,
        caller: &Caller,
        wrong: &Wrong,
        status: u16,
    ) -> Result<Reply, git::Error> {
        let small = self.view(&[])?;
        let register = &small.opened.register;
        let is_open = |audit: &&Audit| audit.is_open(small.moment.now);
        let mut open: Vec<&Audit> = register.audits.values().filter(is_open).collect();
        open.sort_by_key(|audit| (std::cmp::Reverse(audit.opened), &audit.slug));
        let all = |audit: &&Audit| self.look_up(|index| index.counted(audit, register, small.moment.now));
        let mut numbers = open.iter().map(all).collect::<Result<Vec<_>, _>>()?.concat();
        numbers.sort();
        numbers.dedup();
        let view = self.view(&numbers)?;
        let open: Vec<(&Audit, Count)> =
            open.into_iter().map(|audit| (audit, view.opened.count(audit, &view.moment))).collect();
        if asked.wants_json() {
            let audits: Value = open.iter().map(|(audit, count)| count.head(audit)).collect();
            return Ok(Reply::json(200, json!({"ok": true, "audits": audits})));
        }
        Ok(self.page(&view, caller, status, |look| {
            let sheet = sheet(&view, look, &asked.fields, wrong, caller);
            let mut page = Page { title: look.word("audits_open"), ..Page::default() };
            if !wrong.is_empty() {
                page.notice = Some(Notice { tone: "bad", title: look.word("desk_wrong"), lines: Vec::new() });
            }
            if open.is_empty() {
                page.lines.push(Phrase::text(&look.word("audits_open_none")));
            }
            page.ways = open
                .iter()
                .map(|(audit, count)| {
                    let word = format!("{} · {}", audit.title, look.audit_progress(count).plain());
                    self.link(&format!("audits/{}", audit.slug), word)
                })
                .collect();
            if caller.is_keeper {
                page.forms.push(self.opening_form(&sheet));
            }
            page.links.push(Link { href: format!("{}audits/", self.settings.site), word: look.word("audits_all") });
            page
        }))
    }

    fn opening_form(&self, sheet: &Sheet) -> Form {
        let look = sheet.look;
        let said = |name: &str| sheet.fields.said(name).unwrap_or_default();
        let categories = &sheet.view.opened.register.categories;
        let categories = categories.values().map(|kind| (kind.slug.to_string(), kind.name.clone())).collect();
        let (anywhere, anything) = (Some(look.word("field_anywhere")), Some(look.word("field_anything")));
        let mut title = sheet.plain("title", look.word("field_title"), "text", said("title"), true);
        title.hint = Some(look.word("field_title_hint"));
        let places = sheet.places();
        let place = look.word("field_scope");
        Form {
            title: Some(look.word("audit_new")),
            action: self.at("audits"),
            submit: look.word("audit_open_submit"),
            fields: vec![
                title,
                sheet.select("location", place, false, anywhere, places, said("location")),
                sheet.select("category", look.word("field_category"), false, anything, categories, said("category")),
            ],
            ..Form::default()
        }
    }

    /// An audit as it stands: how far it is, what is amiss, and how to go on.
    pub(super) fn audit(&self, asked: &Asked, small: &View, caller: &Caller, typed: &str) -> Result<Reply, git::Error> {
        if !caller.is_known() {
            return Ok(self.enrol_first(asked, small, "audits", typed));
        }
        let Some((view, audit)) = self.counted(small, typed)? else { return Ok(self.no_audit(asked, caller)) };
        let count = view.opened.count(&audit, &view.moment);
        if asked.wants_json() {
            let mut answer = count.report(&audit);
            answer["ok"] = true.into();
            return Ok(Reply::json(200, answer));
        }
        let is_left = !count.is_open && !view.opened.settlement(&audit, &view.moment).is_empty();
        Ok(self.page(&view, caller, 200, |look| {
            let sheet = sheet(&view, look, &asked.fields, &[], caller);
            let mut page = Page { title: audit.title.clone(), ..Page::default() };
            page.lines = vec![look.audit_time(&audit, &count), look.audit_sentence(&audit, &count)];
            page.bar = Some(look.audit_bar(&count));
            if count.is_open {
                page.ways = self.cameras(&view, look, &audit);
                page.forms.push(self.sightings_form(&sheet, Some(&audit), ""));
            }
            page.parts = parts(&view, look, &count);
            if caller.is_keeper && (count.is_open || is_left) {
                let word = look.word(if count.is_open { "audit_close" } else { "audit_apply" });
                page.links.push(self.link(&format!("audits/{}/close", audit.slug), word));
            }
            page.links.push(self.report(look, &audit));
            page
        }))
    }

    /// The report on the site.
    pub(super) fn report(&self, look: &Look, audit: &Audit) -> Link {
        Link { href: format!("{}audits/{}/", self.settings.site, audit.slug), word: look.word("audit_report") }
    }

    pub(super) fn no_audit(&self, asked: &Asked, caller: &Caller) -> Reply {
        self.refuse(asked, caller, 404, "unknown-audit", "audit_unknown_here")
    }

    /// An audit, and the register with all that it may be about: of one that is open what the index knows to lie in its scope,
    /// of any other everything.
    pub(super) fn counted(&self, small: &View, typed: &str) -> Result<Option<(View, Audit)>, git::Error> {
        let register = &small.opened.register;
        let slug = typed.trim_end_matches(".json").to_lowercase();
        let Some(audit) = register.audits.get(slug.as_str()) else { return Ok(None) };
        let numbers = self.look_up(|index| index.counted(audit, register, small.moment.now))?;
        let view = self.view(&numbers)?;
        let audit = view.opened.register.audits.get(slug.as_str()).cloned();
        Ok(audit.map(|audit| (view, audit)))
    }

    /// The way to the camera: where all is one place, there; else in each of its places by itself, as far as they are few.
    fn cameras(&self, view: &View, look: &Look, audit: &Audit) -> Vec<Link> {
        let inner = inner_places(view, audit);
        let to = |location: Option<&Slug>, word: String| {
            let place = location.map(|slug| format!("&location={slug}")).unwrap_or_default();
            Link { href: format!("{}scan/?audit={}{place}", self.settings.site, audit.slug), word }
        };
        let all = to(audit.location.as_ref().filter(|_| inner.is_empty()), look.word("audit_camera"));
        let named = |slug: &Slug| view.opened.register.location_name(slug).to_owned();
        let each = inner.iter().filter(|_| inner.len() <= PLACES).map(|slug| to(Some(slug), named(slug)));
        std::iter::once(all).chain(each).collect()
    }

    /// Numbers that were seen, to be typed or looked over; what names no asset goes on the audit's list.
    fn sightings_form(&self, sheet: &Sheet, audit: Option<&Audit>, typed: &str) -> Form {
        let look = sheet.look;
        let mut numbers = sheet.plain("numbers", look.word("audit_numbers"), "area", typed, true);
        numbers.hint = Some(look.word("audit_numbers_hint"));
        let usual =
            audit.and_then(|audit| audit.location.as_ref().filter(|_| inner_places(sheet.view, audit).is_empty()));
        let place = match sheet.fields.said("location") {
            Some(said) => said.to_lowercase(),
            // A camera that was sent out without a place brings none back.
            None => usual.map(Slug::to_string).filter(|_| sheet.fields.said("numbers").is_none()).unwrap_or_default(),
        };
        let none = Some(look.word("field_location_unsaid"));
        let places = sheet.places();
        let mut fields = vec![numbers];
        fields.extend(sheet.is_counter.then(|| sheet.speaker()));
        fields.push(sheet.select("location", look.word("field_location_seen"), false, none, places, &place));
        let mut hidden =
            vec![("kind".to_owned(), "audit".to_owned()), ("nonce".to_owned(), nonce_of(sheet.fields.said("scanned")))];
        hidden.extend(audit.map(|audit| ("audit".to_owned(), audit.slug.to_string())));
        hidden.extend(sheet.fields.said("scanned").map(|id| ("scanned".to_owned(), id.to_owned())));
        let (submit, first) = (look.word("audit_submit"), !typed.is_empty());
        Form { action: self.at("batch"), submit, first, fields, hidden, ..Form::default() }
    }

    /// What a camera or someone's eyes have seen, before it is recorded.
    pub(super) fn sightings_page(
        &self,
        asked: &Asked,
        caller: &Caller,
        typed: &str,
        wrong: &Wrong,
        status: u16,
    ) -> Result<Reply, git::Error> {
        let (found, unknown) = self.numbers(typed)?;
        let view = self.view(&found)?;
        let slug = asked.fields.said("audit").map(str::to_lowercase);
        let audit = slug.as_deref().and_then(|slug| view.opened.register.audits.get(slug));
        if slug.is_some() && audit.is_none() && status == 200 {
            return Ok(self.no_audit(asked, caller));
        }
        let mut tags: Vec<String> = unknown.iter().filter_map(|typed| unknown_tag(typed)).collect();
        tags.sort();
        tags.dedup();
        Ok(self.page(&view, caller, status, |look| {
            let sheet = sheet(&view, look, &asked.fields, wrong, caller);
            let mut page = Page { title: look.word("audit_seen_title"), ..Page::default() };
            if !wrong.is_empty() {
                let lines = wrong.iter().map(|(_, why)| why.clone()).collect();
                page.notice = Some(Notice { tone: "bad", title: look.word("desk_wrong"), lines });
            } else if !tags.is_empty() {
                let tags = [("numbers", Some(Phrase::text(&tags.join(", "))))];
                let title = look.say("basket_unknown", &tags).plain().to_owned();
                let lines = audit.map(|_| look.word("audit_unknown_goes")).into_iter().collect();
                page.notice = Some(Notice { tone: "warn", title, lines });
            }
            page.lines.extend(audit.map(|audit| Phrase::name(&audit.title)));
            let all: Vec<&str> = found.iter().map(Number::as_str).chain(tags.iter().map(String::as_str)).collect();
            page.forms.push(self.sightings_form(&sheet, audit, &all.join("\n")));
            let items: Vec<Item> = found.iter().map(|number| item(look, &view, number)).collect();
            let title = Phrase::text(look.count("audit_seen", items.len()).plain());
            page.parts = if items.is_empty() { Vec::new() } else { vec![Part { title, items, line: None }] };
            page.links.extend(audit.map(|audit| self.link(&format!("audits/{}", audit.slug), look.word("audit_back"))));
            page
        }))
    }
}

pub(super) fn sheet<'v>(
    view: &'v View,
    look: &'v Look<'v>,
    fields: &'v Fields,
    wrong: &'v [(String, String)],
    caller: &'v Caller,
) -> Sheet<'v> {
    Sheet { view, look, fields, wrong, person: caller.person.as_ref(), is_counter: caller.is_counter }
}

/// The places within the one that an audit counts.
fn inner_places<'v>(view: &'v View, audit: &Audit) -> Vec<&'v Slug> {
    let Some(scope) = &audit.location else { return Vec::new() };
    let locations = &view.opened.register.locations;
    let inner = |slug: &&Slug| *slug != scope && locations.is_within(slug, scope);
    locations.iter().map(|place| &place.slug).filter(inner).collect()
}

/// What is amiss, and what was found.
fn parts(view: &View, look: &Look, count: &Count) -> Vec<Part> {
    let unseen = if count.is_open { "audit_not_yet" } else { "audit_missing" };
    let seen = |sighted: &Sighted| {
        let line = Some(look.sighted_line(sighted));
        Item { line, ..item(look, view, &sighted.number) }
    };
    let tag = |tag: &String| Item { number: tag.clone(), tone: "warn", ..Item::default() };
    let lists: Vec<(&str, usize, Vec<Item>)> = vec![
        (unseen, count.unseen.len(), few(&count.unseen, |number| item(look, view, number))),
        ("audit_misplaced", count.misplaced.len(), few(&count.misplaced, seen)),
        ("audit_unexpected", count.unexpected.len(), few(&count.unexpected, seen)),
        ("audit_unknown", count.unknown.len(), few(&count.unknown, tag)),
        ("audit_found", count.found.len(), few(&count.found, seen)),
    ];
    let part = |(word, all, items): (&str, usize, Vec<Item>)| {
        let more = all - items.len();
        let line = (more > 0).then(|| look.count("and_more", more));
        Part { title: look.audit_heading(word, all), items, line }
    };
    lists.into_iter().filter(|(_, all, _)| *all > 0).map(part).collect()
}

fn few<T>(all: &[T], as_item: impl Fn(&T) -> Item) -> Vec<Item> {
    all.iter().take(MOST).map(as_item).collect()
}
