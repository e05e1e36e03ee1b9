//! `tagbook desk`: the form endpoint, by itself or with the site on the same origin.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use super::place::{Here, When};
use super::serve::{listen, url};
use super::{End, Outcome, Stop, build, fonts, paint};
use crate::desk::asked::Asked;
use crate::desk::{Desk, Settings, Trust, http};
use crate::git::{Remote, Repo};
use crate::register::{self, Audience, Number};
use crate::site::{Build, Theme};

/// How often a desk with a site looks for commits that it did not make itself.
const LOOK: Duration = Duration::from_secs(5);

/// Answer phones: a tap becomes a commit
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The register's repository, bare or not [default: the one that the register lies in]
    #[arg(long, value_name = "PATH", conflicts_with = "remote")]
    repo: Option<PathBuf>,
    /// A remote repository, of which the desk keeps a shallow clone of its own
    #[arg(long, value_name = "URL", env = "TAGBOOK_REMOTE", hide_env_values = true)]
    remote: Option<String>,
    /// The branch [default: the one that is checked out there]
    #[arg(long, env = "TAGBOOK_BRANCH")]
    branch: Option<String>,
    /// Where the clone of the remote lies [default: a folder that goes when the desk does]
    #[arg(long, value_name = "DIR", requires = "remote", env = "TAGBOOK_CLONE")]
    clone: Option<PathBuf>,
    /// Where browsers find the desk [default: the register's `desk_url`]
    #[arg(long, env = "TAGBOOK_DESK_URL")]
    url: Option<String>,
    /// Serve the site on the same origin: live pages for colleagues, the finder's page for strangers
    #[arg(long)]
    site: bool,
    /// The port; one that is free where absent
    #[arg(long, env = "PORT")]
    port: Option<u16>,
    /// The address to listen at
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// A proxy whose word on where a request comes from is believed
    #[arg(long, value_name = "ADDRESS")]
    proxy: Vec<IpAddr>,
    /// The program that carries a stranger's message on, such as `sendmail -t`: it reads a mail
    #[arg(long, value_name = "COMMAND", env = "TAGBOOK_MESSAGES")]
    messages: Option<String>,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).with_max_level(tracing::Level::INFO).init();
    let temporary = tempfile::tempdir().map_err(|error| Stop::Failed(format!("cannot make a folder: {error}")))?;
    let (repository, branch, remote) = repository(register, args, temporary.path())?;
    let repo = Repo::of(&repository)?;
    let commit = repo.commit(&branch)?;
    let tree = repo.tree_at(commit)?;
    let opened = register::open(&tree);
    let config = &opened.register.config;
    let url = args.url.clone().or_else(|| config.desk_url.clone()).unwrap_or_else(|| "/desk".into());
    let url = url.trim_end_matches('/').to_owned();
    let site = if args.site { Some("/".to_owned()) } else { config.base_url.clone() };
    let settings = Settings {
        is_own: remote.is_some() && args.remote.is_some(),
        origins: config.base_url.iter().cloned().collect(),
        site: site.unwrap_or_else(|| "/".into()),
        trust: Trust::Enrolled,
        usual: None,
        proxies: args.proxy.clone(),
        messages: args.messages.clone(),
        repository,
        branch,
        remote,
        url,
    };
    let here = Here { root: settings.repository.clone(), tree, opened, rev: Some((Mutex::new(repo), commit)) };
    let theme = build::theme(&here)?;
    drop(here);
    let desk = Arc::new(Desk::open(settings, theme.clone())?);
    answer(args, &desk, theme, temporary.path())
}

/// The repository, the branch in it, and whom it shares its commits with.
fn repository(
    register: Option<&Path>,
    args: &Args,
    temporary: &Path,
) -> Result<(PathBuf, String, Option<Remote>), Stop> {
    if let Some(remote) = &args.remote {
        let folder = args.clone.clone().unwrap_or_else(|| temporary.join("clone.git"));
        if folder.join("HEAD").is_file() {
            let repo = Repo::of(&folder)?;
            let branch = repo.branch()?.map(|branch| branch.name).unwrap_or_default();
            let wanted =
                args.branch.as_ref().map(|wanted| format!("refs/heads/{}", wanted.trim_start_matches("refs/heads/")));
            if !repo.is_clone_of(remote)? || wanted.is_some_and(|wanted| wanted != branch) {
                let why = format!("`{}` is no bare clone of this branch of the remote", folder.display());
                return Err(Stop::Refused(why, Some("remove it, or name another folder with --clone".into())));
            }
            return Ok((folder, branch.clone(), Some(Remote::of_clone(branch))));
        }
        let (branch, shared) = Repo::shallow_clone(remote, args.branch.as_deref(), &folder)?;
        return Ok((folder, branch, Some(shared)));
    }
    let folder = match &args.repo {
        Some(repo) => repo.clone(),
        // A bare repository has no file to be known by.
        None => super::place::find(register).or_else(|stop| bare(register).ok_or(stop))?,
    };
    let none = || Stop::refused(format!("`{}` is no git repository with a branch", folder.display()));
    let repo = Repo::around(&folder)?.ok_or_else(none)?;
    let head = repo.branch()?.ok_or_else(none)?;
    let named = args.branch.as_ref().map(|branch| format!("refs/heads/{}", branch.trim_start_matches("refs/heads/")));
    let is_head = named.as_ref().is_none_or(|named| *named == head.name);
    let branch = named.unwrap_or(head.name);
    if repo.commit(&branch).is_err() {
        return Err(Stop::Refused(
            format!("`{branch}` has no commit"),
            Some("record something first, such as `tagbook add`".into()),
        ));
    }
    let pushes = repo.setting("tagbook.push")?.unwrap_or(true);
    Ok((folder, branch, head.remote.filter(|_| is_head && pushes)))
}

/// The folder that the desk was started in, where it is a bare repository.
fn bare(register: Option<&Path>) -> Option<PathBuf> {
    let folder = register.map_or_else(|| std::env::current_dir().ok(), |register| Some(register.to_owned()))?;
    (folder.join("HEAD").is_file() && folder.join("objects").is_dir()).then_some(folder)
}

fn answer(args: &Args, desk: &Arc<Desk>, theme: Theme, temporary: &Path) -> Outcome {
    #[cfg(feature = "lambda")]
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        let app = http::router(Arc::clone(desk), Arc::new(|| {}));
        return super::lambda::run(app);
    }
    let warmed = Arc::clone(desk);
    std::thread::spawn(move || warmed.warm());
    let listener = listen(args.host, args.port)?;
    let address = listener.local_addr()?;
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let heard: http::Heard = Arc::new(move || {
        let _ = tell.lock().unwrap_or_else(PoisonError::into_inner).send(());
    });
    let mut app = http::router(Arc::clone(desk), heard);
    if args.site {
        let site = Site { desk: Arc::clone(desk), team: temporary.join("team"), public: temporary.join("public") };
        site.rebuild(&theme)?;
        app = Router::new().fallback(show).with_state(site.clone()).merge(app);
        std::thread::spawn(move || site.follow(&theme, &told));
    }
    paint::say(paint::in_style(paint::BOLD, url(address)))?;
    paint::say(format!("the desk is at {} · Ctrl-C ends it", desk.settings().url))?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        http::serve(listener, app, ended()).await
    });
    served.map_err(|error| Stop::Failed(format!("cannot serve: {error}")))?;
    Ok(End::Clean)
}

/// Waits until the process is asked to end.
async fn ended() {
    let interrupted = tokio::signal::ctrl_c();
    let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupted.await;
        return;
    };
    tokio::select! {
        _ = interrupted => {}
        _ = terminated.recv() => {}
    }
}

/// Both sites, as folders that are built anew after each commit.
#[derive(Clone)]
struct Site {
    desk: Arc<Desk>,
    team: PathBuf,
    public: PathBuf,
}

impl Site {
    fn follow(&self, theme: &Theme, told: &mpsc::Receiver<()>) {
        let head =
            || Repo::of(&self.desk.settings().repository).and_then(|repo| repo.commit(&self.desk.settings().branch));
        let mut built = head().ok();
        loop {
            match told.recv_timeout(LOOK) {
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Ok(()) => while told.try_recv().is_ok() {},
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            let newest = head().ok();
            if newest != built {
                if let Err(stop) = self.rebuild(theme) {
                    stop.say();
                    paint::note("the last good site stays");
                }
                built = newest;
            }
        }
    }

    fn rebuild(&self, theme: &Theme) -> Result<(), Stop> {
        let settings = self.desk.settings();
        let repo = Repo::of(&settings.repository)?;
        let commit = repo.commit(&settings.branch)?;
        let tree = repo.tree_at(commit)?;
        let mut opened = register::open(&tree);
        opened.register.config.desk_url = Some(settings.url.clone());
        let here = Here { root: settings.repository.clone(), tree, opened, rev: Some((Mutex::new(repo), commit)) };
        for (audience, folder) in [(Audience::Team, &self.team), (Audience::Public, &self.public)] {
            let moment = build::moment(&here, &When::default())?;
            let build =
                Build { audience, moment, commits: build::commits(&here)?, is_past: false, fonts: fonts::system };
            build::write(&here, &build, theme, folder)?;
        }
        Ok(())
    }
}

/// A page of the site: of an asset as it is now, of all else as it was built; for strangers what strangers may see.
async fn show(State(site): State<Site>, request: Request) -> Response {
    let asked = asked(&request);
    let desk = Arc::clone(&site.desk);
    let answered = tokio::task::spawn_blocking(move || {
        let is_known = desk.caller(&asked).is_ok_and(|caller| caller.is_known());
        // The address on a label has one part, the number; pages of the site are not the desk's of the same name.
        let is_label = matches!(asked.path.as_slice(), [part] if Number::typed(part).is_ok());
        let live = is_label.then(|| desk.answer(&asked)).filter(|reply| reply.status == 200);
        (is_known, live)
    });
    let Ok((is_known, live)) = answered.await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    if let Some(reply) = live {
        return http::respond(reply, request.method() == axum::http::Method::HEAD);
    }
    let folder = if is_known { &site.team } else { &site.public };
    let files = ServeDir::new(folder).not_found_service(ServeFile::new(folder.join("404.html")));
    let mut response = match files.oneshot(request).await {
        Ok(response) => response.map(axum::body::Body::new).into_response(),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    http::guard(response.headers_mut());
    let caching = if is_known { "private, no-cache" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static(caching));
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static("Cookie"));
    response
}

/// What the desk is asked when a page of the site is.
fn asked(request: &Request) -> Asked {
    Asked {
        path: request.uri().path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        headers: http::read_headers(request.headers()),
        peer: request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()),
        ..Asked::default()
    }
}
