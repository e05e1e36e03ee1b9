//! Receipts: what was recorded, when, in which commit, and the way to take it back.

use chrono::Utc;

use super::asked::Asked;
use super::motions::{about, receipt_json};
use super::pages::{button, item, nonce};
use super::reply::Reply;
use super::who::Caller;
use super::{Desk, View};
use crate::git;
use crate::register::decide::UNDO;
use crate::register::motion::moves_kits;
use crate::register::{Action, Event, EventId, Number, Opened};
use crate::site::Phrase;
use crate::site::desk::{Form, Item, Look, Notice};

/// Commits that are looked back for the one that recorded an event.
const LOOK_BACK: usize = 300;

impl Desk {
    /// The receipt of an event.
    pub(super) fn receipt(&self, asked: &Asked, caller: &Caller, typed: &str, id: &str) -> Result<Reply, git::Error> {
        if !caller.is_known() {
            let view = self.view(&[])?;
            return Ok(self.enrol_page(asked, &view, caller, Some(401)));
        }
        let Some((number, view)) = self.find(typed)? else { return Ok(self.unknown_asset(asked, caller)) };
        let id = EventId::parse(id.trim_end_matches(".json"));
        let event =
            id.ok().and_then(|id| view.opened.ledger.log(&number).event(&id)).map(|logged| logged.event.clone());
        let Some(event) = event else { return Ok(self.not_found(asked)) };
        let commit = self.commit_of(&number, &event)?;
        if asked.wants_json() {
            return Ok(Reply::json(200, receipt_json(&number, &event, commit.as_deref(), Some(&view.opened))));
        }
        let view = self.with_parts(view, &number)?;
        let moves = event.batch.is_some() && moves_kits(event.action.kind());
        let parts = if moves { self.look_up(|index| index.parts(&number))? } else { Vec::new() };
        let moved: Vec<&Number> = parts.iter().filter(|part| is_in_batch(&view, part, &event)).collect();
        Ok(self.page(&view, caller, 200, |look| {
            let mut page = about(&view, look, &number);
            page.title = look.word("receipt_title");
            let is_void = view.opened.folded(&number, &view.moment).voided.contains(&event.id);
            let (tone, word) = if is_void { ("off", "chip_voided") } else { ("go", "receipt_done") };
            page.notice = Some(Notice { tone, title: look.word(word), lines: Vec::new() });
            page.lines.extend(look.sentence(&number, &event.id));
            page.lines.push(recorded_line(look, &event, commit.as_deref()));
            page.items = moved.iter().map(|moved| item(look, &view, moved)).collect();
            let left = parts.iter().filter(|part| !moved.contains(part));
            page.items.extend(left.map(|part| Item { tone: "off", ..item(look, &view, part) }));
            page.forms.extend(self.undo(&view, look, caller, &number, &event));
            page.links.push(self.link(number.as_str(), look.word("desk_to_asset")));
            page
        }))
    }

    /// The commit that recorded an event, where it is not far back.
    pub(super) fn commit_of(&self, number: &Number, event: &Event) -> Result<Option<String>, git::Error> {
        let view = self.view(std::slice::from_ref(number))?;
        let Some(path) = path_of(&view.opened, number, &event.id) else { return Ok(None) };
        let origin = self.readers.with(|repo| repo.origin(view.commit, &path, LOOK_BACK))?;
        Ok(origin.map(|commit| commit.id))
    }

    /// The button that takes it back, as long as it may be pressed.
    fn undo(&self, view: &View, look: &Look, caller: &Caller, number: &Number, event: &Event) -> Option<Form> {
        let log = view.opened.ledger.log(number);
        let is_newest = log.events().last().is_some_and(|newest| newest.event.id == event.id);
        let is_own = caller.person.as_ref() == Some(&event.by);
        let is_young = Utc::now() - event.at <= UNDO;
        let is_void = view.opened.folded(number, &view.moment).voided.contains(&event.id);
        let is_fit = !is_void && !matches!(event.action, Action::Void { .. });
        if !is_fit || !(caller.is_keeper || (is_newest && is_own && is_young)) {
            return None;
        }
        let hidden = vec![("last".to_owned(), event.id.to_string()), ("nonce".to_owned(), nonce())];
        // What took several events, or moved a kit, is taken back as one: the newest motion.
        let of = (!is_newest).then(|| ("of".to_owned(), event.id.to_string()));
        let hidden = hidden.into_iter().chain(of).collect();
        Some(button(self.at(&format!("{number}/void")), look.word("do_undo"), hidden))
    }
}

/// Whether something happened to an asset together with an event.
fn is_in_batch(view: &View, number: &Number, event: &Event) -> bool {
    let mut events = view.opened.ledger.log(number).events().iter();
    events.any(|of| of.event.batch.is_some() && of.event.batch == event.batch)
}

/// When something was recorded, and the commit.
pub(super) fn recorded_line(look: &Look, event: &Event, commit: Option<&str>) -> Phrase {
    let short = commit.map(|commit| Phrase::text(&commit.chars().take(7).collect::<String>()).code());
    look.say("receipt_recorded", &[("at", Some(look.since(event.at))), ("commit", short)])
}

/// The file that an event stands in.
fn path_of(opened: &Opened, number: &Number, id: &EventId) -> Option<String> {
    opened.ledger.log(number).event(id).map(|logged| logged.source.path().to_owned())
}
