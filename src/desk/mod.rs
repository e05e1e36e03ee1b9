//! The desk: a tap on a phone becomes a commit.
//!
//! 1. `http` reads a request into [`asked::Asked`]: nothing behind it knows of HTTP.
//! 2. [`Desk::answer`] finds out who asks (`who`), and hands it to whoever answers such a path.
//! 3. `motions` make a [`Motion`](crate::register::Motion) of what was typed; `motion` has it decided and written.
//! 4. `pages` put the answer into words, as a page or for programs.

pub mod asked;
mod audits;
mod basket;
mod claim;
mod forms;
pub mod http;
mod index;
mod keeping;
mod limits;
mod mine;
mod motion;
mod motions;
mod pages;
mod parts;
mod people;
mod photos;
mod readers;
mod receipt;
pub mod reply;
mod scanner;
mod shelf;
mod stranger;
mod who;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use git2::Oid;

pub use motion::job;
pub use people::{Code, MINUTES};
pub use who::{Caller, Trust, hashed, is_near};

use asked::Asked;
use index::Index;
use limits::Limits;
use readers::Readers;
use reply::Reply;
use shelf::Shelf;

use crate::git::{self, Answer, Author, Queue, Remote, Repo, Verdict, Writer};
use crate::register::{Moment, Number, Opened, Refusals, Slug};
use crate::site::Theme;
use crate::tree::Tree;

/// How old what a remote had may be before it is asked again.
const STALE: Duration = Duration::from_secs(10);

/// How long whoever reads waits for news.
const AT_MOST: Duration = Duration::from_secs(2);

/// Where a desk stands, and whom it trusts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The repository that it reads and writes.
    pub repository: PathBuf,
    /// The branch that it writes to, as `refs/heads/main`.
    pub branch: String,
    /// Where it shares what it writes.
    pub remote: Option<Remote>,
    /// Whether the repository is the desk's own, in which nobody else commits.
    pub is_own: bool,
    /// Where browsers find it: an address, or the path on whatever host they are on. No `/` at the end.
    pub url: String,
    /// Where browsers find the site, ending in `/`.
    pub site: String,
    /// Origins whose forms may be sent here, besides its own.
    pub origins: Vec<String>,
    /// Who may act without an enrolled phone.
    pub trust: Trust,
    /// Who acts at the counter where nobody says who they are.
    pub usual: Option<Slug>,
    /// Whose word on where a request comes from is believed.
    pub proxies: Vec<IpAddr>,
    /// The command that carries strangers' messages on, for the shell; it reads a mail.
    pub messages: Option<String>,
}

/// A desk: it answers requests, from as many threads as ask it.
pub struct Desk {
    settings: Settings,
    theme: Theme,
    readers: Readers,
    queue: Queue<Refusals>,
    index: Arc<Mutex<Index>>,
    shelf: Arc<Shelf>,
    limits: Limits,
    /// When each phone was last used, since this desk began.
    used: Mutex<HashMap<String, DateTime<Utc>>>,
    asked_remote: Mutex<Option<Instant>>,
    /// The answer of a remote that takes long.
    news: Mutex<Option<Receiver<Answer<Refusals>>>>,
}

/// The register as a request finds it: the small files, and the assets that it is about.
struct View {
    commit: Oid,
    opened: Opened,
    tree: Tree,
    moment: Moment,
}

impl Desk {
    /// A desk at a repository.
    ///
    /// # Errors
    /// Where the repository cannot be opened.
    pub fn open(settings: Settings, theme: Theme) -> Result<Desk, git::Error> {
        let repo = Repo::of(&settings.repository)?;
        let readers = Readers::beside(&repo)?;
        let remote = settings.remote.clone().map(Remote::awaited);
        let writer = Writer::new(repo, settings.branch.clone(), remote);
        let writer = if settings.is_own { writer.following() } else { writer };
        Ok(Desk {
            readers,
            queue: Queue::start(writer),
            theme,
            index: Arc::default(),
            shelf: Arc::default(),
            limits: Limits::default(),
            used: Mutex::default(),
            asked_remote: Mutex::default(),
            news: Mutex::default(),
            settings,
        })
    }

    /// Reads what the first who asks would have to wait for.
    pub fn warm(&self) {
        // Whoever asks is told why it cannot be read.
        let _ = self.look_up(|_| ());
    }

    /// The same for measuring: one may ask as often as one likes.
    #[must_use]
    pub fn without_limits(mut self) -> Desk {
        self.limits = Limits::none();
        self
    }

    /// Where it stands.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who asks, by the phones of the newest commit.
    ///
    /// # Errors
    /// Where the register cannot be read.
    pub fn caller(&self, asked: &Asked) -> Result<Caller, git::Error> {
        Ok(self.called(asked, &self.view(&[])?))
    }

    fn called(&self, asked: &Asked, view: &View) -> Caller {
        let Settings { trust, usual, .. } = &self.settings;
        let caller = Caller::of(asked, &view.opened, &view.moment, *trust, usual.as_ref());
        if let Some(phone) = &caller.phone {
            locked(&self.used).insert(phone.clone(), view.moment.now);
        }
        caller
    }

    /// The newest register, with the records and logs of these assets.
    fn view(&self, numbers: &[Number]) -> Result<View, git::Error> {
        self.view_with(numbers, false)
    }

    /// The same, with photos and papers where they are wanted.
    fn view_with(&self, numbers: &[Number], with_files: bool) -> Result<View, git::Error> {
        self.refresh();
        self.readers.with(|repo| {
            let commit = repo.tip(&self.settings.branch)?;
            let (opened, tree) = self.shelf.read(repo, commit, numbers, with_files, &self.index)?;
            let mut opened = opened;
            opened.register.config.desk_url = Some(self.settings.url.clone());
            let moment = Moment::at(Utc::now(), opened.register.config.timezone);
            Ok(View { commit, opened, tree, moment })
        })
    }

    /// Asks the remote for news, where the last ones are old.
    fn refresh(&self) {
        if self.settings.remote.is_none() || self.settings.trust != Trust::Enrolled {
            return;
        }
        // Without news it goes on with what it has; nobody who reads waits for a remote that says nothing.
        let mut news = locked(&self.news);
        if news.as_ref().is_some_and(|news| matches!(news.try_recv(), Err(TryRecvError::Empty))) {
            return;
        }
        *news = None;
        {
            let mut last = locked(&self.asked_remote);
            if last.is_some_and(|last| last.elapsed() < STALE) {
                return;
            }
            *last = Some(Instant::now());
        }
        let asked = self.queue.submit(Box::new(|_, _| Ok(Verdict::Known)));
        if asked.recv_timeout(AT_MOST).is_err() {
            *news = Some(asked);
        }
    }

    /// Looks something up in the index of the newest commit.
    fn look_up<T>(&self, find: impl FnOnce(&Index) -> T) -> Result<T, git::Error> {
        self.readers.with(|repo| {
            let commit = repo.tip(&self.settings.branch)?;
            let mut index = locked(&self.index);
            index.follow(repo, commit, &self.shelf)?;
            Ok(find(&index))
        })
    }

    /// Has something decided and written.
    fn record(&self, job: git::Job<'static, Refusals>) -> Answer<Refusals> {
        let answer = self.queue.record(job);
        *locked(&self.asked_remote) = Some(Instant::now());
        answer
    }

    /// Whom commits are by: the person, and the desk.
    fn authors(&self, opened: &Opened, person: &Slug) -> (Author, Author) {
        let host = self.host(opened);
        let known = opened.register.people.get(person).filter(|_| opened.register.config.desk.names);
        let name = known.map(|person| signed(&person.name)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| person.to_string());
        let author = Author { name, email: format!("{person}@{host}") };
        (author, Author { name: "desk".into(), email: format!("desk@{host}") })
    }

    /// The name under which the desk is known: that of its own address, else the site's.
    fn host(&self, opened: &Opened) -> String {
        let of = |url: &str| {
            let host = url.split_once("://")?.1.split(['/', ':']).next()?;
            (!host.is_empty()).then(|| host.to_owned())
        };
        let own = of(&self.settings.url);
        own.or_else(|| opened.register.config.base_url.as_deref().and_then(of)).unwrap_or_else(|| "localhost".into())
    }

    /// Answers a request.
    #[must_use]
    pub fn answer(&self, asked: &Asked) -> Reply {
        self.try_answer(asked).unwrap_or_else(|error| self.failed(asked, &error.to_string()))
    }

    fn try_answer(&self, asked: &Asked) -> Result<Reply, git::Error> {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        match (asked.is_post, path.as_slice()) {
            (false, ["healthz"]) => Ok(self.health()),
            (false, ["static", name @ ..]) => Ok(self.file(asked, &name.join("/"))),
            (false, ["openapi.json"]) => Ok(Reply::json(200, pages::openapi(&self.settings.url))),
            (_, ["healthz" | "static" | "openapi.json", ..]) => Ok(self.not_found(asked)),
            _ => self.answer_someone(asked, &path),
        }
    }

    fn answer_someone(&self, asked: &Asked, path: &[&str]) -> Result<Reply, git::Error> {
        let view = self.view(&[])?;
        let caller = self.called(asked, &view);
        let reply = self.answer_caller(asked, path, &view, &caller)?;
        // Who is known asks no longer.
        let has_asked = caller.is_known() && asked.cookie(people::ASKED).is_some();
        Ok(if has_asked { reply.with_cookie(self.cookie(people::ASKED, "", false)) } else { reply })
    }

    fn answer_caller(&self, asked: &Asked, path: &[&str], view: &View, caller: &Caller) -> Result<Reply, git::Error> {
        if asked.is_post {
            if let Some(no) = self.distrusted(asked) {
                return Ok(no);
            }
            if let Some(no) = self.too_often(asked, caller) {
                return Ok(no);
            }
        }
        match (asked.is_post, path) {
            (false, [] | ["me" | "me.json"]) => self.mine(asked, view, caller),
            (false, ["batch"]) => self.basket(asked, view, caller),
            (true, ["batch"]) => self.record_many(asked, view, caller),
            (false, ["audits" | "audits.json"]) => self.audits(asked, view, caller),
            (true, ["audits"]) => self.open_audit(asked, view, caller),
            (false, ["audits", slug]) => self.audit(asked, view, caller, slug),
            (false, ["audits", slug, "close"]) => self.close_page(asked, view, caller, slug),
            (true, ["audits", slug, "close"]) => self.close_audit(asked, view, caller, slug),
            (_, ["audits", ..]) => Ok(self.not_found(asked)),
            (false, ["enrol"]) => Ok(self.enrol_page(asked, view, caller, None)),
            (true, ["enrol"]) => self.enrol(asked, view),
            (true, ["ask"]) => Ok(self.ask(asked, view)),
            (false, ["ask"]) => Ok(self.enrol_page(asked, view, caller, Some(401))),
            (false, ["approve"]) => Ok(self.approve_page(asked, view, caller)),
            (true, ["approve"]) => Ok(self.approve(asked, view, caller)),
            (true, ["revoke"]) => Ok(self.revoke(asked, view, caller)),
            (true, ["empty"]) => Ok(self.empty()),
            (true, ["by"]) => Ok(self.speak(asked, view, caller)),
            (false, ["receipt", number, id]) => self.receipt(asked, caller, number, id),
            (true, [number, "tell"]) => self.tell(asked, number),
            (true, [number, "claim"]) => self.claim(asked, caller, number, true),
            (true, [number, "tie"]) => self.claim(asked, caller, number, false),
            (false, ["revoke" | "by" | "empty"]) => {
                Ok(self.plainly(asked, 405, "not-a-page", "this is only told, not asked"))
            }
            (false, [number, "tell"]) => self.tell_page(asked, number),
            (false, [number]) => self.asset(asked, caller, number),
            (false, [number, "photos", name]) => self.picture(asked, caller, number, &format!("photos/{name}")),
            (false, [number, "qr.svg"]) => self.symbol(asked, caller, number),
            (false, [number, name]) if name.starts_with("photo.") => self.picture(asked, caller, number, name),
            (false, [number, kind]) => self.motion_page(asked, caller, number, kind),
            (true, [number, kind]) => self.record_one(asked, caller, number, kind),
            _ => Ok(self.not_found(asked)),
        }
    }

    fn health(&self) -> Reply {
        let head = self.readers.with(|repo| repo.tip(&self.settings.branch));
        match head {
            Ok(head) => Reply::json(200, serde_json::json!({"ok": true, "commit": head.to_string()})),
            Err(_) => Reply::json(503, serde_json::json!({"ok": false})),
        }
    }
}

/// A name as git signs with it: on one line, without what its addresses stand between.
fn signed(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() || matches!(c, '<' | '>') { ' ' } else { c }).collect();
    plain
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .trim_matches(['.', ',', ':', ';', '"', '\\', '\''])
        .to_owned()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
