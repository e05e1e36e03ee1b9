//! `tagbook init`: a new register that checks clean.

use std::path::{Path, PathBuf};

use super::{End, Outcome, Stop, paint};
use crate::disk;
use crate::git::{Repo, make};

/// Make a new register, in a git repository of its own unless it lies in one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its folder [default: the current one]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Whose things these are
    #[arg(long, default_value = "Our things")]
    title: String,
    /// What things cost, as an ISO 4217 code
    #[arg(long, default_value = "EUR")]
    currency: String,
    /// Where days begin and end, such as Europe/Berlin
    #[arg(long, default_value = "UTC")]
    timezone: String,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    let root = args.folder.as_deref().or(register).unwrap_or(Path::new("."));
    let settings = settings(args)?;
    let taken = ["tagbook.toml", "assets", "people", "locations.toml", "categories.toml"];
    if let Some(name) = taken.iter().find(|name| root.join(name).symlink_metadata().is_ok()) {
        return Err(Stop::refused(format!(
            "`{}` is here already; a new register needs a folder of its own",
            root.join(name).display()
        )));
    }
    let files = [("tagbook.toml", settings.as_str()), ("categories.toml", CATEGORIES), ("locations.toml", LOCATIONS)];
    for (name, text) in files {
        disk::write_new(&root.join(name), text.as_bytes())?;
    }
    ignore_site(root)?;
    let own = if Repo::around(root)?.is_none() {
        make::repository(root, &[])?;
        ", a git repository of its own"
    } else {
        ""
    };
    let next = paint::in_style(paint::BOLD, "next:");
    paint::say(format!("a new register in {}{own}", root.display()))?;
    paint::say(format!("{next} say who you are in people/NAME.toml, and which kinds of things there are in"))?;
    paint::say("      categories.toml; then `tagbook add --category … --name …`")?;
    Ok(End::Clean)
}

/// Keeps the built site out of git, without touching what a `.gitignore` says already.
fn ignore_site(root: &Path) -> Result<(), Stop> {
    let path = root.join(".gitignore");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Stop::Failed(format!("cannot read `{}`: {error}", path.display()))),
    };
    if text.lines().any(|line| matches!(line.trim(), "/site" | "/site/" | "site" | "site/")) {
        return Ok(());
    }
    let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Ok(disk::replace(&path, format!("{text}{line_end}/site/\n").as_bytes())?)
}

fn settings(args: &Args) -> Result<String, Stop> {
    let quoted = crate::register::event::toml_string;
    let text = format!(
        "title = {}\n\
         # Where the site will stand; labels lead there.\n\
         # base_url = \"https://kit.example.org/\"\n\
         # Whom a finder tells.\n\
         # contact = \"kit@example.org\"\n\
         # Where the desk answers, for the buttons of the site and the links to it.\n\
         # desk_url = \"https://kit.example.org/desk\"\n\
         currency = {}\n\
         timezone = {}\n\
         language = \"en\"\n\
         \n\
         [site]\n\
         # \"public\" shows strangers no more than number, name and how to return a thing; \"team\" shows everything.\n\
         audience = \"public\"\n\
         \n\
         [labels]\n\
         # `tagbook label --stock list` names all that there is.\n\
         stock = \"avery-l7160\"\n\
         \n\
         # [desk]\n\
         # Whether strangers may report a fault.\n\
         # anonymous_reports = true\n",
        quoted(&args.title),
        quoted(&args.currency),
        quoted(&args.timezone)
    );
    let mut tree = crate::tree::Tree::default();
    tree.insert_toml("tagbook.toml", text.clone().into_bytes());
    match crate::register::open(&tree).findings.first() {
        Some(finding) => Err(Stop::Refused(finding.message.clone(), finding.hint.clone())),
        None => Ok(text),
    }
}

const CATEGORIES: &str = "\
# Kinds of things. Numbers begin with the prefix: CAM-0001.
# [camera]
# name = \"Cameras\"
# prefix = \"CAM\"
# audit_every = \"1y\"
# require = [\"serial\"]
";

const LOCATIONS: &str = "\
# Places, and what they lie within.
# [office]
# name = \"Office\"
#
# [shelf-a]
# name = \"Shelf A\"
# within = \"office\"
";
