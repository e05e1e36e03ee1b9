//! Many at once: a basket to take, a basket to bring back, and what became of each thing in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::asked::{Asked, Fields};
use super::forms::Sheet;
use super::motion::Noting;
use super::motions::{Fate, Wrong, refused_items};
use super::pages::{button, item, kept, nonce};
use super::receipt::recorded_line;
use super::reply::{Reply, no};
use super::scanner::is_scanned;
use super::who::{Caller, SPEAKER};
use super::{Desk, View};
use crate::git;
use crate::register::auditing::unknown_tag;
use crate::register::motion::{MOST_AT_ONCE, PassedOver, kind};
use crate::register::tags::{on_label, words};
use crate::register::time::instant;
use crate::register::{Action, EventId, Motion, Number, Refusal, Refusals, Slug, Tz};
use crate::site::Phrase;
use crate::site::desk::{Input, Item, Look, Notice, View as Page};

/// Bytes of numbers that a phone keeps in its basket: a cookie has 4,096 at most.
const MOST_KEPT: usize = 3500;

/// The cookie that keeps the basket.
const BASKET: &str = "tagbook_basket";

/// What can become of a thing that one had: as forms say it.
const FATES: &[&str] = &["back", "mine", "other", "broken", "unknown"];

/// Fields that go for all of a batch.
const COMMON: &[&str] = &[
    "kind",
    "numbers",
    "due",
    "to",
    "location",
    "condition",
    "note",
    "job",
    "nonce",
    "by",
    "at",
    "last",
    "rest",
    "audit",
    "scanned",
];

/// The numbers as a cookie keeps them, of the newest as many as have room in it.
fn newest(numbers: &[Number], room: usize) -> String {
    let mut length = 0;
    let newest = numbers.iter().rev().take_while(|number| {
        length += number.as_str().len() + 1;
        length <= room
    });
    let mut newest: Vec<&str> = newest.map(Number::as_str).collect();
    newest.reverse();
    newest.join(".")
}

/// What is to become of one asset: a kind, an intent or a fate, and its own fields.
struct Wish {
    typed: String,
    what: String,
    fields: Fields,
}

impl Desk {
    /// The basket: what is in it, and what can be done with all of it.
    pub(super) fn basket(&self, asked: &Asked, small: &View, caller: &Caller) -> Result<Reply, git::Error> {
        if !caller.is_known() {
            return Ok(self.enrol_page(asked, small, caller, Some(401)));
        }
        if is_of_sightings(&asked.fields) {
            let typed = asked.fields.said("numbers").unwrap_or_default();
            return self.sightings_page(asked, caller, typed, &Vec::new(), 200);
        }
        if is_scanned(asked) {
            let typed = asked.fields.said("numbers").unwrap_or_default();
            return self.basket_page(asked, caller, typed, &Vec::new(), 200);
        }
        // The phone keeps it: what is scanned comes to what was scanned before.
        let kept = asked.cookie(BASKET).unwrap_or_default().replace('.', " ");
        let typed = format!("{kept} {}", asked.fields.said("numbers").unwrap_or_default());
        let reply = self.basket_page(asked, caller, &typed, &Vec::new(), 200)?;
        let (numbers, _) = self.numbers(&typed)?;
        Ok(reply.with_cookie(self.cookie(BASKET, &newest(&numbers, MOST_KEPT), true)))
    }

    /// Empties the basket, which only the phone knows.
    pub(super) fn empty(&self) -> Reply {
        Reply::elsewhere(self.at("batch")).with_cookie(self.cookie(BASKET, "", true))
    }

    fn basket_page(
        &self,
        asked: &Asked,
        caller: &Caller,
        typed: &str,
        wrong: &Wrong,
        status: u16,
    ) -> Result<Reply, git::Error> {
        if is_of_sightings(&asked.fields) {
            return self.sightings_page(asked, caller, typed, wrong, status);
        }
        let (found, unknown) = self.numbers(typed)?;
        let view = self.view(&found)?;
        Ok(self.page(&view, caller, status, |look| {
            let sheet = Sheet {
                view: &view,
                look,
                fields: &asked.fields,
                wrong,
                person: caller.person.as_ref(),
                is_counter: caller.is_counter,
            };
            let mut page = Page { title: look.word("basket_title"), ..Page::default() };
            page.items = found.iter().map(|number| item(look, &view, number)).collect();
            if !unknown.is_empty() {
                let line = look.say("basket_unknown", &[("numbers", Some(Phrase::text(&unknown.join(", "))))]);
                page.notice = Some(Notice { tone: "warn", title: line.plain().to_owned(), lines: Vec::new() });
            } else if !wrong.is_empty() {
                page.notice = Some(Notice { tone: "bad", title: look.word("desk_wrong"), lines: Vec::new() });
            }
            let mistyped = unknown.iter().filter(|typed| view.opened.register.is_mistyped_tag(typed));
            page.lines.extend(mistyped.map(|typed| Phrase::text(&format!("{typed}: {}", look.word("desk_check")))));
            // The scanner wants to know of each what became of it.
            let rest = unknown.iter().filter(|_| is_scanned(asked)).map(String::as_str);
            let numbers: Vec<&str> = found.iter().map(Number::as_str).chain(rest).collect();
            let mut input = sheet.plain("numbers", look.word("basket_numbers"), "area", &numbers.join("\n"), true);
            input.hint = Some(look.word("basket_hint"));
            page.forms.push(self.form_for_all(asked, &sheet, input));
            page.links.push(self.to_scanner("", look.word("basket_scan")));
            if !found.is_empty() && !is_scanned(asked) {
                page.forms.push(button(self.at("empty"), look.word("basket_empty"), Vec::new()));
            }
            page
        }))
    }

    /// The assets that are named in a text, each once, and what names none.
    pub(super) fn numbers(&self, typed: &str) -> Result<(Vec<Number>, Vec<String>), git::Error> {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for word in words(typed) {
            match self.named(word)? {
                Some(number) if found.contains(&number) => {}
                Some(number) => found.push(number),
                None => unknown.push(word.chars().take(60).collect()),
            }
        }
        Ok((found, unknown))
    }

    /// The asset that a word names, by its number, a former one, or the address on its label.
    pub(super) fn named(&self, word: &str) -> Result<Option<Number>, git::Error> {
        let word = on_label(word);
        if word.contains(char::is_control) {
            return Ok(None);
        }
        self.look_up(|index| {
            let exact = Number::typed(word).ok().and_then(|number| index.resolve(&number));
            exact.or_else(|| index.alike(word)).cloned()
        })
    }

    /// Records one motion of many assets as one commit: whatever can be, and says of the rest why not.
    pub(super) fn record_many(&self, asked: &Asked, small: &View, caller: &Caller) -> Result<Reply, git::Error> {
        if !caller.is_known() {
            return Ok(self.enrol_first(asked, small, "batch", ""));
        }
        let is_known = |field: &str| {
            COMMON.contains(&field) || ["item.", "to.", "note.", "of."].iter().any(|prefix| field.starts_with(prefix))
        };
        if let Some((stranger, _)) = asked.fields.iter().find(|(field, _)| !is_known(field)) {
            let words = format!("a batch has no field `{}`", stranger.escape_debug());
            return Ok(self.plainly(asked, 400, "unknown-field", &words));
        }
        let wishes = wishes(&asked.fields);
        let is_mine = asked.fields.said("numbers").is_none() && asked.fields.under("item.").next().is_some();
        if wishes.is_empty() && is_mine && !asked.wants_json() {
            // Nothing was said of anything: all of it stays as it is.
            return Ok(Reply::elsewhere(self.at("me")));
        }
        if wishes.is_empty() || wishes.len() > MOST_AT_ONCE {
            return self.wrong_batch(asked, caller, "numbers", "basket_none");
        }
        let person = match self.speaker(asked, caller, small) {
            Ok(person) => person,
            Err(Some(reply)) => return Ok(reply),
            Err(None) => return self.wrong_batch(asked, caller, "by", "field_by_missing"),
        };
        let nonce = asked.fields.said("nonce").unwrap_or_default();
        let but: &[&str] = if nonce.is_empty() { &["by"] } else { &["by", "at"] };
        let all: String = kept(&asked.fields, but).iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let batch = EventId::hashed(&[person.as_str(), nonce, &all, "batch"]).as_str()[..8].to_owned();
        let audit = asked.fields.said("audit").filter(|_| is_of_sightings(&asked.fields));
        let audit = audit.map(|audit| Slug::referred(&audit.to_lowercase()));
        if audit.as_ref().is_some_and(|audit| !small.opened.register.audits.contains_key(audit)) {
            return self.wrong_batch(asked, caller, "audit", "audit_unknown_here");
        }
        let noting = audit.map(|audit| Noting { audit, tags: Vec::new() });
        let mut basket = Basket { batch, noting, ..Basket::default() };
        for wish in &wishes {
            if let Some(bad) = self.add(wish, &person, small, &mut basket)? {
                let is_listed = asked.fields.said("numbers").is_some() && !asked.wants_json();
                return if is_listed {
                    let typed: Vec<&str> = wishes.iter().map(|wish| wish.typed.as_str()).collect();
                    self.basket_page(asked, caller, &typed.join(" "), &bad, 422)
                } else {
                    self.wrong_mine(asked, small, caller, &bad)
                };
            }
        }
        let has_tags = basket.noting.as_ref().is_some_and(|noting| !noting.tags.is_empty());
        if basket.motions.is_empty() && basket.refused.is_empty() && !has_tags {
            return self.wrong_batch(asked, caller, "numbers", "basket_none");
        }
        self.set_apart(&mut basket)?;
        let motions = std::mem::take(&mut basket.motions);
        let noting = basket.noting.clone().filter(|_| has_tags);
        let fate = self.decide((motions, noting), small, &person, caller);
        let reply = self.tell_of_many(asked, caller, &basket, fate)?;
        // What could not be recorded is still in it; what the scanner or an audit saw never was.
        let is_done = reply.status == 200 && !is_scanned(asked) && !is_of_sightings(&asked.fields);
        let reply = if is_done { reply.with_cookie(self.cookie(BASKET, "", true)) } else { reply };
        Ok(if caller.is_counter { reply.with_cookie(self.cookie(SPEAKER, person.as_str(), true)) } else { reply })
    }

    /// What was said of a part by itself, and could be done or not, holds for it and all that is in it, whatever becomes of
    /// its kit.
    fn set_apart(&self, basket: &mut Basket) -> Result<(), git::Error> {
        let refused = basket.refused.iter().map(|(number, _)| number);
        let named: BTreeSet<&Number> = basket.numbers.iter().chain(refused).collect();
        for motion in basket.motions.iter_mut().filter(|motion| motion.moves_parts()) {
            motion.except = self.look_up(|index| {
                let parts: Vec<Number> = motion.numbers.iter().flat_map(|kit| index.parts(kit)).collect();
                let own = parts.iter().filter(|part| named.contains(part));
                let apart: BTreeSet<Number> =
                    own.flat_map(|part| std::iter::once(part.clone()).chain(index.parts(part))).collect();
                apart.into_iter().collect()
            })?;
        }
        Ok(())
    }

    /// Adds what is to become of one asset; what is wrong with it where nothing can be made of it.
    fn add(&self, wish: &Wish, person: &Slug, small: &View, basket: &mut Basket) -> Result<Option<Wrong>, git::Error> {
        let number = self.named(&wish.typed)?;
        let Some(number) = number else {
            if let (Some(noting), Some(tag)) = (&mut basket.noting, unknown_tag(&wish.typed)) {
                noting.tags.push(tag);
                return Ok(None);
            }
            basket.unread.push(wish.typed.chars().take(60).collect());
            return Ok(None);
        };
        if basket.numbers.contains(&number) {
            return Ok(None);
        }
        if wish.what == "other" && wish.fields.said("to").is_none() {
            let why = Refusal::new("no-person", "who has it is not said").instead("say who, or that you do not know");
            basket.refused.push((number, why));
            return Ok(None);
        }
        let Some((name, fields)) = meant(wish) else {
            let why = format!("`{}` is nothing that could happen to `{number}`", wish.what.escape_debug());
            return Ok(Some(vec![("kind".into(), why)]));
        };
        match self.motion(&fields, name, &number, person, small) {
            Ok(motion) => basket.motions.push(Motion { batch: Some(basket.batch.clone()), ..motion }),
            Err(wrong) => return Ok(Some(wrong)),
        }
        basket.numbers.push(number);
        Ok(None)
    }

    fn wrong_batch(&self, asked: &Asked, caller: &Caller, field: &str, word: &str) -> Result<Reply, git::Error> {
        let why = self.stand(&self.view(&[])?, true, "").look(|look| look.word(word));
        if asked.wants_json() {
            return Ok(Reply::json(422, no("bad-field", &format!("{field}: {why}"))));
        }
        let typed: Vec<String> = wishes(&asked.fields).into_iter().map(|wish| wish.typed).collect();
        self.basket_page(asked, caller, &typed.join(" "), &vec![(field.to_owned(), why)], 422)
    }

    fn tell_of_many(&self, asked: &Asked, caller: &Caller, basket: &Basket, fate: Fate) -> Result<Reply, git::Error> {
        let (commit, mut outcome, mut refusals) = match fate {
            Fate::Failed(failure) => return Ok(self.failed(asked, &failure.to_string())),
            Fate::Revoked => return Ok(self.enrol_first(asked, &self.view(&[])?, "batch", "")),
            Fate::No(outcome, refusals) => (None, outcome, refusals),
            Fate::Written(commit, mut outcome) => {
                let refusals = std::mem::take(&mut outcome.refused);
                (commit, outcome, refusals)
            }
        };
        refusals.extend(basket.refused.iter().cloned());
        let zone = outcome.opened.as_ref().map_or(Tz::UTC, |opened| opened.register.config.timezone);
        // What has been undone or overtaken since is not told as if it held.
        let past: Vec<_> = outcome.known.extract_if(.., |known| known.is_past).collect();
        refusals.extend(past.into_iter().map(|known| {
            let refusal = Refusal::recorded_before(&known.event, zone);
            (known.number, refusal)
        }));
        let done: Vec<(Number, crate::register::Event)> = outcome
            .done
            .iter()
            .map(|request| (request.number.clone(), request.event.clone()))
            .chain(outcome.known.iter().map(|known| (known.number.clone(), known.event.clone())))
            .collect();
        let commit = match (commit, done.first()) {
            (Some(commit), _) => Some(commit.to_string()),
            (None, Some((number, event))) => self.commit_of(number, event)?,
            (None, None) => None,
        };
        let mistyped = !refusals.is_empty() && refusals.iter().all(|(_, refusal)| super::reply::status(refusal) == 422);
        let noted = std::mem::take(&mut outcome.noted);
        let status = match (done.is_empty() && noted.is_empty(), mistyped) {
            (false, _) => 200,
            (true, true) => 422,
            (true, false) => 409,
        };
        let view =
            self.view(&[done.iter().map(|(number, _)| number.clone()).collect(), basket.numbers.clone()].concat())?;
        let mut reply = if asked.wants_json() {
            let mut answer = many_json(&done, commit.as_deref(), self.refused(&refusals)?, basket);
            if !noted.is_empty() {
                answer["ok"] = true.into();
                answer["unknown"] = json!(noted);
            }
            Reply::json(status, answer)
        } else {
            self.page(&view, caller, status, |look| {
                let receipt =
                    Receipt { done: &done, noted: &noted, commit: commit.as_deref(), refusals: &refusals, basket };
                let mut page = self.receipt_of_many(&view, look, caller, &receipt, &outcome.passed_over);
                let refused = receipt.refusals.iter().map(|(number, _)| number.to_string());
                let left: Vec<String> = refused.chain(basket.unread.iter().cloned()).collect();
                let is_recorded = !done.is_empty() || !noted.is_empty();
                page.links.extend(self.scan_on(asked, look, is_recorded, &left));
                page
            })
        };
        reply.has_recorded = !outcome.done.is_empty() || !noted.is_empty();
        Ok(reply)
    }

    fn receipt_of_many(
        &self,
        view: &View,
        look: &Look,
        caller: &Caller,
        receipt: &Receipt,
        passed_over: &[PassedOver],
    ) -> Page {
        let Receipt { done, noted, commit, refusals, basket } = *receipt;
        // The last word on each asset.
        let last: BTreeMap<&Number, &crate::register::Event> =
            done.iter().map(|(number, event)| (number, event)).collect();
        let mut page = Page { title: look.word("receipt_title"), ..Page::default() };
        let not_done = refusals.len() + basket.unread.len();
        let count = |name: &str, n: usize| look.count(name, n).plain().to_owned();
        page.notice = Some(Notice {
            tone: match last.len() + noted.len() {
                0 => "bad",
                _ if not_done > 0 => "warn",
                _ => "go",
            },
            title: match (last.len(), noted.len()) {
                (0, 0) => look.word("receipt_none"),
                (0, tags) => count("receipt_noted", tags),
                (things, _) => count("receipt_count", things),
            },
            lines: (not_done > 0).then(|| count("receipt_not", not_done)).into_iter().collect(),
        });
        page.items = refused_items(look, view, refusals);
        page.items.extend(basket.unread.iter().map(|typed| Item {
            number: typed.clone(),
            line: Some(Phrase::text(&look.word(unknown(view, typed)))),
            tone: "bad",
            ..Item::default()
        }));
        page.items.extend(noted.iter().map(|tag| Item {
            number: tag.clone(),
            line: Some(Phrase::text(&look.word("receipt_noted_line"))),
            tone: "warn",
            ..Item::default()
        }));
        page.items.extend(passed_over.iter().map(|passed| Item {
            line: Some(match &passed.holder {
                Some(holder) => look.say("receipt_kept", &[("who", Some(Phrase::name(&look.called(holder))))]),
                None => Phrase::text(&look.word("receipt_passed_over")),
            }),
            tone: "off",
            ..item(look, view, &passed.number)
        }));
        page.items.extend(last.iter().map(|(number, event)| Item {
            line: look.sentence(number, &event.id),
            tone: "go",
            ..item(look, view, number)
        }));
        if let Some((_, event)) = done.last() {
            page.lines.push(recorded_line(look, event, commit));
        }
        if last.values().any(|event| !matches!(event.action, Action::Void { .. })) {
            let mut hidden = vec![("nonce".to_owned(), nonce())];
            if caller.is_counter {
                hidden.extend(done.last().map(|(_, event)| ("by".to_owned(), event.by.to_string())));
            }
            for number in last.keys() {
                let of: Vec<&str> =
                    done.iter().filter(|(of, _)| of == *number).map(|(_, event)| event.id.as_str()).collect();
                hidden.push((format!("item.{number}"), "void".into()));
                hidden.push((format!("of.{number}"), of.join(" ")));
            }
            page.forms.push(button(self.at("batch"), look.word("do_undo_all"), hidden));
        }
        if let Some(noting) = &basket.noting {
            page.ways.push(self.link(&format!("audits/{}", noting.audit), look.word("audit_back")));
        }
        page
    }
}

/// What is decided together.
#[derive(Default)]
struct Basket {
    batch: String,
    motions: Vec<Motion>,
    /// What names no asset.
    unread: Vec<String>,
    /// What cannot be decided, for it was not said whole.
    refused: Refusals,
    numbers: Vec<Number>,
    /// The audit that it was seen in, and what names no asset then.
    noting: Option<Noting>,
}

/// What became of it.
struct Receipt<'r> {
    done: &'r [(Number, crate::register::Event)],
    noted: &'r [String],
    commit: Option<&'r str>,
    refusals: &'r Refusals,
    basket: &'r Basket,
}

/// Whether a batch is of things that were seen, in an audit or not.
fn is_of_sightings(fields: &Fields) -> bool {
    fields.said("kind") == Some("audit")
}

/// What is asked for each asset: by `numbers` and `kind`, or one by one.
fn wishes(fields: &Fields) -> Vec<Wish> {
    let what = fields.said("kind").unwrap_or("have");
    let mut seen = BTreeSet::new();
    let listed = words(fields.said("numbers").unwrap_or_default()).map(|word| (word.to_owned(), what.to_owned()));
    // What nothing was said of is what was said of the rest.
    let rest = fields.said("rest").unwrap_or_default();
    let each = fields.under("item.").map(|(number, what)| {
        let is_with_someone = fields.said(&format!("to.{number}")).is_some();
        let usual = if is_with_someone { "other" } else { rest };
        (number.to_owned(), if what.is_empty() { usual } else { what }.to_owned())
    });
    let each = each.filter(|(_, what)| !what.is_empty());
    let all = listed.chain(each).filter(|(typed, _)| seen.insert(typed.to_uppercase()));
    all.map(|(typed, what)| {
        let mut own = Fields::default();
        for name in ["due", "to", "location", "condition", "note", "job", "at", "last", "nonce", "audit"] {
            if let Some(said) = fields.said(name) {
                own.set(name, said);
            }
        }
        for name in ["to", "note", "of"] {
            if let Some(said) = fields.said(&format!("{name}.{typed}")) {
                own.set(name, said);
            }
        }
        Wish { typed, what, fields: own }
    })
    .collect()
}

/// What a wish comes to: the kind or intent, and the fields that it takes.
fn meant(wish: &Wish) -> Option<(&'static str, Fields)> {
    let mut fields = wish.fields.clone();
    let name = match wish.what.as_str() {
        "mine" => {
            fields.set("to", "");
            "have"
        }
        "other" => "have",
        "broken" => {
            if fields.said("note").is_none() {
                fields.set("note", "broken");
            }
            fields.set("severity", "major");
            "report"
        }
        "unknown" => "missing",
        name => kind(name)?.name,
    };
    // A day that is meant for what stays with someone is none for what comes back.
    let takes = kind(name)?.fields;
    let mut own = Fields::default();
    for (key, value) in fields.iter() {
        let is_common = matches!(key, "note" | "job" | "at" | "last" | "nonce");
        if is_common || takes.iter().any(|(known, _)| *known == key) {
            own.set(key, value);
        }
    }
    Some((name, own))
}

/// What can be said of a thing that one had, and to whom it went.
pub(super) fn fates(look: &Look, sheet: &Sheet, number: &Number) -> Vec<Input> {
    let (name, who) = (format!("item.{number}"), format!("to.{number}"));
    let said = |name: &str| sheet.fields.said(name).unwrap_or_default().to_owned();
    let fate = |fate: &&str| ((*fate).to_owned(), look.word(&format!("fate_{fate}")));
    let all = FATES.iter().map(fate).collect();
    let mut what = sheet.select(&name, look.word("fate_label"), false, Some(look.word("fate_none")), all, &said(&name));
    what.class = "fate";
    let mut who = sheet.select(&who, look.word("fate_who"), false, Some("–".into()), sheet.people(), &said(&who));
    who.hint = Some(look.word("fate_who_hint"));
    who.class = "who";
    vec![what, who]
}

/// Why a typed word names nothing.
pub(super) fn unknown(view: &View, typed: &str) -> &'static str {
    if view.opened.register.is_mistyped_tag(typed) { "desk_check" } else { "desk_unknown" }
}

fn many_json(
    done: &[(Number, crate::register::Event)],
    commit: Option<&str>,
    mut refusals: Vec<Value>,
    basket: &Basket,
) -> Value {
    let events: Vec<Value> = done
        .iter()
        .map(|(number, event)| json!({"number": number, "event": event.id, "at": instant(event.at)}))
        .collect();
    refusals.extend(basket.unread.iter().map(|typed| {
        json!({"code": "unknown-asset", "message": format!("there is no asset `{}`", typed.escape_debug()), "number": typed})
    }));
    json!({"ok": !done.is_empty(), "batch": basket.batch, "commit": commit, "events": events, "refusals": refusals})
}
