//! Postings: what a decision writes into the register, as files and as the words of a commit.

use std::fmt::Write;

use super::Register;
use super::decide::Request;
use super::event::{Action, file_name, to_toml};
use super::number::Number;
use super::picture::Photo;

/// Columns that the first line of a commit's message has at most.
const SUBJECT: usize = 72;

/// Events as they are written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posting {
    /// New files: their paths relative to the register, and what is in them.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files that are to be no more.
    pub removed: Vec<String>,
    /// What happened, in words and slugs only, with a trailer for each event: nothing of it was typed freely.
    pub message: String,
}

impl Posting {
    /// The posting of events that were decided, and of their photos, by where they are filed.
    #[must_use]
    pub fn new(register: &Register, requests: &[Request], photos: &[(String, Photo)]) -> Posting {
        let mut message = format!("{}\n\n", subject(requests));
        let mut files = Vec::new();
        for Request { number, event } in requests {
            let folder = register.assets.get(number).map_or_else(|| folder(number), |asset| asset.folder.clone());
            files.push((format!("{folder}/log/{}", file_name(event)), to_toml(event).into_bytes()));
            let _ = writeln!(message, "Tagbook-Event: {number}/{}", event.id);
        }
        files.extend(photos.iter().map(|(path, photo)| (path.clone(), photo.bytes().to_vec())));
        Posting { files, removed: Vec::new(), message }
    }

    /// The posting of new records that are alike but for their numbers, with the photo that they name.
    #[must_use]
    pub fn records(numbers: &[Number], text: &str, photo: Option<&Photo>) -> Posting {
        let files = numbers.iter().flat_map(|number| {
            let folder = folder(number);
            let photo = photo.map(|photo| (format!("{folder}/{}", photo.file_of_record()), photo.bytes().to_vec()));
            [(format!("{folder}/asset.toml"), text.as_bytes().to_vec())].into_iter().chain(photo)
        });
        let mut message = format!("{}\n\n", lined("add", &numbers.iter().collect::<Vec<_>>(), ""));
        for number in numbers {
            let _ = writeln!(message, "Tagbook-Asset: {number}");
        }
        Posting { files: files.collect(), removed: Vec::new(), message }
    }
}

/// The folder of a new asset.
fn folder(number: &Number) -> String {
    format!("assets/{}/{number}", number.group())
}

fn subject(requests: &[Request]) -> String {
    let Some(main) = requests.iter().rev().find(|request| is_main(&request.event.action)).or(requests.last()) else {
        return "nothing".into();
    };
    let mut numbers: Vec<&Number> = requests.iter().map(|request| &request.number).collect();
    numbers.dedup();
    let kinds: Vec<_> = requests.iter().filter(|request| is_main(&request.event.action)).collect();
    let alike = kinds.iter().all(|request| request.event.action == main.event.action);
    let (verb, rest) = if alike { words(&main.event.action) } else { (words(&main.event.action).0, String::new()) };
    lined(verb, &numbers, &rest)
}

/// Whether an action is what was meant, not what had to go before it.
fn is_main(action: &Action) -> bool {
    !matches!(action, Action::Found { .. } | Action::Cancel { .. } | Action::Repaired { .. })
}

/// `check out CAM-0001, CAM-0002 to ana until 2026-11-27`, with fewer numbers where the line would be too long.
fn lined(verb: &str, numbers: &[&Number], rest: &str) -> String {
    let say = |shown: usize| {
        let list: Vec<_> = numbers[..shown].iter().map(|number| number.as_str()).collect();
        let more = match numbers.len() - shown {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{verb} {}{more}{rest}", list.join(", "))
    };
    let fits = (1..=numbers.len()).rev().map(say).find(|line| line.chars().count() <= SUBJECT);
    fits.unwrap_or_else(|| say(numbers.len().min(1)))
}

/// The words before the numbers and those after.
fn words(action: &Action) -> (&'static str, String) {
    let at = |location: &Option<super::Slug>| location.as_ref().map(|at| format!(" in {at}")).unwrap_or_default();
    let until = |due: &Option<chrono::NaiveDate>| due.map(|due| format!(" until {due}")).unwrap_or_default();
    match action {
        Action::Checkout { to, due, location } => ("check out", format!(" to {to}{}{}", until(due), at(location))),
        Action::Return { location, condition } => {
            let condition = condition.map(|condition| format!(", {condition}")).unwrap_or_default();
            ("bring back", format!("{}{condition}", at(location)))
        }
        Action::Transfer { to, due, location } => ("hand over", format!(" to {to}{}{}", until(due), at(location))),
        Action::Accept {} => ("confirm having", String::new()),
        Action::Extend { due } => ("extend", format!(" until {due}")),
        Action::Move { location } => ("move", format!(" to {location}")),
        Action::Report { severity } => ("report a fault of", format!(", {severity}")),
        Action::Repair { due, .. } => ("send to repair", until(due)),
        Action::Repaired { .. } => ("say repaired", String::new()),
        Action::Inspect { result, .. } => ("inspect", format!(": {result}")),
        Action::Audit { location, .. } => ("count", at(location)),
        Action::Sighting { source, location, .. } => ("see", format!("{} ({source})", at(location))),
        Action::Missing {} => ("miss", String::new()),
        Action::Found { location } => ("find", at(location)),
        Action::Reserve { person, from, until } => ("reserve", format!(" for {person} from {from} to {until}")),
        Action::Cancel { of } => ("cancel a reservation of", format!(", {of}")),
        Action::Retire { method, .. } => ("retire", format!(", {method}")),
        Action::Reinstate { location } => ("reinstate", at(location)),
        Action::Note {} => ("note on", String::new()),
        Action::Void { of } => {
            ("void in", format!(" {}", of.iter().map(super::EventId::as_str).collect::<Vec<_>>().join(", ")))
        }
    }
}
