//! What a stranger can do: report a fault where the register lets them, and write to whoever it belongs to.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::Utc;

use super::asked::{Asked, Fields};
use super::forms::Sheet;
use super::limits::{Kind, counted};
use super::motions::{Fate, Wrong};
use super::pages::nonce;
use super::reply::{Reply, no};
use super::who::Caller;
use super::{Desk, View};
use crate::git;
use crate::register::motion::kind;
use crate::register::typed::text;
use crate::register::{Number, Slug};
use crate::site::Phrase;
use crate::site::desk::{Form, Input, Look, Notice, View as Page, is_public};

/// Seconds that a person needs to fill in a form.
const QUICK: i64 = 3;

/// Characters of a stranger's message.
const LONGEST: usize = 2000;

/// How long the program that carries messages on may take.
const CARRIED: Duration = Duration::from_secs(20);

impl Desk {
    /// An asset that strangers may hear of.
    fn public(&self, typed: &str) -> Result<Option<(Number, View)>, git::Error> {
        Ok(self.find(typed)?.filter(|(number, view)| is_public(&view.opened, number)))
    }

    /// The form in which a stranger reports a fault.
    pub(super) fn stranger_report_page(
        &self,
        asked: &Asked,
        typed: &str,
        wrong: &[(String, String)],
        status: u16,
    ) -> Result<Reply, git::Error> {
        let caller = Caller::default();
        let Some((number, view)) = self.public(typed)? else { return Ok(self.unknown_asset(asked, &caller)) };
        Ok(self.page(&view, &caller, status, |look| {
            let sheet = Sheet { view: &view, look, fields: &asked.fields, wrong, person: None, is_counter: false };
            let fields = kind("report").map(|kind| sheet.of(kind, None)).unwrap_or_default();
            self.stranger_page(&view, look, &number, "report", "do_report", fields)
        }))
    }

    fn stranger_page(
        &self,
        view: &View,
        look: &Look,
        number: &Number,
        path: &str,
        word: &str,
        mut fields: Vec<Input>,
    ) -> Page {
        fields.push(Input {
            name: "website".into(),
            label: look.word("field_trap"),
            kind: "trap",
            class: "trap",
            ..Input::default()
        });
        let name = view.opened.register.assets.get(number).map(|asset| asset.name.clone());
        Page {
            number: Some(number.to_string()),
            name,
            title: look.word(word),
            forms: vec![Form {
                action: self.at(&format!("{number}/{path}")),
                submit: look.word("stranger_submit"),
                first: true,
                fields,
                hidden: vec![("began".into(), Utc::now().timestamp().to_string()), ("nonce".into(), nonce())],
                ..Form::default()
            }],
            ..Page::default()
        }
    }

    /// A stranger reports a fault.
    pub(super) fn stranger_report(&self, asked: &Asked, typed: &str) -> Result<Reply, git::Error> {
        let caller = Caller::default();
        if let Some(reply) = self.halt(asked, &["severity", "note", "last", "nonce"])? {
            return Ok(reply);
        }
        let Some((number, view)) = self.public(typed)? else { return Ok(self.unknown_asset(asked, &caller)) };
        let desk = Slug::referred("desk");
        let mut fields = Fields::default();
        for name in ["severity", "note", "nonce", "last"] {
            fields.set(name, asked.fields.said(name).unwrap_or_default());
        }
        let motion = match self.motion(&fields, "report", &number, &desk, &view) {
            Ok(motion) => motion,
            Err(wrong) => return self.stranger_wrong(asked, typed, &wrong),
        };
        match self.decide((vec![motion], None), &view, &desk, &Caller::default()) {
            Fate::Failed(failure) => Ok(self.failed(asked, &failure.to_string())),
            Fate::Revoked => Ok(self.failed(asked, "a stranger has no phone")),
            Fate::No(_, refusals) => {
                let wrong: Wrong =
                    refusals.iter().map(|(_, refusal)| ("note".into(), refusal.message.clone())).collect();
                self.stranger_wrong(asked, typed, &wrong)
            }
            Fate::Written(..) => {
                let mut reply = self.thanks(asked)?;
                reply.has_recorded = true;
                Ok(reply)
            }
        }
    }

    fn stranger_wrong(&self, asked: &Asked, typed: &str, wrong: &Wrong) -> Result<Reply, git::Error> {
        if asked.wants_json() {
            let words: Vec<String> = wrong.iter().map(|(key, why)| format!("{key}: {why}")).collect();
            return Ok(Reply::json(422, no("bad-field", &words.join("; "))));
        }
        self.stranger_report_page(asked, typed, wrong, 422)
    }

    /// The form of a message to whoever it belongs to.
    pub(super) fn tell_page(&self, asked: &Asked, typed: &str) -> Result<Reply, git::Error> {
        let caller = Caller::default();
        let number = Number::typed(typed).ok().filter(|_| self.settings.messages.is_some());
        let Some(number) = number else { return Ok(self.not_found(asked)) };
        let view = self.view(&[])?;
        Ok(self.page(&view, &caller, 200, |look| {
            let sheet = Sheet { view: &view, look, fields: &asked.fields, wrong: &[], person: None, is_counter: false };
            let fields = vec![
                sheet.plain("message", look.word("field_message"), "area", "", true),
                sheet.plain("from", look.word("field_answer"), "text", "", false),
            ];
            self.stranger_page(&view, look, &number, "tell", "tell_title", fields)
        }))
    }

    /// Sends a stranger's message on. It never goes into the register: git cannot forget.
    pub(super) fn tell(&self, asked: &Asked, typed: &str) -> Result<Reply, git::Error> {
        let number = Number::typed(typed).ok().filter(|_| self.settings.messages.is_some());
        let Some(number) = number else { return Ok(self.not_found(asked)) };
        if let Some(reply) = self.halt(asked, &["message", "from", "nonce"])? {
            return Ok(reply);
        }
        let said = |name: &str| asked.fields.said(name).map(text).transpose().map(Option::unwrap_or_default);
        let (Ok(message), Ok(from)) = (said("message"), said("from")) else {
            return Ok(self.plainly(asked, 422, "bad-field", "the message has hidden characters"));
        };
        if message.is_empty() || message.chars().count() > LONGEST || from.chars().count() > 200 {
            return Ok(self.plainly(asked, 422, "bad-field", "a message has 1 to 2000 characters"));
        }
        let view = self.view(&[])?;
        match self.send(&view, &number, &message, &from) {
            Ok(()) => self.thanks(asked),
            Err(why) => Ok(self.failed(asked, &why)),
        }
    }

    /// Gives a message, as a mail, to the program that carries messages on.
    fn send(&self, view: &View, number: &Number, message: &str, from: &str) -> Result<(), String> {
        let Some(carrier) = &self.settings.messages else { return Ok(()) };
        let line = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let config = &view.opened.register.config;
        let to = config.contact.as_deref().unwrap_or_default();
        let to = to.split([',', ' ', ';']).find(|part| part.contains('@')).unwrap_or_default();
        let mail = format!(
            "To: {}\nSubject: {number} was found\nContent-Type: text/plain; charset=utf-8\n\n{message}\n\nAnswer to: {}\n",
            line(to),
            line(from),
        );
        let mut child = Command::new("sh")
            .args(["-c", carrier])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("the message could not be sent: {error}"))?;
        let written = child.stdin.take().map(|mut to| to.write_all(mail.as_bytes()));
        let ended = git::wait_at_most(&mut child, CARRIED).map_err(|error| error.to_string())?;
        match (written, ended) {
            (Some(Ok(())), Some(ended)) if ended.success() => Ok(()),
            (_, Some(ended)) => Err(format!("the message could not be sent: its carrier ended with {ended}")),
            (_, None) => Err("the message could not be sent: its carrier took too long".into()),
        }
    }

    /// What keeps a stranger's form from being taken: a field too many, one too many in a minute, a program that fills in forms.
    fn halt(&self, asked: &Asked, fields: &[&str]) -> Result<Option<Reply>, git::Error> {
        let known = |name: &str| fields.contains(&name) || matches!(name, "website" | "began" | "return_to");
        if let Some((stranger, _)) = asked.fields.iter().find(|(name, _)| !known(name)) {
            let words = format!("there is no field `{}`", stranger.escape_debug());
            return Ok(Some(self.plainly(asked, 400, "unknown-field", &words)));
        }
        if let Err(seconds) = self.limits.count(Kind::Report, &counted(asked.peer)) {
            return Ok(Some(self.wait(asked, seconds)));
        }
        let began = asked.fields.said("began").and_then(|began| began.parse::<i64>().ok());
        let is_quick = began.is_none_or(|began| Utc::now().timestamp() - began < QUICK);
        let is_machine = asked.fields.said("website").is_some() || is_quick;
        // It is told the same as everybody, so that it learns nothing.
        if is_machine { self.thanks(asked).map(Some) } else { Ok(None) }
    }

    fn thanks(&self, asked: &Asked) -> Result<Reply, git::Error> {
        if asked.wants_json() {
            return Ok(Reply::json(200, serde_json::json!({"ok": true})));
        }
        let view = self.view(&[])?;
        Ok(self.page(&view, &Caller::default(), 200, |look| Page {
            title: look.word("stranger_thanks"),
            notice: Some(Notice { tone: "go", title: look.word("stranger_thanks"), lines: Vec::new() }),
            lines: vec![Phrase::text(&look.word("stranger_thanks_line"))],
            ..Page::default()
        }))
    }
}
