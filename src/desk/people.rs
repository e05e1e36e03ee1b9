//! Phones: enrolled with a code, or asked for and approved by a keeper; ended by whoever has them.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use git2::Oid;

use super::asked::{Asked, Fields};
use super::forms::Sheet;
use super::limits::{Kind, counted};
use super::mine::id_of;
use super::pages::{kept, secret};
use super::reply::{Reply, no};
use super::who::{COOKIES, Caller, hashed};
use super::{Desk, View, locked, shelf};
use crate::git::{self, Answer, Author, Change, Job, Repo, Verdict};
use crate::register::event::toml_string;
use crate::register::time::instant;
use crate::register::typed::text;
use crate::register::{Moment, Opened, Phone, Refusals, Slug};
use crate::site::Phrase;
use crate::site::desk::{Form, Look, Notice, View as Page};

/// Characters of a code that name the phone's file; the others are its secret.
const ID: usize = 4;

/// Characters of a code's secret: 40 bits.
const SECRET: usize = 8;

/// Minutes that a code can be used.
pub const MINUTES: i64 = 15;

/// The digits of Crockford's base 32, small.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Who is approved, where it is nobody of the register yet.
const NEW: &str = "+";

/// The cookie in which a phone keeps under which name it has asked.
pub(super) const ASKED: &str = "tagbook_asked";

/// A code for one phone, and the file that waits for it.
#[derive(Debug, Clone)]
pub struct Code {
    /// As it is typed: `7k2m-4tzq-9d0x`.
    pub typed: String,
    /// Until when it can be used.
    pub until: DateTime<Utc>,
    /// The file's path in the register, and its text.
    pub file: (String, String),
}

impl Code {
    /// A new code for a phone of `person`; `desk` is the counter. `None` where the system has no randomness to give.
    #[must_use]
    pub fn mint(person: &Slug, now: DateTime<Utc>) -> Option<Code> {
        let all = crockford(ID + SECRET)?;
        let until = now + chrono::TimeDelta::minutes(MINUTES);
        let text = format!("code_sha256 = \"{}\"\nuntil = {}\n", hashed(&all), instant(until));
        let typed = format!("{}-{}-{}", &all[..ID], &all[ID..ID + 4], &all[ID + 4..]);
        Some(Code { typed, until, file: (format!("phones/{person}/{}.toml", &all[..ID]), text) })
    }
}

fn crockford(length: usize) -> Option<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect())
}

/// A code as it was minted, of one as it was typed: blanks, hyphens and look-alikes do not matter.
fn plain(code: &str) -> String {
    let like = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    };
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(like).collect()
}

/// How a code fared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Redeemed {
    #[default]
    Wrong,
    Spent,
    By(Slug),
}

impl Desk {
    /// What was typed waits until it is known who typed it.
    pub(super) fn enrol_first(&self, asked: &Asked, view: &View, number: &str, kind: &str) -> Reply {
        let mut waiting = asked.clone();
        waiting.fields = Fields::default();
        let then = [number, kind].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        if asked.is_post {
            waiting.fields.set("then", &then);
            // What only the form for strangers has goes no further.
            for (name, value) in kept(&asked.fields, &["return_to", "began", "website"]) {
                waiting.fields.set(&format!("keep.{name}"), &value);
            }
        } else {
            waiting.fields.set("page", &then);
        }
        self.enrol_page(&waiting, view, &Caller::default(), Some(401))
    }

    /// How a phone is enrolled: with a code, or by asking.
    pub(super) fn enrol_page(&self, asked: &Asked, view: &View, caller: &Caller, status: Option<u16>) -> Reply {
        let status = status.unwrap_or(200);
        if asked.wants_json() {
            return Reply::json(status, no("who-are-you", "this phone is not enrolled; ask a keeper for a code"));
        }
        // Whoever has asked waits for a keeper.
        let token = COOKIES.iter().find_map(|name| asked.cookie(name));
        if let (401, Some(token), Some(name)) = (status, token, asked.cookie(ASKED)) {
            let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
            return self.waiting_page(asked, view, status, &hashed(token), &name);
        }
        let is_wrong = matches!(status, 404 | 410);
        self.page(view, caller, status, |look| {
            let sheet = sheet(view, look, &asked.fields);
            let hidden = waiting(&asked.fields);
            let title = if is_wrong { "enrol_wrong" } else { "enrol_title" };
            let mut page = Page { title: look.word("enrol_title"), ..Page::default() };
            if is_wrong {
                page.notice =
                    Some(Notice { tone: "bad", title: look.word(title), lines: vec![look.word("enrol_wrong_line")] });
            }
            let is_kept = hidden.iter().any(|(name, _)| name == "then");
            let line = if is_kept { "enrol_line_kept" } else { "enrol_line" };
            page.lines.push(Phrase::text(&look.word(line)));
            page.forms.push(self.code_form(asked, &sheet));
            page.forms.push(Form {
                action: self.at("ask"),
                title: Some(look.word("ask_title")),
                submit: look.word("ask_submit"),
                fields: vec![sheet.plain("name", look.word("ask_name"), "text", "", true)],
                hidden,
                ..Form::default()
            });
            page
        })
    }

    /// The form that takes a code, with whatever waits for it.
    fn code_form(&self, asked: &Asked, sheet: &Sheet) -> Form {
        let typed = asked.fields.said("code").unwrap_or_default();
        let mut code = sheet.plain("code", sheet.look.word("enrol_code"), "text", typed, true);
        code.hint = Some(sheet.look.word("enrol_code_hint"));
        Form {
            action: self.at("enrol"),
            submit: sheet.look.word("enrol_submit"),
            fields: vec![code, sheet.plain("name", sheet.look.word("enrol_phone"), "text", "", false)],
            hidden: waiting(&asked.fields),
            first: true,
            ..Form::default()
        }
    }

    /// Redeems a code: from then on it is this phone's token that counts.
    pub(super) fn enrol(&self, asked: &Asked, view: &View) -> Result<Reply, git::Error> {
        if let Err(seconds) = self.limits.count(Kind::Code, &counted(asked.peer)) {
            return Ok(self.wait(asked, seconds));
        }
        let code = plain(asked.fields.said("code").unwrap_or_default());
        let name = asked.fields.said("name").and_then(one_line);
        let token = secret(32);
        if token.is_empty() {
            return Ok(self.failed(asked, "there is no randomness"));
        }
        let slot: Arc<Mutex<Redeemed>> = Arc::default();
        let answer = self.record(self.redeem(&code, name.as_deref(), &hashed(&token), &slot, view));
        let redeemed = locked(&slot).clone();
        match (answer, redeemed) {
            (Answer::Failed(failure), _) => Ok(self.failed(asked, &failure.to_string())),
            (Answer::Recorded(_) | Answer::Known(_), Redeemed::By(_)) => self.go_on(asked, &token),
            (_, Redeemed::Spent) => Ok(self.enrol_page(asked, view, &Caller::default(), Some(410))),
            _ => Ok(self.enrol_page(asked, view, &Caller::default(), Some(404))),
        }
    }

    fn redeem(
        &self,
        code: &str,
        name: Option<&str>,
        token: &str,
        slot: &Arc<Mutex<Redeemed>>,
        view: &View,
    ) -> Job<'static, Refusals> {
        let (code, token, slot) = (code.to_owned(), token.to_owned(), Arc::clone(slot));
        let name = name.unwrap_or("phone").to_owned();
        let committer = self.authors(&view.opened, &Slug::referred("desk")).1;
        let host = self.host(&view.opened);
        Box::new(move |repo: &Repo, commit: Oid| {
            let opened = shelf::small(repo, commit)?;
            let id = code.get(..ID).unwrap_or_default();
            let wanted = hashed(&code);
            let mut found = Redeemed::Wrong;
            let mut file = None;
            for phone in opened.register.phones.iter().filter(|phone| id_of(phone.source.path()) == id) {
                // The remote took it, and nobody here heard of that.
                if phone.token_sha256.as_ref() == Some(&token) {
                    *locked(&slot) = Redeemed::By(phone.person.clone());
                    return Ok(Verdict::Known);
                }
                match redeemable(phone, &wanted, Utc::now()) {
                    Redeemed::Wrong => {}
                    Redeemed::Spent => found = Redeemed::Spent,
                    by @ Redeemed::By(_) => (found, file) = (by, Some(phone.source.path().to_owned())),
                }
            }
            *locked(&slot) = found.clone();
            let (Redeemed::By(person), Some(path)) = (found, file) else { return Ok(Verdict::No(Vec::new())) };
            let text = claimed(&name, &token, Utc::now());
            let author = Author { name: person.to_string(), email: format!("{person}@{host}") };
            Ok(Verdict::Write(change(
                vec![(path, text)],
                Vec::new(),
                &format!("enrol a phone of {person}"),
                author,
                &committer,
            )))
        })
    }

    /// What was typed before the phone was known is recorded now.
    fn go_on(&self, asked: &Asked, token: &str) -> Result<Reply, git::Error> {
        let cookie = self.token_cookie(token);
        let Some(then) = asked.fields.said("then").map(str::to_owned) else {
            let page = asked.fields.said("page").filter(|page| is_page(page)).unwrap_or("me");
            return Ok(if asked.wants_json() {
                Reply::json(200, serde_json::json!({"ok": true, "token": token}))
            } else {
                Reply::elsewhere(self.at(page)).with_cookie(cookie)
            });
        };
        let mut again = asked.clone();
        again.fields = Fields::default();
        for (name, value) in asked.fields.under("keep.") {
            again.fields.set(name, value);
        }
        again.headers.cookie = None;
        again.headers.authorization = Some(format!("Bearer {token}"));
        let view = self.view(&[])?;
        let caller = self.called(&again, &view);
        let parts: Vec<&str> = then.split('/').collect();
        let reply = match parts.as_slice() {
            ["batch"] => self.record_many(&again, &view, &caller)?,
            [number, kind] => self.record_one(&again, &caller, number, kind)?,
            _ => Reply::elsewhere(self.at("me")),
        };
        Ok(reply.with_cookie(cookie).with_cookie(self.cookie(ASKED, "", false)))
    }

    fn token_cookie(&self, token: &str) -> String {
        let name = if self.settings.url.starts_with("https:") { COOKIES[0] } else { COOKIES[1] };
        self.cookie(name, token, false)
    }

    /// Someone new asks: their phone has a token at once, which counts once a keeper has approved it.
    pub(super) fn ask(&self, asked: &Asked, view: &View) -> Reply {
        let Some(name) = asked.fields.said("name").and_then(one_line) else {
            return self.enrol_page(asked, view, &Caller::default(), Some(422));
        };
        let token = secret(32);
        if token.is_empty() {
            return self.failed(asked, "there is no randomness");
        }
        let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC).to_string();
        let page = self.waiting_page(asked, view, 200, &hashed(&token), &name);
        page.with_cookie(self.token_cookie(&token)).with_cookie(self.cookie(ASKED, &encoded, false))
    }

    /// What a keeper has to open, and the way on once they have.
    fn waiting_page(&self, asked: &Asked, view: &View, status: u16, phone: &str, name: &str) -> Reply {
        let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("approve?phone={phone}&name={encoded}");
        let link = self.at(&path);
        let whole = if link.starts_with('/') { format!("{}{link}", own_origin(asked)) } else { link };
        self.page(view, &Caller::default(), status, |look| {
            let mut page = Page { title: look.word("ask_wait"), ..Page::default() };
            if status == 401 {
                page.notice = Some(Notice { tone: "warn", title: look.word("enrol_waits"), lines: Vec::new() });
            }
            page.lines.push(Phrase::text(&look.word("ask_wait_line")));
            page.lines.push(look.say("approve_check", &[("code", Some(Phrase::text(&phone[..6]).strong()))]));
            page.symbol = crate::site::desk::symbol(&whole);
            page.links.push(self.link(&path, look.word("ask_link")));
            let submit = look.word("ask_go_on");
            let kept = asked.fields.under("keep.").map(|(name, value)| (name.to_owned(), value.to_owned()));
            page.forms.push(self.code_form(asked, &sheet(view, look, &asked.fields)));
            page.forms.insert(
                0,
                if let Some(then) = asked.fields.said("then").filter(|then| is_page(then)) {
                    Form { action: self.at(then), submit, hidden: kept.collect(), first: true, ..Form::default() }
                } else {
                    let page = asked.fields.said("page").filter(|page| is_page(page)).unwrap_or("me");
                    Form { action: self.at(page), submit, get: true, first: true, ..Form::default() }
                },
            );
            page
        })
    }

    /// A keeper sees who asks.
    pub(super) fn approve_page(&self, asked: &Asked, view: &View, caller: &Caller) -> Reply {
        if !caller.is_known() {
            return self.enrol_page(asked, view, caller, Some(401));
        }
        if !caller.is_keeper {
            return self.refuse(asked, caller, 403, "keepers-only", "desk_keepers");
        }
        let Some(phone) = hash_of(&asked.fields) else { return self.not_found(asked) };
        let name = asked.fields.said("name").unwrap_or_default().to_owned();
        self.page(view, caller, 200, |look| {
            let sheet = sheet(view, look, &asked.fields);
            let new = look.say("approve_new", &[("who", Some(Phrase::text(&name)))]).plain().to_owned();
            let choose = look.word("field_choose");
            let all = [vec![(NEW.to_owned(), new)], sheet.people()].concat();
            let mut page = Page { title: look.word("approve_title"), ..Page::default() };
            page.lines.push(look.say("approve_line", &[("who", Some(Phrase::name(&name)))]));
            page.lines.push(look.say("approve_check", &[("code", Some(Phrase::text(&phone[..6]).strong()))]));
            page.forms.push(Form {
                action: self.at("approve"),
                submit: look.word("approve_submit"),
                first: true,
                fields: vec![sheet.select("person", look.word("approve_person"), true, Some(choose), all, "")],
                hidden: vec![("phone".into(), phone), ("name".into(), name.clone())],
                ..Form::default()
            });
            page
        })
    }

    /// A keeper approves: the phone's token counts, and a new colleague has a file.
    pub(super) fn approve(&self, asked: &Asked, view: &View, caller: &Caller) -> Reply {
        let Some(keeper) = caller.person.clone().filter(|_| caller.is_keeper) else {
            return self.refuse(asked, caller, 403, "keepers-only", "desk_keepers");
        };
        let name = asked.fields.said("name").and_then(one_line);
        let (Some(phone), Some(name)) = (hash_of(&asked.fields), name) else { return self.not_found(asked) };
        let Some(chosen) = asked.fields.said("person") else {
            return self.approve_page(asked, view, caller);
        };
        let chosen = (chosen != NEW).then(|| Slug::referred(&chosen.to_lowercase()));
        if chosen.as_ref().is_some_and(|chosen| !super::who::is_here(&view.opened, chosen, &view.moment)) {
            return self.refuse(asked, caller, 422, "unknown-person", "desk_who");
        }
        let Some(id) = crockford(ID) else { return self.failed(asked, "there is no randomness") };
        let (author, committer) = self.authors(&view.opened, &keeper);
        let asks = caller.clone();
        let job: Job<'static, Refusals> = Box::new(move |repo, commit| {
            let opened = shelf::small(repo, commit)?;
            if !now(&asks, &opened).is_some_and(|asks| asks.is_keeper) {
                return Ok(Verdict::No(Vec::new()));
            }
            if opened.register.phones.iter().any(|known| known.token_sha256.as_deref() == Some(&phone)) {
                return Ok(Verdict::Known);
            }
            let (person, mut files) = if let Some(person) = &chosen {
                (person.clone(), Vec::new())
            } else {
                let person = new_slug(&opened, &name);
                let text = format!("name = {}\nrole = \"member\"\n", toml_string(&name));
                (person.clone(), vec![(format!("people/{person}.toml"), text)])
            };
            files.push((format!("phones/{person}/{id}.toml"), claimed("phone", &phone, Utc::now())));
            let message = format!("approve a phone of {person}");
            Ok(Verdict::Write(change(files, Vec::new(), &message, author.clone(), &committer)))
        });
        let (answer, word) = match self.record(job) {
            Answer::Known(commit) => (Answer::Known(commit), "approve_known"),
            answer => (answer, "approve_done"),
        };
        match answer {
            Answer::Failed(failure) => self.failed(asked, &failure.to_string()),
            Answer::No(_) => self.no_longer(asked),
            _ if asked.wants_json() => Reply::json(200, serde_json::json!({"ok": true})),
            _ => self.page(view, caller, 200, |look| Page {
                title: look.word("approve_done"),
                notice: Some(Notice {
                    tone: "go",
                    title: look.word(word),
                    lines: vec![look.word("approve_done_line")],
                }),
                ..Page::default()
            }),
        }
    }

    /// Ends a phone: one's own, or as a keeper anyone's.
    pub(super) fn revoke(&self, asked: &Asked, view: &View, caller: &Caller) -> Reply {
        let Some(person) = caller.person.clone() else { return self.enrol_page(asked, view, caller, Some(401)) };
        let id = asked.fields.said("phone").unwrap_or_default().to_owned();
        let found = view.opened.register.phones.iter().find(|phone| id_of(phone.source.path()) == id);
        let Some(phone) = found.filter(|phone| caller.is_keeper || (phone.person == person && !caller.is_counter))
        else {
            return self.not_found(asked);
        };
        let file = phone.source.path().to_owned();
        let owner = phone.person.clone();
        let (author, committer) = self.authors(&view.opened, &person);
        let asks = caller.clone();
        let job: Job<'static, Refusals> = Box::new(move |repo, commit| {
            let opened = shelf::small(repo, commit)?;
            if !now(&asks, &opened).is_some_and(|asks| asks.is_keeper || (owner == person && !asks.is_counter)) {
                return Ok(Verdict::No(Vec::new()));
            }
            if !opened.register.phones.iter().any(|phone| phone.source.path() == file) {
                return Ok(Verdict::Known);
            }
            let message = format!("revoke a phone of {owner}");
            Ok(Verdict::Write(change(Vec::new(), vec![file.clone()], &message, author.clone(), &committer)))
        });
        match self.record(job) {
            Answer::Failed(failure) => self.failed(asked, &failure.to_string()),
            Answer::No(_) => self.no_longer(asked),
            _ if asked.wants_json() => Reply::json(200, serde_json::json!({"ok": true})),
            _ => Reply::elsewhere(self.at("me")),
        }
    }

    /// What is said to whom the newest commit knows no more, or not as a keeper.
    pub(super) fn no_longer(&self, asked: &Asked) -> Reply {
        let Ok(view) = self.view(&[]) else { return self.failed(asked, "the register cannot be read") };
        let caller = self.called(asked, &view);
        if caller.is_known() {
            self.refuse(asked, &caller, 403, "keepers-only", "desk_keepers")
        } else {
            self.enrol_page(asked, &view, &caller, Some(401))
        }
    }
}

fn sheet<'v>(view: &'v View, look: &'v Look<'v>, fields: &'v Fields) -> Sheet<'v> {
    Sheet { view, look, fields, wrong: &[], person: None, is_counter: false }
}

/// Whoever asks, as the commit that is decided on knows them.
fn now(asks: &Caller, opened: &Opened) -> Option<Caller> {
    asks.again(opened, &Moment::at(Utc::now(), opened.register.config.timezone))
}

/// Where whoever asks has found the desk.
fn own_origin(asked: &Asked) -> String {
    asked.headers.host.as_deref().map(|host| format!("http://{host}")).unwrap_or_default()
}

/// A name of a person or a phone: one line of at most eighty characters.
fn one_line(name: &str) -> Option<String> {
    let name = text(name).ok()?;
    (!name.contains(char::is_control) && name.chars().count() <= 80).then_some(name)
}

/// Whether a text can be the path of a page of the desk: a number and a kind, nothing that leads elsewhere.
fn is_page(path: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    path.split('/').count() <= 2 && path.split('/').all(is_part)
}

/// What has to go along until the phone is known.
fn waiting(fields: &Fields) -> Vec<(String, String)> {
    let waits = |name: &str| matches!(name, "then" | "page") || name.starts_with("keep.");
    fields.iter().filter(|(name, _)| waits(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The hash of a phone's token, where it is one.
fn hash_of(fields: &Fields) -> Option<String> {
    let hash = fields.said("phone")?;
    (hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hash.to_lowercase())
}

/// Whether a code opens a phone's file.
fn redeemable(phone: &Phone, wanted: &str, now: DateTime<Utc>) -> Redeemed {
    use subtle::ConstantTimeEq;
    let Some(known) = &phone.code_sha256 else { return Redeemed::Spent };
    if !bool::from(known.as_bytes().ct_eq(wanted.as_bytes())) {
        return Redeemed::Wrong;
    }
    if phone.until.is_none_or(|until| until < now) { Redeemed::Spent } else { Redeemed::By(phone.person.clone()) }
}

/// The file of a phone that is enrolled.
fn claimed(name: &str, token_sha256: &str, since: DateTime<Utc>) -> String {
    format!("name = {}\ntoken_sha256 = \"{token_sha256}\"\nsince = {}\n", toml_string(name), instant(since))
}

/// A slug that nobody has, for someone of this name.
fn new_slug(opened: &Opened, name: &str) -> Slug {
    let base = Slug::from_name(name).unwrap_or_else(|| Slug::referred("someone"));
    let is_taken =
        |slug: &Slug| opened.register.people.contains_key(slug) || matches!(slug.as_str(), "desk" | "import");
    let short: String = base.as_str().chars().take(28).collect();
    let (mut slug, mut n) = (base, 2);
    while is_taken(&slug) {
        slug = Slug::referred(&format!("{}-{n}", short.trim_end_matches('-')));
        n += 1;
    }
    slug
}

fn change(
    files: Vec<(String, String)>,
    removed: Vec<String>,
    message: &str,
    author: Author,
    committer: &Author,
) -> Change {
    let files = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    Change { files, removed, message: format!("{message}\n"), author, committer: Some(committer.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::mint(&Slug::referred("ana"), Utc::now()).unwrap();
        let shouted = code.typed.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
        assert_eq!(plain(&shouted), plain(&code.typed));
        assert!(code.file.1.contains(&hashed(&plain(&code.typed))));
        assert_eq!(code.file.0, format!("phones/ana/{}.toml", &code.typed[..4]));
    }
}
