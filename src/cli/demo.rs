//! `tagbook demo`: the embedded demo register, lived in until yesterday, in a git repository of its own, served.

mod calendar;
mod past;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate, Utc};
use include_dir::{Dir, include_dir};

use super::place::When;
use super::serve::{Work, address_in_network, listen, open_desk, serve, url};
use super::{Outcome, Stop, paint};
use crate::desk::Trust;
use crate::disk;
use crate::git::make;
use crate::labels::symbol::{Room, Symbol};
use crate::register::{Audience, open};
use crate::tree::Tree;

static REGISTER: Dir = include_dir!("$CARGO_MANIFEST_DIR/register");

/// Show what it is like: a studio's register, two years old, with its site
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A new folder for it [default: `tagbook-demo`, with a number where that is taken]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The port; 8080 or one that is free where absent
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen at [default: any, so that a phone in the same network can open it]
    #[arg(long)]
    host: Option<IpAddr>,
    /// Make it and do not serve it
    #[arg(long)]
    no_serve: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let root = folder(args)?;
    let today = Utc::now().date_naive();
    make_register(&root, today)?;
    paint::say(format!("{} in {}", paint::in_style(paint::BOLD, "a demo register"), root.display()))?;
    if args.no_serve {
        return Ok(super::End::Clean);
    }
    let host = args.host.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let listener = match args.port {
        Some(port) => listen(host, Some(port))?,
        None => listen(host, Some(8080)).or_else(|_| listen(host, None))?,
    };
    let address = listener.local_addr()?;
    let outside = address_in_network().filter(|_| address.ip().is_unspecified());
    let phone = outside.map_or_else(|| url(address), |ip| format!("http://{ip}:{}/", address.port()));
    let desk = open_desk(&root, Trust::Everybody)?;
    let work = Work { root, audience: Audience::Team, when: When::default(), base_url: Some(phone.clone()), desk };
    serve(&work, listener, |_| {
        paint::say(format!("{}\n", paint::in_style(paint::BOLD, url(address))))?;
        paint::say(terminal_symbol(&phone))?;
        if outside.is_some() {
            paint::say(format!("a phone in the same network: {phone}"))?;
        }
        paint::say("edit a file and watch the page change · Ctrl-C ends it")
    })
}

/// The folder that was named, which must be empty or not there, else the first free `tagbook-demo`.
fn folder(args: &Args) -> Result<PathBuf, Stop> {
    let free = |path: &Path| match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if let Some(folder) = &args.folder {
        let why = || Stop::refused(format!("`{}` is not empty; the demo wants a folder of its own", folder.display()));
        return if free(folder) { Ok(folder.clone()) } else { Err(why()) };
    }
    let names = (1..).map(|n| if n == 1 { "tagbook-demo".to_owned() } else { format!("tagbook-demo-{n}") });
    Ok(names.map(PathBuf::from).find(|path| free(path)).unwrap_or_default())
}

/// Writes the demo into `root` as if its newest event had been yesterday, with a commit for everything that happened.
fn make_register(root: &Path, today: NaiveDate) -> Result<(), Stop> {
    let mut files = Vec::new();
    collect(&REGISTER, &mut files);
    let newest = newest_day(&files).unwrap_or(today);
    let days = (today - Days::new(1)).signed_duration_since(newest).num_days();
    for (path, bytes) in &mut files {
        if Path::new(path).extension().is_some_and(|ending| ending == "toml") {
            let text = String::from_utf8_lossy(bytes);
            *bytes = calendar::shifted(&text, days).into_bytes();
            *path = calendar::shifted_name(path, days);
        }
    }
    let tree = tree(&files);
    let opened = open(&tree);
    for (path, bytes) in &files {
        disk::write_new(&root.join(path), bytes)?;
    }
    disk::write_new(&root.join(".gitignore"), b"/site/\n")?;
    files.push((".gitignore".into(), b"/site/\n".to_vec()));
    let commits = past::commits(&opened, files);
    Ok(make::repository(root, &commits)?)
}

fn collect(folder: &Dir, files: &mut Vec<(String, Vec<u8>)>) {
    for file in folder.files() {
        files.push((file.path().to_string_lossy().replace('\\', "/"), file.contents().to_vec()));
    }
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

fn tree(files: &[(String, Vec<u8>)]) -> Tree {
    let mut tree = Tree::default();
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".toml")) {
        tree.insert_toml(path.as_str(), bytes.clone());
    }
    tree
}

fn newest_day(files: &[(String, Vec<u8>)]) -> Option<NaiveDate> {
    let opened = open(&tree(files));
    let newest = opened.ledger.iter().filter_map(|(_, log)| Some(log.events().last()?.event.at)).max()?;
    Some(newest.date_naive())
}

/// A QR code of two rows a line, dark on light whatever the terminal's colours.
pub(super) fn terminal_symbol(text: &str) -> String {
    let Ok(symbol) = Symbol::fitting(text, Room::of(40.0)) else { return String::new() };
    let quiet = 2;
    let size = symbol.size() + 2 * quiet;
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| (quiet..size - quiet).contains(&at);
        inside(x) && inside(y) && symbol.is_dark(x - quiet, y - quiet)
    };
    let half = |x: usize, y: usize| match (dark(x, y), dark(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let style = anstyle::Style::new()
        .fg_color(Some(anstyle::RgbColor(0, 0, 0).into()))
        .bg_color(Some(anstyle::RgbColor(255, 255, 255).into()));
    let row = |y: usize| paint::in_style(style, (0..size).map(|x| half(x, y)).collect::<String>());
    (0..size).step_by(2).map(|y| format!("  {}\n", row(y))).collect()
}
