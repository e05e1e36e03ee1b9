//! `tagbook serve`: the site as it is now, built again whenever the register changes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use chrono::Utc;
use notify_debouncer_full::notify::{EventKind, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, new_debouncer};
use tokio::sync::watch;

use super::live::{self, Shown};
use super::place::{Here, When, find};
use super::{End, Outcome, Stop, build, check, fonts, paint};
use crate::desk::{Desk, Settings, Trust};
use crate::disk;
use crate::git::Repo;
use crate::register::{self, Audience, Severity};
use crate::site::Build;
use crate::tree::FOLDERS;

/// Build, watch and serve the site; pages reload by themselves
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The port; one that is free where absent
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen at; 0.0.0.0 lets phones in the same network in
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Whom the site is for
    #[arg(long, value_parser = build::audience, default_value = "team")]
    audience: Audience,
    /// Open the site in a browser
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    when: When,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let root = find(register)?;
    let listener = listen(args.host, args.port)?;
    let address = listener.local_addr()?;
    let desk = open_desk(&root, Trust::Here)?;
    if desk.is_none() {
        paint::note("there is no desk before the first commit; start this again after it");
    }
    let work = Work { root, audience: args.audience, when: args.when.clone(), base_url: None, desk };
    let said = |files: usize| {
        paint::say(paint::in_style(paint::BOLD, url(address)))?;
        paint::say(format!("{} · Ctrl-C ends it", paint::count(files, "file")))?;
        if args.open {
            open_browser(&url(address));
        }
        Ok(())
    };
    serve(&work, listener, said)
}

/// What is built again and again.
pub(super) struct Work {
    pub(super) root: PathBuf,
    pub(super) audience: Audience,
    pub(super) when: When,
    /// Where the labels of the pages lead, where not to the register's own `base_url`.
    pub(super) base_url: Option<String>,
    /// What answers below `/desk`.
    pub(super) desk: Option<Arc<Desk>>,
}

/// The desk of the register in `root`, at `/desk` of wherever the site is served; none before the first commit.
pub(super) fn open_desk(root: &Path, trust: Trust) -> Result<Option<Arc<Desk>>, Stop> {
    let Some(repo) = Repo::around(root)? else { return Ok(None) };
    let Some(branch) = repo.branch()?.filter(|branch| branch.is_born) else { return Ok(None) };
    let opened = register::open(&disk::read(root)?);
    let author = crate::git::identity(root).ok();
    let is_theirs = |email: &String| author.as_ref().is_some_and(|author| email.eq_ignore_ascii_case(&author.email));
    let person = opened.register.people.values().find(|person| person.email.as_ref().is_some_and(is_theirs));
    let pushes = repo.setting("tagbook.push")?.unwrap_or(true);
    let settings = Settings {
        repository: root.to_owned(),
        branch: branch.name,
        remote: branch.remote.filter(|_| pushes),
        is_own: false,
        url: "/desk".into(),
        site: "/".into(),
        origins: Vec::new(),
        trust,
        usual: person.map(|person| person.slug.clone()),
        proxies: Vec::new(),
        messages: None,
    };
    let here = Here { root: root.to_owned(), tree: crate::tree::Tree::default(), opened, rev: None };
    Ok(Some(Arc::new(Desk::open(settings, build::theme(&here)?)?)))
}

/// Serves the register in `work` at `listener` until it is interrupted; `said` is called when the site stands.
pub(super) fn serve(
    work: &Work,
    listener: std::net::TcpListener,
    said: impl FnOnce(usize) -> Result<(), Stop>,
) -> Outcome {
    let folder =
        tempfile::tempdir().map_err(|error| Stop::Failed(format!("cannot make a folder for the site: {error}")))?;
    let site = folder.path().join("site");
    let mut shown = Shown::default();
    let (changes, changed) = mpsc::channel();
    // Before the first build, so that no change falls between the two.
    let watcher = watch_register(&work.root, changes)?;
    let files = work.build(&site, &mut shown);
    let (tell, told) = watch::channel(shown);
    said(files)?;
    std::thread::scope(|scope| {
        let (site, tell) = (&site, &tell);
        scope.spawn(move || {
            while changed.recv().is_ok() {
                // Whatever has changed meanwhile is in the build that comes now.
                while changed.try_recv().is_ok() {}
                let mut shown = tell.borrow().clone();
                work.build(site, &mut shown);
                let _ = tell.send(shown);
            }
        });
        let ended = live::run(listener, site, told, work.desk.clone());
        drop(watcher);
        ended.map_err(|error| Stop::Failed(format!("cannot serve: {error}")))?;
        Ok(End::Clean)
    })
}

impl Work {
    /// Builds the site; where the register has errors or cannot be built, the last good one stays and `shown` says why.
    fn build(&self, site: &Path, shown: &mut Shown) -> usize {
        shown.version += 1;
        let (files, findings) = self.try_build(site).unwrap_or_else(|stop| {
            let why = match stop {
                Stop::Refused(why, _) | Stop::Failed(why) | Stop::Misused(why) => why,
                Stop::Ruled(ruled) => ruled.1.message,
                Stop::Unheard => String::new(),
            };
            paint::error(&why, None);
            (0, vec![why])
        });
        shown.findings = findings;
        files
    }

    fn try_build(&self, site: &Path) -> Result<(usize, Vec<String>), Stop> {
        if !self.root.join("tagbook.toml").is_file() {
            return Err(Stop::refused(format!("there is no `tagbook.toml` in `{}`", self.root.display())));
        }
        let mut here = Here::open(Some(&self.root), None)?;
        if let Some(base_url) = &self.base_url {
            // What is printed leads to where the register says.
            let own = here.opened.register.config.base_url.replace(base_url.clone());
            here.opened.register.config.former_base_urls.extend(own);
        }
        if self.desk.is_some() {
            here.opened.register.config.desk_url = Some("/desk".into());
        }
        let moment = build::moment(&here, &self.when)?;
        let findings = here.opened.check(&moment, Utc::now());
        let errors: Vec<String> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| check::human(finding, &here.tree))
            .collect();
        if !errors.is_empty() {
            paint::note(&format!("{}; the last good site stays", paint::count(errors.len(), "error")));
            return Ok((0, errors));
        }
        let build = Build {
            audience: self.audience,
            moment,
            commits: build::commits(&here)?,
            is_past: false,
            fonts: fonts::system,
        };
        let files = build::write(&here, &build, &build::theme(&here)?, site)?;
        Ok((files, Vec::new()))
    }
}

/// Listens at `port`, or at any that is free.
pub(super) fn listen(host: IpAddr, port: Option<u16>) -> Result<std::net::TcpListener, Stop> {
    let address = SocketAddr::new(host, port.unwrap_or(0));
    let listener = std::net::TcpListener::bind(address);
    listener.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            Stop::Refused(format!("port {} is taken", address.port()), Some("choose another with --port".into()))
        }
        _ => Stop::Failed(format!("cannot listen at {address}: {error}")),
    })
}

/// The address that a browser on this machine opens.
pub(super) fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}/", address.port())
    } else {
        format!("http://{address}/")
    }
}

/// The address under which others in the same network reach this machine, where it is in one.
/// Nothing is sent: the system is only asked which of its addresses it would send from.
pub(super) fn address_in_network() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address set aside for documentation (RFC 5737).
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if std::process::Command::new(program).arg(url).spawn().is_err() {
        paint::note(&format!("no browser could be opened; go to {url}"));
    }
}

type Watcher = notify_debouncer_full::Debouncer<
    notify_debouncer_full::notify::RecommendedWatcher,
    notify_debouncer_full::RecommendedCache,
>;

/// Sends a word whenever a file of the register has changed.
fn watch_register(root: &Path, changes: mpsc::Sender<()>) -> Result<Watcher, Stop> {
    let failed =
        |error: notify_debouncer_full::notify::Error| Stop::Failed(format!("cannot watch the register: {error}"));
    let root =
        root.canonicalize().map_err(|error| Stop::Failed(format!("cannot watch `{}`: {error}", root.display())))?;
    let of_register = {
        let root = root.clone();
        move |path: &Path| {
            let relative = path.strip_prefix(&root).unwrap_or(path);
            let first = relative.iter().next().map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
            FOLDERS.contains(&format!("{first}/").as_str()) || first.ends_with(".toml")
        }
    };
    let heard = move |events: DebounceEventResult| {
        let changed = |kind: &EventKind| !matches!(kind, EventKind::Access(_));
        // What could not be watched may have changed.
        let any = events.map_or(true, |events| {
            events.iter().any(|event| changed(&event.kind) && event.paths.iter().any(|path| of_register(path)))
        });
        if any {
            let _ = changes.send(());
        }
    };
    let mut watcher = new_debouncer(Duration::from_millis(150), None, heard).map_err(failed)?;
    watcher.watch(&root, RecursiveMode::Recursive).map_err(failed)?;
    Ok(watcher)
}
