//! What keepers do with audits at the desk: open one, close it, and have recorded what it found.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::asked::Asked;
use super::motion::change;
use super::motions::{Wrong, refused_items};
use super::pages::{item, nonce};
use super::reply::{Reply, no};
use super::who::Caller;
use super::{Desk, View, locked};
use crate::git::{self, Answer, Author, Job, Verdict};
use crate::register::auditing::{self, Opening};
use crate::register::decide::Request;
use crate::register::settlement::Left;
use crate::register::time::instant;
use crate::register::{Audit, EventId, Moment, Number, Posting, Refusal, Refusals, Settlement, Slug};
use crate::site::Phrase;
use crate::site::desk::{Form, Item, Look, Notice, Part, View as Page};

/// What became of what a keeper wanted.
#[derive(Debug, Clone, Default)]
enum Kept {
    /// Whoever asks may not, any more.
    #[default]
    Barred,
    /// There is no such audit.
    Unknown,
    /// What was typed is wrong.
    Wrong(Wrong),
    /// It is not as it was when the keeper looked.
    Changed,
    /// The rules say no.
    Refused(Refusals),
    /// It is done: the audit, what was recorded, and what is left.
    Done(Slug, Vec<Request>, Vec<(Number, Left)>),
}

impl Kept {
    fn refusals(&self) -> &[(Number, Refusal)] {
        if let Kept::Refused(refusals) = self { refusals } else { &[] }
    }

    /// Why nothing was recorded.
    fn notice(&self, look: &Look) -> Notice {
        let (title, lines) = match self {
            Kept::Refused(_) => (look.word("receipt_none"), vec![look.word("audit_refused")]),
            Kept::Wrong(wrong) => (look.word("receipt_none"), wrong.iter().map(|(_, why)| why.clone()).collect()),
            _ => (look.word("audit_changed"), vec![look.word("desk_still_want")]),
        };
        Notice { tone: "warn", title, lines }
    }
}

/// How an audit is to end.
#[derive(Debug, Clone)]
struct Ending {
    slug: Slug,
    by: Slug,
    /// Whether what it found is recorded.
    applies: bool,
    /// What the keeper saw would be.
    mark: Option<String>,
    nonce: String,
}

impl Desk {
    /// The keeper who asks; an answer for anyone else, and where they say that they are someone else.
    fn keeper(&self, asked: &Asked, view: &View, caller: &Caller, page: &str) -> Result<Slug, Reply> {
        match &caller.person {
            Some(person) if caller.is_keeper => match asked.fields.said("by") {
                Some(by) if by.to_lowercase() != person.as_str() => {
                    Err(self.refuse(asked, caller, 403, "not-you", "desk_not_you"))
                }
                _ => Ok(person.clone()),
            },
            _ if caller.is_known() => Err(self.refuse(asked, caller, 403, "keepers-only", "desk_keepers")),
            _ => Err(self.enrol_first(&Asked { is_post: false, ..asked.clone() }, view, page, "")),
        }
    }

    /// Opens an audit.
    pub(super) fn open_audit(&self, asked: &Asked, view: &View, caller: &Caller) -> Result<Reply, git::Error> {
        let by = match self.keeper(asked, view, caller, "audits") {
            Ok(by) => by,
            Err(no) => return Ok(no),
        };
        if let Some(no) = self.stranger_to(asked, &["title", "location", "category", "nonce", "by"]) {
            return Ok(no);
        }
        let said = |name: &str| asked.fields.said(name);
        let now = DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap_or_default();
        let title = said("title").unwrap_or_default();
        let opening = Opening::typed(&view.opened.register, title, said("location"), said("category"), now);
        let opening = match opening {
            Ok(opening) => opening,
            Err(wrong) => {
                let wrong = wrong.into_iter().map(|(field, why)| (field.to_owned(), why)).collect();
                return self.wrong_opening(asked, caller, &wrong);
            }
        };
        let who = self.authors(&view.opened, &by);
        let (asks, shelf) = (caller.clone(), Arc::clone(&self.shelf));
        let slot: Arc<Mutex<Kept>> = Arc::default();
        let left = Arc::clone(&slot);
        let job: Job<'static, Refusals> = Box::new(move |repo, commit| {
            let small = shelf.small(repo, commit)?;
            let moment = Moment::at(Utc::now(), small.register.config.timezone);
            if !asks.again(&small, &moment).is_some_and(|asks| asks.is_keeper) {
                return Ok(Verdict::No(Vec::new()));
            }
            Ok(match opening.slug(&small.register) {
                Ok(slug) => {
                    let posting = opening.posting(&slug, &by);
                    *locked(&left) = Kept::Done(slug, Vec::new(), Vec::new());
                    Verdict::Write(change(posting, who.0.clone(), Some(who.1.clone())))
                }
                Err(why) => {
                    *locked(&left) = Kept::Wrong(vec![("title".into(), why)]);
                    Verdict::No(Vec::new())
                }
            })
        });
        let answer = self.record(job);
        let kept = locked(&slot).clone();
        match (answer, kept) {
            (Answer::Recorded(receipt), Kept::Done(slug, ..)) => {
                let mut reply = if asked.wants_json() {
                    Reply::json(200, json!({"ok": true, "audit": slug, "commit": receipt.commit.to_string()}))
                } else {
                    Reply::elsewhere(self.at(&format!("audits/{slug}")))
                };
                reply.has_recorded = true;
                Ok(reply)
            }
            (Answer::Failed(failure), _) => Ok(self.failed(asked, &failure.to_string())),
            (_, Kept::Wrong(wrong)) => self.wrong_opening(asked, caller, &wrong),
            _ => Ok(self.no_longer(asked)),
        }
    }

    fn wrong_opening(&self, asked: &Asked, caller: &Caller, wrong: &Wrong) -> Result<Reply, git::Error> {
        if asked.wants_json() {
            let words: Vec<String> = wrong.iter().map(|(field, why)| format!("{field}: {why}")).collect();
            return Ok(Reply::json(422, no("bad-field", &words.join("; "))));
        }
        self.audits_page(asked, caller, wrong, 422)
    }

    fn stranger_to(&self, asked: &Asked, known: &[&str]) -> Option<Reply> {
        let (stranger, _) = asked.fields.iter().find(|(field, _)| !known.contains(field))?;
        let words = format!("an audit has no field `{}`", stranger.escape_debug());
        Some(self.plainly(asked, 400, "unknown-field", &words))
    }

    /// What closing an audit, or applying one that is closed, would record.
    pub(super) fn close_page(
        &self,
        asked: &Asked,
        view: &View,
        caller: &Caller,
        typed: &str,
    ) -> Result<Reply, git::Error> {
        if let Err(no) = self.keeper(asked, view, caller, &format!("audits/{typed}")) {
            return Ok(no);
        }
        self.closing_page(asked, view, caller, typed, None)
    }

    fn closing_page(
        &self,
        asked: &Asked,
        small: &View,
        caller: &Caller,
        typed: &str,
        kept: Option<&Kept>,
    ) -> Result<Reply, git::Error> {
        let Some((view, audit)) = self.counted(small, typed)? else { return Ok(self.no_audit(asked, caller)) };
        let settlement = view.opened.settlement(&audit, &view.moment);
        let count = view.opened.count(&audit, &view.moment);
        if asked.wants_json() {
            return Ok(Reply::json(200, plan(&audit, &settlement)));
        }
        let status = if kept.is_some() { 409 } else { 200 };
        Ok(self.page(&view, caller, status, |look| {
            let title = if count.is_open { "audit_close_title" } else { "audit_apply_title" };
            let title = look.say(title, &[("title", Some(Phrase::text(&audit.title)))]).plain().to_owned();
            let mut page = Page { title, ..Page::default() };
            if let Some(kept) = kept {
                page.notice = Some(kept.notice(look));
                page.items = refused_items(look, &view, kept.refusals());
            }
            page.lines = vec![look.audit_progress(&count)];
            page.bar = Some(look.audit_bar(&count));
            if settlement.is_empty() {
                page.lines.push(Phrase::text(&look.word("audit_nothing_left")));
            }
            page.forms.extend(self.closing_form(look, &audit, count.is_open, &settlement));
            page.parts = settled(&view, look, &settlement);
            page.links.push(self.link(&format!("audits/{}", audit.slug), look.word("audit_back")));
            page
        }))
    }

    fn closing_form(&self, look: &Look, audit: &Audit, is_open: bool, settlement: &Settlement) -> Option<Form> {
        let (close, apply) = (|| ("apply".to_owned(), "no".to_owned()), || ("apply".to_owned(), "yes".to_owned()));
        let (name, word) = match (is_open, settlement.is_empty()) {
            (true, true) => (close(), "audit_close_only"),
            (true, false) => (apply(), "audit_close_apply"),
            (false, false) => (apply(), "audit_apply"),
            (false, true) => return None,
        };
        let (no, yes) = close();
        let only = (is_open && !settlement.is_empty()).then(|| (no, yes, look.word("audit_close_only")));
        Some(Form {
            action: self.at(&format!("audits/{}/close", audit.slug)),
            submit: look.word(word),
            first: true,
            name: Some(name),
            others: only.into_iter().collect(),
            hidden: vec![("mark".to_owned(), settlement.mark()), ("nonce".to_owned(), nonce())],
            ..Form::default()
        })
    }

    /// Closes an audit, and records what it found where that is asked for: all of it, in one commit, or nothing.
    pub(super) fn close_audit(
        &self,
        asked: &Asked,
        view: &View,
        caller: &Caller,
        typed: &str,
    ) -> Result<Reply, git::Error> {
        let by = match self.keeper(asked, view, caller, &format!("audits/{typed}")) {
            Ok(by) => by,
            Err(no) => return Ok(no),
        };
        if let Some(no) = self.stranger_to(asked, &["apply", "mark", "nonce", "by"]) {
            return Ok(no);
        }
        let applies = match asked.fields.said("apply").map(str::to_lowercase).as_deref() {
            Some("yes" | "true" | "1" | "on") => true,
            None | Some("no" | "false" | "0") => false,
            Some(_) => return Ok(self.plainly(asked, 422, "bad-field", "apply: say yes or no")),
        };
        let ending = Ending {
            slug: Slug::referred(&typed.to_lowercase()),
            by: by.clone(),
            applies,
            mark: asked.fields.said("mark").filter(|_| applies).map(str::to_owned),
            nonce: asked.fields.said("nonce").map_or_else(nonce, str::to_owned),
        };
        let slot: Arc<Mutex<Kept>> = Arc::default();
        let who = self.authors(&view.opened, &by);
        let answer = self.record(self.ending(ending, caller.clone(), who, &slot));
        let kept = locked(&slot).clone();
        let commit = match answer {
            Answer::Failed(failure) => return Ok(self.failed(asked, &failure.to_string())),
            Answer::Recorded(receipt) => Some(receipt.commit.to_string()),
            _ => None,
        };
        let mut reply = match kept {
            Kept::Barred => return Ok(self.no_longer(asked)),
            Kept::Unknown => return Ok(self.no_audit(asked, caller)),
            Kept::Changed | Kept::Refused(_) | Kept::Wrong(_) => return self.not_closed(asked, caller, typed, &kept),
            Kept::Done(slug, requests, left) if asked.wants_json() => {
                Reply::json(200, ended(&slug, commit.as_deref(), &requests, &left))
            }
            Kept::Done(slug, ..) => Reply::elsewhere(self.at(&format!("audits/{slug}"))),
        };
        reply.has_recorded = commit.is_some();
        Ok(reply)
    }

    fn not_closed(&self, asked: &Asked, caller: &Caller, typed: &str, kept: &Kept) -> Result<Reply, git::Error> {
        let refusals = kept.refusals();
        let small = self.view(&[])?;
        if asked.wants_json() {
            let word = |name: &str| self.stand(&small, true, "").look(|look| look.word(name));
            let all = self.refused(refusals)?;
            let mut answer = match kept {
                Kept::Wrong(wrong) => no("unreadable", &wrong[0].1),
                _ => no("changed", &word("audit_changed")),
            };
            if let Some(first) = all.first() {
                answer["refusal"] = first.clone();
            }
            if all.len() > 1 {
                answer["refusals"] = all.into();
            }
            return Ok(Reply::json(409, answer));
        }
        self.closing_page(asked, &small, caller, typed, Some(kept))
    }

    fn ending(
        &self,
        ending: Ending,
        asks: Caller,
        (author, committer): (Author, Author),
        slot: &Arc<Mutex<Kept>>,
    ) -> Job<'static, Refusals> {
        let (slot, index, shelf) = (Arc::clone(slot), Arc::clone(&self.index), Arc::clone(&self.shelf));
        Box::new(move |repo, commit| {
            let small = shelf.small(repo, commit)?;
            let moment = Moment::at(Utc::now(), small.register.config.timezone);
            let no = |why: Kept| {
                *locked(&slot) = why;
                Ok(Verdict::No(Vec::new()))
            };
            if !asks.again(&small, &moment).is_some_and(|asks| asks.is_keeper) {
                return no(Kept::Barred);
            }
            let Some(audit) = small.register.audits.get(&ending.slug) else { return no(Kept::Unknown) };
            let numbers = {
                let mut index = locked(&index);
                index.follow(repo, commit, &shelf)?;
                index.counted(audit, &small.register, moment.now)
            };
            let (opened, _) = shelf.read(repo, commit, &numbers, false, &index)?;
            let settlement = if ending.applies { opened.settlement(audit, &moment) } else { Settlement::default() };
            if ending.mark.as_ref().is_some_and(|mark| *mark != settlement.mark()) {
                return no(Kept::Changed);
            }
            let seed = json!(["audit", ending.slug, ending.by, ending.nonce]).to_string();
            let requests = match settlement.decide(&opened, audit, &ending.by, &moment, &seed) {
                Ok(requests) => requests,
                Err(refusals) => return no(Kept::Refused(refusals)),
            };
            let settled = (&settlement, requests.as_slice());
            let posting = if audit.is_open(moment.now) {
                let tree = repo.part_at(commit, &|folder| folder == "audits/")?;
                let text = tree.text(&auditing::path(&audit.slug)).unwrap_or_default();
                match audit.closing(&opened.register, text, opened.closing_at(audit, &moment), settled) {
                    Ok(posting) => posting,
                    Err(why) => return no(Kept::Wrong(vec![(String::new(), why)])),
                }
            } else if requests.is_empty() {
                Posting::default()
            } else {
                audit.applying(&opened.register, settled)
            };
            *locked(&slot) = Kept::Done(audit.slug.clone(), requests, settlement.left);
            if posting.files.is_empty() {
                return Ok(Verdict::Known);
            }
            Ok(Verdict::Write(change(posting, author.clone(), Some(committer.clone()))))
        })
    }
}

/// What closing an audit would record, as lists.
fn settled(view: &View, look: &Look, settlement: &Settlement) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |title: Phrase, items: Vec<Item>| parts.push(Part { title, items, line: None });
    let plain = |number: &Number| item(look, view, number);
    if !settlement.missing.is_empty() {
        let title = look.audit_heading("audit_will_miss", settlement.missing.len());
        add(title, settlement.missing.iter().map(plain).collect());
    }
    for (place, numbers) in &settlement.moves {
        let title = look.say("audit_will_move", &[("where", Some(look.place(place)))]);
        add(title, numbers.iter().map(plain).collect());
    }
    if !settlement.left.is_empty() {
        let line = |(number, why): &(Number, Left)| Item {
            line: Some(match why {
                Left::Held(person) => look.say("audit_left_held", &[("who", Some(Phrase::name(&look.called(person))))]),
                Left::Retired => Phrase::text(&look.word("audit_left_retired")),
                Left::Since(event) => look.say("audit_left_since", &[("what", look.sentence(number, event))]),
            }),
            ..item(look, view, number)
        };
        let title = look.audit_heading("audit_left", settlement.left.len());
        add(title, settlement.left.iter().map(line).collect());
    }
    parts
}

/// The same for programs.
fn plan(audit: &Audit, settlement: &Settlement) -> Value {
    json!({
        "ok": true,
        "audit": audit.slug,
        "mark": settlement.mark(),
        "missing": settlement.missing,
        "moves": settlement.moves,
        "left": left_json(&settlement.left),
    })
}

fn left_json(left: &[(Number, Left)]) -> Value {
    let line = |(number, why): &(Number, Left)| {
        let (code, holder, event): (&str, Option<&Slug>, Option<&EventId>) = match why {
            Left::Held(person) => ("held", Some(person), None),
            Left::Retired => ("retired", None, None),
            Left::Since(event) => ("since", None, Some(event)),
        };
        json!({"number": number, "code": code, "holder": holder, "event": event})
    };
    left.iter().map(line).collect()
}

fn ended(slug: &Slug, commit: Option<&str>, requests: &[Request], left: &[(Number, Left)]) -> Value {
    let event = |request: &Request| {
        let event = &request.event;
        json!({"number": request.number, "event": event.id, "kind": event.action.kind(), "at": instant(event.at)})
    };
    let events: Value = requests.iter().map(event).collect();
    json!({"ok": true, "audit": slug, "commit": commit, "events": events, "left": left_json(left)})
}
