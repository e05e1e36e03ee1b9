//! The desk: what someone asks for, decided on the newest commit and written as one.

use chrono::Utc;
use git2::Oid;

use crate::git::{self, Author, Change, Job, Repo, Verdict};
use crate::register::{self, Moment, Motion, Number, Opened, Posting, Refusals};

/// A motion as a job for a [`git::Writer`], which has it decided on every commit that it may come after.
///
/// Of the assets only those that the motion names are read, whatever else there is: it costs the same in any register.
/// A kit moves with the parts that are named beside it.
#[must_use]
pub fn job(motion: Motion, author: Author, committer: Option<Author>) -> Job<'static, Refusals> {
    Box::new(move |repo, commit| {
        let opened = read(repo, commit, &motion.numbers)?;
        if motion.numbers.iter().any(|number| motion.is_recorded(&opened, number)) {
            return Ok(Verdict::Known);
        }
        let moment = Moment::at(Utc::now(), opened.register.config.timezone);
        Ok(match motion.decide(&opened, &moment) {
            Err(refusals) => Verdict::No(refusals),
            Ok(decided) => {
                let Posting { files, message } = Posting::new(&opened.register, &decided.requests);
                let files = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
                Verdict::Write(Change { files, message, author: author.clone(), committer: committer.clone() })
            }
        })
    })
}

/// The register at a commit with the records and logs of these assets alone, wherever they are filed.
///
/// # Errors
/// Where it cannot be read.
pub fn read(repo: &Repo, commit: Oid, numbers: &[Number]) -> Result<Opened, git::Error> {
    let opened = read_where(repo, commit, numbers, |number, group| number.group() == group)?;
    if numbers.iter().all(|number| opened.register.assets.contains_key(number)) {
        return Ok(opened);
    }
    read_where(repo, commit, numbers, |_, _| true)
}

/// The same, of the groups that an asset may be filed in.
fn read_where(
    repo: &Repo,
    commit: Oid,
    numbers: &[Number],
    may_be_in: impl Fn(&Number, &str) -> bool,
) -> Result<Opened, git::Error> {
    let wanted = |folder: &str| {
        let parts: Vec<&str> = folder.trim_end_matches('/').split('/').collect();
        let is = |number: &Number, group: &str, name: &str| number.as_str() == name && may_be_in(number, group);
        let names = |name: &str| numbers.iter().any(|number| number.as_str() == name);
        match parts.as_slice() {
            ["assets" | "people"] => true,
            ["assets", top] => names(top) || numbers.iter().any(|number| may_be_in(number, top)),
            ["assets", top, "log"] if names(top) => true,
            ["assets", group, name] | ["assets", group, name, "log"] => {
                numbers.iter().any(|number| is(number, group, name))
            }
            _ => false,
        }
    };
    Ok(register::open(&repo.part_at(commit, &wanted)?))
}
