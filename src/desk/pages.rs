//! Answers in words: pages in the look of the site, objects for programs, and what stands around both.

use serde_json::{Value, json};

use super::asked::{Asked, Fields, MOST_COOKIES, Unread};
use super::forms::COMMON;
use super::limits::{Kind, counted};
use super::reply::{Reply, no, refused};
use super::who::{COOKIES, Caller, same_origin};
use super::{Desk, View, is_near};
use crate::register::event::SHAPES;
use crate::register::motion::INTENTS;
use crate::register::{Number, Refusal};
use crate::site::desk::{Form, Item, Link, Look, Notice, Stand};
use crate::site::{Phrase, desk as words};

/// What the JSON side looks like.
const OPENAPI: &str = include_str!("openapi.json");

impl Desk {
    pub(super) fn stand<'a>(&'a self, view: &'a View, is_team: bool, statics: &'a str) -> Stand<'a> {
        Stand {
            opened: &view.opened,
            tree: &view.tree,
            theme: &self.theme,
            moment: view.moment,
            root: &self.settings.site,
            statics,
            is_team,
        }
    }

    /// Has `make` lay out a page, and gives it as an answer.
    pub(super) fn page(
        &self,
        view: &View,
        caller: &Caller,
        status: u16,
        make: impl FnOnce(&Look) -> words::View,
    ) -> Reply {
        let statics = self.statics();
        let stand = self.stand(view, caller.is_known(), &statics);
        let page = stand.look(|look| {
            let mut page = make(look);
            if caller.is_known() {
                page.links
                    .extend([self.link("me", look.word("desk_me")), self.link("batch", look.word("desk_basket"))]);
                let mut audits = view.opened.register.audits.values();
                if audits.any(|audit| audit.is_open(view.moment.now)) {
                    page.links.push(self.link("audits", look.word("audits_open")));
                }
            }
            page
        });
        match stand.page(&page) {
            Ok(text) => Reply::page(status, text),
            Err(why) => broken(&why),
        }
    }

    pub(super) fn link(&self, path: &str, word: String) -> Link {
        Link { href: self.at(path), word }
    }

    /// The address of something below the desk.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.settings.url)
    }

    pub(super) fn statics(&self) -> String {
        format!("{}/static/", self.settings.url)
    }

    /// The page of an asset as it is now; for a stranger, whom to tell.
    pub(super) fn asset(&self, asked: &Asked, caller: &Caller, typed: &str) -> Result<Reply, crate::git::Error> {
        let typed = typed.strip_suffix(".json").unwrap_or(typed);
        if asked.wants_json() && !caller.is_known() {
            return Ok(Reply::json(401, no("who-are-you", "this phone is not enrolled")));
        }
        let Some((number, view)) = self.find(typed)? else {
            let is_page = caller.is_known() && !asked.wants_json();
            let tag = if is_page { self.free_tag(typed)? } else { None };
            return match tag {
                Some(tag) => self.tag_page(asked, caller, &tag),
                None => Ok(self.unknown_asset(asked, caller)),
            };
        };
        let statics = self.statics();
        if !caller.is_known() {
            let view = self.view_with(std::slice::from_ref(&number), true)?;
            let page = self.stand(&view, false, &statics).finder(&number, self.settings.messages.is_some());
            return Ok(page.map_or_else(|why| broken(&why), |page| Reply::page(200, page.unwrap_or_default())));
        }
        if asked.wants_json() {
            return Ok(Reply::json(200, self.live_state(&view, &number)));
        }
        let all = [vec![number.clone()], self.look_up(|index| index.parts(&number))?].concat();
        let view = self.view_with(&all, true)?;
        let page = self.stand(&view, true, &statics).asset(&number, &nonce());
        Ok(page.map_or_else(|why| broken(&why), |page| Reply::page(200, page.unwrap_or_default())))
    }

    /// How an asset is now: its state, the newest event, and what pages say of it.
    fn live_state(&self, view: &View, number: &Number) -> Value {
        let mut state = state(view, number);
        let last = view.opened.ledger.log(number).events().last();
        state["event"] = json!(last.map(|logged| &logged.event.id));
        state["said"] = json!(self.stand(view, true, "").said(number));
        state
    }

    /// The register as it is for this asset and, where it is a kit, its parts.
    pub(super) fn with_parts(&self, view: View, number: &Number) -> Result<View, crate::git::Error> {
        let parts = self.look_up(|index| index.parts(number))?;
        if parts.is_empty() { Ok(view) } else { self.view(&[vec![number.clone()], parts].concat()) }
    }

    /// The asset that someone names, by its number or a former one.
    pub(super) fn find(&self, typed: &str) -> Result<Option<(Number, View)>, crate::git::Error> {
        // An address holds no blanks, however much a form forgives.
        let Some(number) = Number::typed(typed).ok().filter(|_| typed.trim() == typed) else { return Ok(None) };
        let view = self.view(std::slice::from_ref(&number))?;
        if view.opened.register.assets.contains_key(&number) {
            return Ok(Some((number, view)));
        }
        match self.look_up(|index| index.resolve(&number).cloned())? {
            Some(number) => {
                let view = self.view(std::slice::from_ref(&number))?;
                Ok(Some((number, view)))
            }
            None => Ok(None),
        }
    }

    /// A page, or an object for programs, that says no.
    pub(super) fn refuse(&self, asked: &Asked, caller: &Caller, status: u16, code: &str, words: &str) -> Reply {
        if asked.wants_json() {
            let view = self.view(&[]);
            let said = view.map(|view| self.stand(&view, false, "").look(|look| look.word(words)));
            return Reply::json(status, no(code, &said.unwrap_or_else(|_| code.to_owned())));
        }
        let Ok(view) = self.view(&[]) else { return Reply::page(status, code.to_owned()) };
        self.page(&view, caller, status, |look| words::View {
            title: look.word(words),
            lines: vec![Phrase::text(&look.word(&format!("{words}_line")))],
            ..words::View::default()
        })
    }

    /// Refusals for programs, each with the words that people are told.
    pub(super) fn refused(&self, refusals: &[(Number, Refusal)]) -> Result<Vec<Value>, crate::git::Error> {
        let view = self.view(&[])?;
        Ok(self.stand(&view, true, "").look(|look| {
            let one = |(number, refusal): &(Number, Refusal)| {
                let mut told = refused(number, refusal);
                told["words"] = in_words(look, refusal).into();
                told
            };
            refusals.iter().map(one).collect()
        }))
    }

    pub(super) fn not_found(&self, asked: &Asked) -> Reply {
        self.refuse(asked, &Caller::default(), 404, "not-found", "desk_not_found")
    }

    pub(super) fn unknown_asset(&self, asked: &Asked, caller: &Caller) -> Reply {
        self.refuse(asked, caller, 404, "unknown-asset", "desk_unknown")
    }

    /// The world failed: nothing is claimed. Why, the keeper reads in the log.
    pub(super) fn failed(&self, asked: &Asked, why: &str) -> Reply {
        tracing::warn!(why, "not recorded");
        let mut reply = self.refuse(asked, &Caller::default(), 503, "unavailable", "desk_failed");
        reply.retry_after = Some(5);
        reply
    }

    /// A no to what could not be read at all.
    pub(super) fn unread(&self, asked: &Asked, unread: &Unread) -> Reply {
        let words = match unread {
            Unread::TooMany => "there are too many fields".to_owned(),
            Unread::Twice(name) => format!("the field `{}` is there twice", name.escape_debug()),
            Unread::NotText => "it cannot be read".to_owned(),
        };
        self.plainly(asked, 400, "bad-request", &words)
    }

    /// A no in a few words, where who asks is of no account.
    pub(super) fn plainly(&self, asked: &Asked, status: u16, code: &str, words: &str) -> Reply {
        if asked.wants_json() {
            return Reply::json(status, no(code, words));
        }
        let Ok(view) = self.view(&[]) else { return Reply::page(status, words.to_owned()) };
        self.page(&view, &Caller::default(), status, |look| words::View {
            title: look.word("desk_bad"),
            lines: vec![Phrase::text(words)],
            ..words::View::default()
        })
    }

    /// Whether a form that a browser sends of its own accord comes from a page of ours.
    pub(super) fn distrusted(&self, asked: &Asked) -> Option<Reply> {
        let headers = &asked.headers;
        let own = |origin: &str| {
            let here = || {
                let host = headers.host.as_deref().filter(|host| is_near(host));
                host.is_some_and(|host| same_origin(origin, &format!("http://{host}")))
            };
            let address = self.settings.url.contains("://").then_some(self.settings.url.as_str());
            let known = address.into_iter().chain(self.settings.origins.iter().map(String::as_str));
            known.filter_map(origin_of).any(|known| same_origin(origin, &known)) || (address.is_none() && here())
        };
        let has_cookie = COOKIES.iter().any(|name| headers.cookie.as_deref().unwrap_or_default().contains(name));
        let is_fine = match (headers.origin.as_deref(), headers.site.as_deref()) {
            (Some(origin), _) => own(origin),
            // Browsers say where a form comes from; other programs have no cookies that they would send by themselves.
            (None, site) => site.is_none() && !has_cookie,
        };
        let is_exempt = asked.bearer().is_some() && !has_cookie;
        if is_fine || is_exempt {
            return None;
        }
        Some(self.refuse(asked, &Caller::default(), 403, "foreign", "desk_foreign"))
    }

    /// Whether someone asks too often.
    pub(super) fn too_often(&self, asked: &Asked, caller: &Caller) -> Option<Reply> {
        let address = counted(asked.peer);
        let person = caller.phone.clone().unwrap_or_else(|| address.clone());
        let counts = [(Kind::Address, address), (Kind::Motion, person)];
        let wait = counts.iter().find_map(|(kind, who)| self.limits.count(*kind, who).err())?;
        Some(self.wait(asked, wait))
    }

    pub(super) fn wait(&self, asked: &Asked, seconds: u64) -> Reply {
        let mut reply = self.refuse(asked, &Caller::default(), 429, "too-often", "desk_too_often");
        reply.retry_after = Some(seconds);
        reply
    }

    pub(super) fn file(&self, asked: &Asked, name: &str) -> Reply {
        let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("wasm") => "application/wasm",
            _ => "text/plain; charset=utf-8",
        };
        match self.theme.file(name) {
            Some(bytes) => {
                Reply { status: 200, body: super::reply::Body::File(kind, bytes.to_owned()), ..Reply::default() }
            }
            None => self.not_found(asked),
        }
    }
}

impl Caller {
    /// Whether it is one of ours.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.is_counter || self.person.is_some()
    }
}

/// The description of the JSON side, for a desk at `url`. Kinds and their fields are those of the register.
pub(super) fn openapi(url: &str) -> Value {
    let mut description: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    description["servers"] = json!([{"url": url}]);
    let kinds = || INTENTS.iter().chain(SHAPES);
    description["components"]["schemas"]["Kind"]["enum"] = kinds().map(|kind| kind.name).collect();
    let mut fields = serde_json::Map::new();
    for (key, shape) in kinds().flat_map(|kind| kind.fields) {
        let mut field =
            json!({"type": if shape.many { json!(["array", "string"]) } else { json!(["string", "number"]) }});
        if !shape.words.is_empty() {
            field = json!({"enum": shape.words});
        }
        fields.insert((*key).to_owned(), field);
    }
    for key in COMMON {
        fields.insert((*key).to_owned(), json!({"type": ["string", "array"]}));
    }
    description["components"]["schemas"]["Motion"]["properties"] = Value::Object(fields);
    description
}

/// What an asset's state is, for programs.
pub(super) fn state(view: &View, number: &Number) -> Value {
    let Some(asset) = view.opened.register.assets.get(number) else { return Value::Null };
    let folded = view.opened.folded(number, &view.moment);
    let summary = crate::register::Summary::new(&view.opened, asset, &folded, &view.moment);
    serde_json::to_value(summary).unwrap_or_default()
}

/// A template, most likely one of the register's own, cannot be filled.
pub(super) fn broken(why: &str) -> Reply {
    tracing::error!(why, "a page cannot be made");
    Reply::page(500, "<!doctype html><title>500</title><p>This page cannot be made; the keeper can see why.</p>".into())
}

/// What no other form has.
pub(super) fn nonce() -> String {
    secret(10)
}

/// So many random bytes as hexadecimal digits. Without the system's randomness there is no secret, and nothing goes on.
pub(super) fn secret(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    match getrandom::fill(&mut random) {
        Ok(()) => random.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => String::new(),
    }
}

/// `https://kit.example.org` of `https://kit.example.org/desk`.
pub(super) fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()))
}

/// A refusal for people: who, since when, and what would work.
pub(super) fn in_words(look: &Look, refusal: &Refusal) -> String {
    let pattern = format!("refusal_{}", refusal.code.replace('-', "_"));
    if look.word(&pattern) == pattern {
        return refusal.message.replace('`', "");
    }
    let who = refusal.holder.as_ref().map(|holder| Phrase::text(&look.called(holder)));
    let since = refusal.since.map(|since| look.since(since));
    look.say(&pattern, &[("who", who), ("since", since)]).plain().to_owned()
}

/// A notice of refusals about one asset.
pub(super) fn notice(look: &Look, refusals: &[(Number, Refusal)]) -> Notice {
    let lines = refusals.iter().skip(1).map(|(number, refusal)| format!("{number}: {}", in_words(look, refusal)));
    let title = refusals.first().map(|(_, refusal)| in_words(look, refusal)).unwrap_or_default();
    Notice { tone: "warn", title, lines: lines.collect() }
}

/// Everything of a form that has to go along when it is sent again.
pub(super) fn kept(fields: &Fields, but: &[&str]) -> Vec<(String, String)> {
    let kept = fields.iter().filter(|(name, _)| !but.contains(name));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A form that is one button.
pub(super) fn button(action: String, submit: String, hidden: Vec<(String, String)>) -> Form {
    Form { action, submit, hidden, ..Form::default() }
}

/// A line about an asset.
pub(super) fn item(look: &Look, view: &View, number: &Number) -> Item {
    let now = look.now(number);
    Item {
        number: number.to_string(),
        name: view.opened.register.assets.get(number).map(|asset| asset.name.clone()).unwrap_or_default(),
        tone: now.as_ref().map_or("", |(_, tone)| tone),
        line: now.map(|(line, _)| line),
        ..Item::default()
    }
}

/// Whether the cookies of a request are more than anybody of ours sends.
pub(super) fn has_too_many_cookies(asked: &Asked) -> bool {
    asked.headers.cookie.as_ref().is_some_and(|cookies| cookies.len() > MOST_COOKIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_every_kind_and_every_field() {
        let description = openapi("/desk");
        let schemas = &description["components"]["schemas"];
        let kinds = schemas["Kind"]["enum"].as_array().unwrap();
        assert!(kinds.contains(&json!("have")) && kinds.contains(&json!("void")));
        for (key, _) in SHAPES.iter().flat_map(|kind| kind.fields) {
            assert!(schemas["Motion"]["properties"][*key].is_object(), "{key}");
        }
        // Every reference leads somewhere.
        let text = description.to_string();
        for reference in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(description.pointer(&format!("/{reference}")).is_some(), "{reference}");
        }
    }
}
