//! "What I hold": everything one has, with the way back for all of it at once, one's phones, and who speaks at a counter.

use serde_json::json;

use super::asked::Asked;
use super::basket::fates;
use super::forms::Sheet;
use super::motions::Wrong;
use super::pages::{button, item, nonce, state};
use super::reply::{Reply, no};
use super::who::{self, Caller, SPEAKER};
use super::{Desk, View, locked};
use crate::git;
use crate::register::{Number, Slug};
use crate::site::Phrase;
use crate::site::desk::{Form, Item, Look, Notice, View as Page};

impl Desk {
    /// What someone holds.
    pub(super) fn mine(&self, asked: &Asked, small: &View, caller: &Caller) -> Result<Reply, git::Error> {
        self.mine_page(asked, small, caller, &Vec::new(), 200)
    }

    /// The same, with all that was ticked and what is wrong with it.
    pub(super) fn wrong_mine(
        &self,
        asked: &Asked,
        small: &View,
        caller: &Caller,
        wrong: &Wrong,
    ) -> Result<Reply, git::Error> {
        if asked.wants_json() {
            let words: Vec<String> = wrong.iter().map(|(key, why)| format!("{key}: {why}")).collect();
            return Ok(Reply::json(422, no("bad-field", &words.join("; "))));
        }
        self.mine_page(asked, small, caller, wrong, 422)
    }

    fn mine_page(
        &self,
        asked: &Asked,
        small: &View,
        caller: &Caller,
        wrong: &Wrong,
        status: u16,
    ) -> Result<Reply, git::Error> {
        if !caller.is_known() {
            return Ok(self.enrol_page(asked, small, caller, Some(401)));
        }
        let person = self.speaker(asked, caller, small).ok();
        let held = match &person {
            Some(person) => self.look_up(|index| index.held(person))?,
            None => Vec::new(),
        };
        let view = self.view(&held)?;
        if asked.wants_json() && status == 200 {
            let assets: Vec<_> = held.iter().map(|number| state(&view, number)).collect();
            return Ok(Reply::json(
                200,
                json!({"ok": true, "person": person, "counter": caller.is_counter, "assets": assets}),
            ));
        }
        Ok(self.page(&view, caller, status, |look| {
            let sheet = Sheet {
                view: &view,
                look,
                fields: &asked.fields,
                wrong,
                person: person.as_ref(),
                is_counter: caller.is_counter,
            };
            let mut page = Page { title: look.word("mine_title"), ..Page::default() };
            page.notice = (!wrong.is_empty()).then(|| Notice {
                tone: "bad",
                title: look.word("desk_wrong"),
                lines: wrong.iter().map(|(_, why)| why.clone()).collect(),
            });
            if let Some(person) = &person {
                page.lines.push(look.say("mine_of", &[("who", Some(Phrase::name(&look.called(person))))]));
            }
            if caller.is_counter {
                page.forms.push(Form {
                    action: self.at("by"),
                    submit: look.word("mine_switch"),
                    fields: vec![sheet.speaker()],
                    ..Form::default()
                });
            }
            match &person {
                Some(_) if held.is_empty() => page.lines.push(Phrase::text(&look.word("mine_nothing"))),
                Some(person) => page.forms.push(self.way_back(&view, look, &sheet, &held, person)),
                None => {}
            }
            page.forms.extend(self.phones_of(&view, look, caller));
            page
        }))
    }

    /// A line for each thing that someone has, and what became of it.
    fn way_back(&self, view: &View, look: &Look, sheet: &Sheet, held: &[Number], person: &Slug) -> Form {
        // What a kit holds is ticked with it, and can be ticked apart.
        let line = |number: &Number| Item { fields: fates(look, sheet, number), ..item(look, view, number) };
        let mut hidden = vec![("nonce".to_owned(), nonce())];
        if sheet.is_counter {
            hidden.push(("by".to_owned(), person.to_string()));
        }
        Form {
            action: self.at("batch"),
            submit: look.word("mine_submit"),
            first: true,
            items: held.iter().map(line).collect(),
            fields: vec![
                sheet.select(
                    "location",
                    look.word("field_location_back"),
                    false,
                    Some(look.word("field_home")),
                    sheet.places(),
                    sheet.fields.said("location").unwrap_or_default(),
                ),
                sheet.plain("due", look.word("mine_due"), "date", sheet.fields.said("due").unwrap_or_default(), false),
            ],
            hidden,
            others: vec![("rest".into(), "back".into(), look.word("mine_all_back"))],
            ..Form::default()
        }
    }

    /// One's own phones, each with a button that ends it.
    fn phones_of(&self, view: &View, look: &Look, caller: &Caller) -> Vec<Form> {
        let Some(person) = caller.person.as_ref().filter(|_| !caller.is_counter) else { return Vec::new() };
        let used = locked(&self.used).clone();
        let own = view.opened.register.phones.iter().filter(|phone| phone.person == *person);
        own.map(|phone| {
            let file = phone.source.path();
            let id = id_of(file);
            let name = phone.name.clone().unwrap_or_else(|| id.to_owned());
            let since = phone.since.map(|since| look.since(since));
            let used = used.get(file).map(|used| look.since(*used));
            let here = (caller.phone.as_deref() == Some(file)).then(|| Phrase::text(&look.word("phone_here")));
            let name = Some(Phrase::text(&name));
            let title = look.say("phone_line", &[("name", name), ("here", here), ("since", since), ("used", used)]);
            let mut form = button(self.at("revoke"), look.word("phone_revoke"), vec![("phone".into(), id.to_owned())]);
            form.title = Some(title.plain().to_owned());
            form
        })
        .collect()
    }

    /// Says who speaks at a counter from now on.
    pub(super) fn speak(&self, asked: &Asked, view: &View, caller: &Caller) -> Reply {
        let by = asked.fields.said("by").map(|by| Slug::referred(&by.to_lowercase()));
        match by.filter(|by| caller.is_counter && who::is_here(&view.opened, by, &view.moment)) {
            Some(by) => Reply::elsewhere(self.at("me")).with_cookie(self.cookie(SPEAKER, by.as_str(), true)),
            None => self.refuse(asked, caller, 422, "unknown-person", "desk_who"),
        }
    }
}

/// `7k2m` of `phones/ana/7k2m.toml`.
pub(super) fn id_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file).trim_end_matches(".toml")
}
