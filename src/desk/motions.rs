//! Motions of one asset: the form, what was typed, the decision, and the way on from there.

use std::sync::Arc;

use chrono::{Months, NaiveDate};
use serde_json::{Value, json};

use super::asked::{Asked, Fields};
use super::forms::{COMMON, Sheet, is_for_oneself};
use super::motion::{self, Noting, Outcome, Slot};
use super::pages::{button, in_words, item, kept, nonce, notice};
use super::parts::PHOTO;
use super::reply::{Reply, no, status};
use super::who::{COOKIES, Caller, SPEAKER};
use super::{Desk, View, locked};
use crate::git::{self, Answer, Failure};
use crate::register::motion::{kind, moves_kits};
use crate::register::picture::{MOST_PHOTOS, Photo};
use crate::register::time::instant;
use crate::register::typed::{Typing, happened, text};
use crate::register::{Event, EventId, Moment, Motion, Number, Refusal, Refusals, Slug, What};
use crate::site::Phrase;
use crate::site::desk::{Input, Item, Look, Notice, View as Page};

/// Years ahead that a day may be.
const AHEAD: u32 = 10;

/// What is wrong with which field.
pub(super) type Wrong = Vec<(String, String)>;

/// What a desk that could not write says of it.
pub(super) enum Fate {
    /// It is written, in this commit.
    Written(Option<git2::Oid>, Outcome),
    /// No, for these reasons.
    No(Outcome, Refusals),
    /// The phone that asked is enrolled no more.
    Revoked,
    /// The world failed.
    Failed(Failure),
}

impl Desk {
    /// The form of a motion.
    pub(super) fn motion_page(
        &self,
        asked: &Asked,
        caller: &Caller,
        typed: &str,
        name: &str,
    ) -> Result<Reply, git::Error> {
        if kind(name).is_none() {
            return Ok(self.not_found(asked));
        }
        if !caller.is_known() {
            let view = self.view(&[])?;
            if name == "report" && !has_token(asked) && view.opened.register.config.desk.anonymous_reports {
                return self.stranger_report_page(asked, typed, &[], 200);
            }
            return Ok(self.enrol_first(asked, &view, typed, name));
        }
        let Some((number, view)) = self.find(typed)? else { return Ok(self.unknown_asset(asked, caller)) };
        let view = self.with_parts(view, &number)?;
        Ok(self.form(&view, caller, &number, name, &asked.fields, &Said::default()))
    }

    /// The form of a motion, with what was typed and what was said of it.
    fn form(&self, view: &View, caller: &Caller, number: &Number, name: &str, fields: &Fields, said: &Said) -> Reply {
        let Some(kind) = kind(name) else { return Reply::default() };
        self.page(view, caller, said.status.unwrap_or(200), |look| {
            let sheet = Sheet {
                view,
                look,
                fields,
                wrong: &said.wrong,
                person: caller.person.as_ref(),
                is_counter: caller.is_counter,
            };
            let mut inputs = sheet.of(kind, Some(number));
            if said.has_photos {
                sheet.ask_again(&mut inputs);
            }
            let parts = if moves_kits(name) { self.parts(view, look, number, fields) } else { Vec::new() };
            let last = view.opened.ledger.log(number).events().last();
            let mut hidden = vec![
                ("last".to_owned(), last.map(|logged| logged.event.id.to_string()).unwrap_or_default()),
                ("nonce".to_owned(), nonce()),
            ];
            if !parts.is_empty() {
                hidden.push(("ticked".into(), "1".into()));
            }
            let form = crate::site::desk::Form {
                action: self.at(&format!("{number}/{name}")),
                submit: look.of_kind(name),
                first: true,
                fields: inputs,
                items: parts,
                hidden,
                ..Default::default()
            };
            let offers = said.offers.iter().map(|offer| {
                let last = form.hidden.clone().into_iter().filter(|(name, _)| name != "ticked").collect();
                button(self.at(&format!("{number}/{offer}")), look.word(&format!("do_{offer}")), last)
            });
            let mut page = about(view, look, number);
            page.title = look.of_kind(name);
            page.notice = said.notice(look);
            page.forms = offers.chain([form.clone()]).collect();
            page.links.push(self.link(number.as_str(), look.word("desk_to_asset")));
            page
        })
    }

    /// The parts of a kit, and what comes with each, to be ticked.
    fn parts(&self, view: &View, look: &Look, kit: &Number, fields: &Fields) -> Vec<Item> {
        let parts = self.look_up(|index| index.parts(kit)).unwrap_or_default();
        let tick = |name: String, label: String| {
            let is_ticked = fields.said("ticked").is_none() || fields.said(&name).is_some();
            let value = if is_ticked { "on" } else { "" };
            Input { name, label, kind: "check", value: value.into(), ..Input::default() }
        };
        let row = |number: &Number| {
            let whole = (!parts.is_empty()).then(|| tick(format!("with.{number}"), look.word("field_with")));
            let contents = contents(view, number).iter().enumerate();
            let contents = contents.map(|(at, thing)| tick(format!("has.{at}.{number}"), thing.clone()));
            Item { fields: whole.into_iter().chain(contents).collect(), ..item(look, view, number) }
        };
        let rows: Vec<Item> = std::iter::once(kit).chain(&parts).map(row).collect();
        if rows.iter().all(|row| row.fields.is_empty()) { Vec::new() } else { rows }
    }

    /// What should have come along and was not ticked, for the note; nothing where nobody was asked.
    fn not_ticked(&self, view: &View, number: &Number, fields: &Fields) -> Result<Option<String>, git::Error> {
        if fields.said("ticked").is_none() {
            return Ok(None);
        }
        let parts = self.look_up(|index| index.parts(number))?;
        let comes = |part: &&Number| parts.is_empty() || fields.said(&format!("with.{part}")).is_some();
        let mut missing = Vec::new();
        for part in std::iter::once(number).chain(&parts).filter(comes) {
            let contents = contents(view, part).iter().enumerate();
            let lacks = |at: &usize| fields.said(&format!("has.{at}.{part}")).is_none();
            missing.extend(contents.filter(|(at, _)| lacks(at)).map(|(_, thing)| thing.as_str()));
        }
        let things = Some(Phrase::text(&missing.join(", "))).filter(|_| !missing.is_empty());
        Ok(things.map(|things| {
            self.stand(view, true, "")
                .look(|look| look.say("desk_without", &[("things", Some(things))]).plain().to_owned())
        }))
    }

    /// Records a motion.
    pub(super) fn record_one(
        &self,
        asked: &Asked,
        caller: &Caller,
        typed: &str,
        name: &str,
    ) -> Result<Reply, git::Error> {
        let Some(known) = kind(name) else { return Ok(self.not_found(asked)) };
        if !caller.is_known() {
            let view = self.view(&[])?;
            if name == "report" && !has_token(asked) && view.opened.register.config.desk.anonymous_reports {
                return self.stranger_report(asked, typed);
            }
            return Ok(self.enrol_first(asked, &view, typed, name));
        }
        let is_known = |field: &str| {
            known.fields.iter().any(|(key, _)| *key == field)
                || COMMON.contains(&field)
                || (moves_kits(name) && (field.starts_with("with.") || field.starts_with("has.")))
        };
        if let Some((stranger, _)) = asked.fields.iter().find(|(field, _)| !is_known(field)) {
            let words = format!("`{name}` has no field `{}`", stranger.escape_debug());
            return Ok(self.plainly(asked, 400, "unknown-field", &words));
        }
        let Some((number, view)) = self.find(typed)? else { return Ok(self.unknown_asset(asked, caller)) };
        let view = self.with_parts(view, &number)?;
        let person = match self.speaker(asked, caller, &view) {
            Ok(person) => person,
            Err(Some(reply)) => return Ok(reply),
            Err(None) => {
                let why = self.stand(&view, true, "").look(|look| look.word("field_by_missing"));
                return Ok(self.wrong(asked, &view, caller, (&number, name), vec![("by".into(), why)], 422));
            }
        };
        let motion = self.motion(&asked.fields, name, &number, &person, &view);
        let photos = self.photos(asked, &view, MOST_PHOTOS);
        let (mut motion, photos) = match (motion, photos) {
            (Ok(motion), Ok(photos)) => (motion, photos),
            (motion, photos) => {
                let (status, why) = photos.err().unzip();
                let wrong = motion.err().into_iter().flatten().chain(why.map(|why| (PHOTO.to_owned(), why)));
                return Ok(self.wrong(asked, &view, caller, (&number, name), wrong.collect(), status.unwrap_or(422)));
            }
        };
        // The same photos again are the same request.
        motion.seed.extend(photos.iter().map(Photo::hash));
        motion.photos = photos;
        if let Some(without) = self.not_ticked(&view, &number, &asked.fields)? {
            motion.note = Some(motion.note.map_or(without.clone(), |note| format!("{note} ({without})")));
        }
        let fate = self.decide((vec![motion], None), &view, &person, caller);
        let reply = self.tell_of_one(asked, caller, &number, name, fate)?;
        Ok(if caller.is_counter { reply.with_cookie(self.cookie(SPEAKER, person.as_str(), true)) } else { reply })
    }

    /// Who records: at a counter whoever is named, else whose phone it is.
    pub(super) fn speaker(&self, asked: &Asked, caller: &Caller, view: &View) -> Result<Slug, Option<Reply>> {
        match (asked.fields.said("by"), &caller.person) {
            (Some(by), _) if caller.is_counter => {
                let slug = Slug::referred(&by.to_lowercase());
                let is_here = super::who::is_here(&view.opened, &slug, &view.moment);
                if is_here { Ok(slug) } else { Err(None) }
            }
            (Some(by), Some(own)) if by.to_lowercase() != own.as_str() => {
                Err(Some(self.refuse(asked, caller, 403, "not-you", "desk_not_you")))
            }
            (_, Some(own)) => Ok(own.clone()),
            (_, None) => Err(None),
        }
    }

    /// What was typed, as a motion.
    pub(super) fn motion(
        &self,
        fields: &Fields,
        name: &str,
        number: &Number,
        person: &Slug,
        view: &View,
    ) -> Result<Motion, Wrong> {
        let config = &view.opened.register.config;
        let typing = Typing { moment: view.moment, zone: config.timezone, currency: config.currency };
        let own = |key: &str| (is_for_oneself(name) && matches!(key, "to" | "for")).then(|| person.as_str());
        let given = |key: &str| fields.said(key).or(own(key)).map(|said| vec![said.to_owned()]).unwrap_or_default();
        let mut wrong: Wrong = Vec::new();
        let what = What::typed(name, &given, person, &typing);
        let what = what.map_err(|all| wrong.extend(all.into_iter().map(|(key, why)| (key.to_owned(), why)))).ok();
        for key in ["due", "until", "next"] {
            let day = fields.said(key).and_then(|day| day.parse::<NaiveDate>().ok());
            let last = view.moment.today.checked_add_months(Months::new(12 * AHEAD));
            if day.zip(last).is_some_and(|(day, last)| day > last) {
                wrong.push((key.into(), format!("that is more than {AHEAD} years ahead")));
            }
        }
        let mut said = |key: &str| {
            let typed = fields.said(key).map(text).transpose();
            typed.map_err(|why| wrong.push((key.to_owned(), why))).ok().flatten()
        };
        let (note, batch) = (said("note"), said("batch"));
        let at = fields.said("at").map(|at| happened(at, &typing)).transpose();
        let at = at.map_err(|why| wrong.push(("at".into(), why))).ok().flatten();
        let slug = fields.said("job").map(|job| Slug::parse(&job.to_lowercase())).transpose();
        let job = slug.map_err(|why| wrong.push(("job".into(), why))).ok().flatten();
        let except = self.except(fields, number).map_err(|why| wrong.push(("except".into(), why))).ok();
        // Who ticks a part says that it is there, whoever has it by the register.
        let ticked = fields.under("with.").filter(|(part, _)| *part != number.as_str());
        let ticked = ticked.filter_map(|(part, _)| Number::parse(part).ok());
        match (what, except) {
            (Some(what), Some(except)) if wrong.is_empty() => Ok(Motion {
                what,
                numbers: std::iter::once(number.clone()).chain(ticked).collect(),
                except,
                by: person.clone(),
                at,
                note,
                batch,
                job,
                photos: Vec::new(),
                after: fields.said("last").and_then(|last| EventId::parse(last).ok()),
                seed: seed(person, name, fields),
            }),
            _ => Err(wrong),
        }
    }

    /// The parts that stay behind: those that were named, or those that were not ticked.
    fn except(&self, fields: &Fields, kit: &Number) -> Result<Vec<Number>, String> {
        let parts = || self.look_up(|index| index.parts(kit)).map_err(|error| error.to_string());
        if fields.said("ticked").is_some() {
            let all = parts()?;
            if all.is_empty() {
                return Ok(all);
            }
            let all = std::iter::once(kit.clone()).chain(all);
            return Ok(all.filter(|part| fields.said(&format!("with.{part}")).is_none()).collect());
        }
        let named = fields.said("except").unwrap_or_default();
        named.split([' ', ',']).filter(|part| !part.is_empty()).map(Number::typed).collect()
    }

    /// Has motions decided and written, and tags noted, as one commit by `person`.
    pub(super) fn decide(
        &self,
        wanted: (Vec<Motion>, Option<Noting>),
        view: &View,
        person: &Slug,
        caller: &Caller,
    ) -> Fate {
        let slot = Slot::default();
        let who = self.authors(&view.opened, person);
        let shared = (Arc::clone(&self.index), Arc::clone(&self.shelf));
        let answer = self.record(motion::together(wanted, shared, (caller.clone(), who), &slot));
        let outcome = std::mem::take(&mut *locked(&slot));
        match answer {
            Answer::Recorded(receipt) => Fate::Written(Some(receipt.commit), outcome),
            Answer::Known(_) => Fate::Written(None, outcome),
            Answer::No(_) if outcome.is_revoked => Fate::Revoked,
            Answer::No(refusals) => Fate::No(outcome, refusals),
            Answer::Failed(failure) => Fate::Failed(failure),
        }
    }

    fn tell_of_one(
        &self,
        asked: &Asked,
        caller: &Caller,
        number: &Number,
        name: &str,
        fate: Fate,
    ) -> Result<Reply, git::Error> {
        let outcome = match fate {
            Fate::Failed(failure) => return Ok(self.failed(asked, &failure.to_string())),
            Fate::Revoked => return Ok(self.enrol_first(asked, &self.view(&[])?, number.as_str(), name)),
            Fate::No(_, refusals) => return self.say_no(asked, caller, number, name, &refusals),
            Fate::Written(Some(commit), outcome) => {
                let mut reply = self.receipt_of(asked, number, &outcome, commit);
                reply.has_recorded = true;
                return Ok(reply);
            }
            Fate::Written(None, outcome) => outcome,
        };
        let Some(known) = outcome.known.first() else { return Ok(self.failed(asked, "nothing was decided")) };
        if !known.is_past {
            return if asked.wants_json() {
                let commit = self.commit_of(&known.number, &known.event)?;
                let opened = outcome.opened.as_ref();
                Ok(Reply::json(200, receipt_json(&known.number, &known.event, commit.as_deref(), opened)))
            } else {
                Ok(Reply::elsewhere(self.receipt_at(&known.number, &known.event)))
            };
        }
        let Some((number, view)) = self.find(number.as_str())? else { return Ok(self.unknown_asset(asked, caller)) };
        let later: Vec<&Event> = {
            let log = view.opened.ledger.log(&known.number).events();
            log.iter().rev().map(|logged| &logged.event).take_while(|event| event.id != known.event.id).collect()
        };
        let statics = self.statics();
        let title = self.stand(&view, true, &statics).look(|look| {
            let since = later.last().and_then(|event| look.sentence(&known.number, &event.id));
            look.say("desk_since_then", &[("at", Some(look.since(known.event.at))), ("what", since)]).plain().to_owned()
        });
        if asked.wants_json() {
            let mut answer = no("recorded-before", &title);
            answer["refusal"]["event"] = known.event.id.as_str().into();
            answer["refusal"]["number"] = number.as_str().into();
            return Ok(Reply::json(409, answer));
        }
        let has_photos = !asked.photos.is_empty();
        let said = Said { status: Some(409), title: Some(title), has_photos, ..Said::default() };
        Ok(self.form(&view, caller, &number, name, &Fields::default(), &said))
    }

    fn say_no(
        &self,
        asked: &Asked,
        caller: &Caller,
        number: &Number,
        name: &str,
        refusals: &Refusals,
    ) -> Result<Reply, git::Error> {
        let status = refusals.first().map_or(409, |(_, refusal)| status(refusal));
        if refusals.iter().any(|(_, refusal)| refusal.code == "no-room")
            && let Some((number, view)) = self.find(number.as_str())?
        {
            let view = self.with_parts(view, &number)?;
            let why = self.stand(&view, true, "").look(|look| look.word("photo_no_room"));
            return Ok(self.wrong(asked, &view, caller, (&number, name), vec![(PHOTO.into(), why)], status));
        }
        if asked.wants_json() {
            let all = self.refused(refusals)?;
            let mut answer = no("refused", "it is refused");
            if let Some(first) = all.first() {
                answer["refusal"] = first.clone();
            }
            if all.len() > 1 {
                answer["refusals"] = all.into();
            }
            return Ok(Reply::json(status, answer));
        }
        let Some((number, view)) = self.find(number.as_str())? else { return Ok(self.unknown_asset(asked, caller)) };
        let view = self.with_parts(view, &number)?;
        let is_held = refusals.iter().any(|(_, refusal)| matches!(refusal.code, "held" | "not-out" | "missing"));
        let offers: &[&str] = if is_held && !matches!(name, "have" | "back") { &["have", "back"] } else { &[] };
        let has_photos = !asked.photos.is_empty();
        let said = Said { status: Some(status), refusals: refusals.clone(), offers, has_photos, ..Said::default() };
        Ok(self.form(&view, caller, &number, name, &asked.fields, &said))
    }

    fn wrong(
        &self,
        asked: &Asked,
        view: &View,
        caller: &Caller,
        (number, name): (&Number, &str),
        wrong: Wrong,
        status: u16,
    ) -> Reply {
        if asked.wants_json() {
            let words: Vec<String> = wrong.iter().map(|(key, why)| format!("{key}: {why}")).collect();
            let mut answer = no("bad-field", &words.join("; "));
            answer["refusal"]["fields"] =
                wrong.iter().map(|(key, why)| json!({"field": key, "message": why})).collect();
            return Reply::json(status, answer);
        }
        let said = Said { status: Some(status), wrong, has_photos: !asked.photos.is_empty(), ..Said::default() };
        self.form(view, caller, number, name, &asked.fields, &said)
    }

    /// The receipt of what was just written.
    fn receipt_of(&self, asked: &Asked, number: &Number, outcome: &Outcome, commit: git2::Oid) -> Reply {
        let own = outcome.done.iter().rev().find(|request| request.number == *number).or(outcome.done.last());
        let Some(request) = own else { return self.failed(asked, "nothing was written") };
        if !asked.wants_json() {
            return Reply::elsewhere(self.receipt_at(&request.number, &request.event));
        }
        let mut opened = outcome.opened.clone().unwrap_or_default();
        for request in &outcome.done {
            opened.ledger.add(&request.number, request.event.clone());
        }
        let mut answer = receipt_json(&request.number, &request.event, Some(&commit.to_string()), Some(&opened));
        let events = outcome.done.iter().map(|done| json!({"number": done.number, "event": done.event.id}));
        answer["events"] = events.collect();
        Reply::json(200, answer)
    }

    pub(super) fn receipt_at(&self, number: &Number, event: &Event) -> String {
        self.at(&format!("receipt/{number}/{}", event.id))
    }

    /// A cookie of ours; a shared one is read by scripts of the same origin too.
    pub(super) fn cookie(&self, name: &str, value: &str, is_plain: bool) -> String {
        let secure = if self.settings.url.starts_with("https:") { "; Secure" } else { "" };
        let http = if is_plain { "" } else { "; HttpOnly" };
        format!("{name}={value}; Path=/; SameSite=Lax; Max-Age=34560000{http}{secure}")
    }
}

/// Whether whoever asks has, or had, a phone that is enrolled: they are no strangers.
fn has_token(asked: &Asked) -> bool {
    asked.bearer().is_some() || COOKIES.iter().any(|name| asked.cookie(name).is_some())
}

/// What comes with an asset.
fn contents<'v>(view: &'v View, number: &Number) -> &'v [String] {
    view.opened.register.assets.get(number).map(|asset| asset.contents.as_slice()).unwrap_or_default()
}

/// The head of a page about an asset.
pub(super) fn about(view: &View, look: &Look, number: &Number) -> Page {
    Page {
        number: Some(number.to_string()),
        name: view.opened.register.assets.get(number).map(|asset| asset.name.clone()),
        now: look.now(number),
        ..Page::default()
    }
}

/// A receipt for programs.
pub(super) fn receipt_json(
    number: &Number,
    event: &Event,
    commit: Option<&str>,
    opened: Option<&crate::register::Opened>,
) -> Value {
    let state = opened.and_then(|opened| {
        let asset = opened.register.assets.get(number)?;
        let now = chrono::Utc::now().max(event.at);
        let moment = Moment::at(now, opened.register.config.timezone);
        let folded = opened.folded(number, &moment);
        serde_json::to_value(crate::register::Summary::new(opened, asset, &folded, &moment)).ok()
    });
    json!({
        "ok": true,
        "number": number,
        "event": event.id,
        "at": instant(event.at),
        "commit": commit,
        "state": state,
    })
}

/// What a form is told besides what was typed.
#[derive(Default)]
struct Said {
    status: Option<u16>,
    title: Option<String>,
    wrong: Wrong,
    refusals: Refusals,
    offers: &'static [&'static str],
    /// Whether photos came with it.
    has_photos: bool,
}

impl Said {
    fn notice(&self, look: &Look) -> Option<Notice> {
        if let Some(title) = &self.title {
            return Some(Notice { tone: "warn", title: title.clone(), lines: vec![look.word("desk_still_want")] });
        }
        if !self.refusals.is_empty() {
            return Some(notice(look, &self.refusals));
        }
        (!self.wrong.is_empty()).then(|| Notice { tone: "bad", title: look.word("desk_wrong"), lines: Vec::new() })
    }
}

/// What the ids of a motion's events are made of, besides the asset's number.
fn seed(person: &Slug, kind: &str, fields: &Fields) -> String {
    let said = |name: &str| fields.said(name).unwrap_or_default().to_owned();
    // A form that is sent again, because its answer was lost, may say by then when it was first sent.
    let but: &[&str] = &["last", "nonce", "by", "return_to", "at"];
    let but = if fields.said("nonce").is_some() { but } else { &but[..4] };
    json!([person, said("last"), kind, kept(fields, but), said("nonce")]).to_string()
}

/// What was refused, as lines of a page.
pub(super) fn refused_items(look: &Look, view: &View, refusals: &[(Number, Refusal)]) -> Vec<Item> {
    let line = |(number, refusal): &(Number, Refusal)| Item {
        line: Some(Phrase::text(&in_words(look, refusal))),
        tone: "bad",
        ..item(look, view, number)
    };
    refusals.iter().map(line).collect()
}
