//! Where the register is, at which moment it is looked at, and what it was at a commit.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, Utc};

use super::Stop;
use crate::disk;
use crate::git::Repo;
use crate::register::tags::Mistyped;
use crate::register::{self, Finding, Moment, Number, Opened, Register, Severity, Tz};
use crate::tree::Tree;

/// When a register is looked at.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct When {
    /// Only what had happened by then: a day, or an instant such as 2026-11-23T09:00:00Z
    #[arg(long, value_name = "DATE", value_parser = At::parse)]
    pub(super) at: Option<At>,
}

/// A day or an instant.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

impl At {
    pub(super) fn parse(text: &str) -> Result<At, String> {
        let day = text.parse().map(At::Day);
        let instant = || DateTime::parse_from_rfc3339(text).map(|at| At::Instant(at.with_timezone(&Utc)));
        day.or_else(|_| instant())
            .map_err(|_| "write a day such as 2026-11-27, or an instant with its offset".to_owned())
    }

    pub(super) fn moment(self, zone: Tz) -> Moment {
        match self {
            At::Day(day) => Moment::end_of(day, zone),
            At::Instant(at) => Moment::at(at, zone),
        }
    }
}

impl When {
    /// The moment that was asked for, else now.
    pub(super) fn moment(&self, zone: Tz) -> Moment {
        self.at.map_or_else(|| Moment::at(Utc::now(), zone), |at| at.moment(zone))
    }
}

/// The register's folder: the one that was named, else the nearest upward with a `tagbook.toml`.
pub(super) fn find(named: Option<&Path>) -> Result<PathBuf, Stop> {
    if let Some(root) = named {
        if root.is_dir() && matches!(root.join("tagbook.toml").try_exists(), Ok(false)) {
            let hint = "make one with `tagbook init`";
            return Err(Stop::Refused(format!("no `tagbook.toml` in `{}`", root.display()), Some(hint.into())));
        }
        return if root.is_dir() {
            Ok(root.to_owned())
        } else {
            Err(Stop::Failed(format!("there is no folder `{}`", root.display())))
        };
    }
    let here = std::env::current_dir().map_err(|error| Stop::Failed(format!("there is no current folder: {error}")))?;
    let found = here.ancestors().find(|folder| folder.join("tagbook.toml").is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        let hint = "go to a register, name one with -C, or make one with `tagbook init`";
        Stop::Refused(format!("no `tagbook.toml` in `{}` or above it", here.display()), Some(hint.into()))
    })
}

/// A register as a command sees it.
pub(super) struct Here {
    pub(super) root: PathBuf,
    pub(super) tree: Tree,
    pub(super) opened: Opened,
    pub(super) rev: Option<(Mutex<Repo>, git2::Oid)>,
}

impl Here {
    /// Opens the register as it stands in its folder, or as it was recorded at the commit `rev`.
    pub(super) fn open(named: Option<&Path>, rev: Option<&str>) -> Result<Here, Stop> {
        let root = find(named)?;
        let (tree, rev) = match rev {
            None => (disk::read(&root)?, None),
            Some(rev) => {
                let none =
                    || Stop::refused(format!("`{}` is in no git repository, so there is no `--rev`", root.display()));
                let repo = Repo::around(&root)?.ok_or_else(none)?;
                let commit = repo.commit(rev).map_err(Stop::refused)?;
                (repo.tree_at(commit)?, Some((Mutex::new(repo), commit)))
            }
        };
        let opened = register::open(&tree);
        Ok(Here { root, tree, opened, rev })
    }

    pub(super) fn zone(&self) -> Tz {
        self.opened.register.config.timezone
    }

    /// The number that was typed, or the asset whose alias it is.
    pub(super) fn number(&self, typed: &str) -> Result<Number, Stop> {
        number(&self.opened.register, typed)
    }

    /// Says on standard error that the register has errors, where it has: what is shown may be wrong.
    pub(super) fn mention_errors(&self, moment: &Moment) {
        let findings = self.opened.check(moment, Utc::now());
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if errors > 0 {
            super::paint::note(&format!("{}; run `tagbook check`", super::paint::count(errors, "error")));
        }
    }
}

/// The number that was typed, or the asset whose alias it is.
pub(super) fn number(register: &Register, typed: &str) -> Result<Number, Stop> {
    let none = |hint| Stop::Refused(format!("there is no asset `{}`", typed.escape_debug()), hint);
    match register.read_number(typed) {
        Ok(number) => register.resolve(&number).map(|asset| asset.number.clone()).ok_or_else(|| {
            let hint =
                format!("`tagbook tags tie {number} NUMBER` ties it to one, `tagbook add --number {number}` adds one");
            Stop::Refused(format!("{number} is a tag that nothing bears yet"), Some(hint))
        }),
        Err(Mistyped::Ambiguous(several)) => {
            let several: Vec<&str> = several.iter().map(Number::as_str).collect();
            Err(none(Some(format!("it can be read as {}; type one as it is written", several.join(" or ")))))
        }
        Err(Mistyped::Check) => Err(none(Some(
            "its check character does not fit: one of its characters is wrong, or two changed places".into(),
        ))),
        Err(Mistyped::Unknown) => Err(none(register::did_you_mean(typed, register.assets.keys().map(Number::as_str)))),
    }
}

/// Whether findings have an error among them.
pub(super) fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
