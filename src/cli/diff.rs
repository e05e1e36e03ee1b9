//! `tagbook diff`: what a branch changes, in the words of the register and not in lines of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::Utc;
use serde_json::{Value, json};

use super::place::{self, At, Here};
use super::{End, Outcome, Stop, log, paint, past};
use crate::disk;
use crate::git::Repo;
use crate::register::{self, Finding, Moment, Money, Number, Opened, Register, Severity, Slug, Summary};
use crate::site::Theme;
use crate::site::desk::{Look, Stand};
use crate::trail::{Changed, Changes, Fate, Field, State, Sum};
use crate::tree::Tree;

/// Show what changed: assets, fields, events, findings and value, not lines of files
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What a branch has done since it left another; without it, what is not committed yet
    #[arg(value_name = "BASE..HEAD")]
    range: Option<String>,
    /// How changes are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What changed between two days, or instants
    #[arg(long, value_name = "DATE", value_parser = At::parse, num_args = 1)]
    at: Vec<At>,
    /// Between two days: as it was recorded at a commit
    #[arg(long, requires = "at", conflicts_with = "range")]
    rev: Option<String>,
}

/// How changes are written.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// A comment on a pull request
    Markdown,
    /// For programs
    Json,
}

/// One side of a comparison.
struct Side {
    tree: Tree,
    opened: Opened,
}

impl Side {
    fn of(tree: Tree) -> Side {
        let opened = register::open(&tree);
        Side { tree, opened }
    }

    fn state(&self) -> State<'_> {
        State { tree: &self.tree, opened: &self.opened }
    }
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    match args.at.as_slice() {
        [] => branch(register, args),
        [from, until] => days(register, args, *from, *until),
        _ => Err(Stop::Misused("--at is said twice: from when, and until when".into())),
    }
}

/// What a branch changes, or what is not committed yet.
fn branch(register: Option<&Path>, args: &Args) -> Outcome {
    let root = place::find(register)?;
    let none =
        || Stop::refused(format!("`{}` is in no git repository, so there is nothing to compare", root.display()));
    let repo = Repo::around(&root)?.ok_or_else(none)?;
    let commit = |rev: &str| repo.commit(rev).map_err(Stop::refused);
    let at = |commit| repo.file_at(commit, past::SIGNERS).ok();
    let (base, head, signers) = match &args.range {
        None => {
            let base = commit("HEAD")?;
            (repo.tree_at(base)?, disk::read(&root)?, (at(base), fs::read(root.join(past::SIGNERS)).ok()))
        }
        Some(range) => {
            let (base, head) = range.split_once("..").unwrap_or((range, "HEAD"));
            // With two dots or three, it is the branch's own doing that is asked for.
            let head = head.trim_start_matches('.');
            let (base, head) = (commit(base)?, commit(if head.is_empty() { "HEAD" } else { head })?);
            let base = repo.fork(base, head)?;
            (repo.tree_at(base)?, repo.tree_at(head)?, (at(base), at(head)))
        }
    };
    let (base, head) = (Side::of(base), Side::of(head));
    let moment = Moment::at(Utc::now(), head.opened.register.config.timezone);
    let mut changes = Changes::between(base.state(), head.state(), &moment, Utc::now());
    // Who may sign is no part of a register, and matters most.
    let fate = match signers {
        (None, Some(_)) => Some(Fate::Came),
        (Some(_), None) => Some(Fate::Went),
        (was, is) => (was != is).then_some(Fate::Changed),
    };
    changes.files.extend(fate.map(|fate| (past::SIGNERS.to_owned(), fate)));
    if matches!(args.format, Format::Json) {
        let text = serde_json::to_string_pretty(&as_json(&changes, &head.opened)).unwrap_or_default();
        paint::say(text)?;
    } else {
        let blocks = told(&changes, &base, &head, &moment)?;
        print(&summary(&changes), &blocks, args.format)?;
    }
    let is_wrong = changes.found.iter().any(|finding| finding.severity == Severity::Error);
    let is_tampered = !changes.gone.is_empty() || !changes.altered.is_empty();
    Ok(if is_wrong || is_tampered { End::No } else { End::Clean })
}

/// What happened between two moments, and what became of each asset.
fn days(register: Option<&Path>, args: &Args, from: At, until: At) -> Outcome {
    let here = Here::open(register, args.rev.as_deref())?;
    let (from, until) = (from.moment(here.zone()), until.moment(here.zone()));
    if from.now > until.now {
        return Err(Stop::Misused("--at is said twice: the earlier one first".into()));
    }
    let mut changed: Vec<(Number, Vec<Field>)> = Vec::new();
    for (number, asset) in &here.opened.register.assets {
        let state = |moment: &Moment| {
            let folded = here.opened.folded(number, moment);
            plain(&Summary::new(&here.opened, asset, &folded, moment))
        };
        let (was, is) = (state(&from), state(&until));
        let fields: Vec<Field> = is
            .iter()
            .filter(|(key, value)| was.get(*key) != Some(*value))
            .map(|(key, value)| Field { key: key.clone(), was: was.get(key).cloned(), is: Some(value.clone()) })
            .collect();
        if !fields.is_empty() {
            changed.push((number.clone(), fields));
        }
    }
    if matches!(args.format, Format::Json) {
        let assets: Value =
            changed.iter().map(|(number, fields)| json!({"number": number, "changed": fields_json(fields)})).collect();
        paint::say(serde_json::to_string_pretty(&json!({"assets": assets})).unwrap_or_default())?;
        return Ok(End::Clean);
    }
    let register = &here.opened.register;
    let lines = changed.iter().flat_map(|(number, fields)| record(register, number.as_str(), fields)).collect();
    let title = format!("{} otherwise", paint::count(changed.len(), "asset"));
    print(&title, &[Block { title: String::new(), lines }], args.format)?;
    Ok(End::Clean)
}

/// A summary as keys and values that people read.
fn plain(summary: &Summary) -> BTreeMap<String, String> {
    let Ok(Value::Object(object)) = serde_json::to_value(summary) else { return BTreeMap::new() };
    let said = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(all) => paint::count(all.len(), "entry").replace("entrys", "entries"),
        value => value.to_string(),
    };
    object.into_iter().map(|(key, value)| (key, said(value))).collect()
}

/// Lines about one thing: what they are about, and what is said.
struct Line {
    of: String,
    text: String,
    /// What is called so, for those who do not know it by its number.
    name: Option<String>,
    /// The file where it stands.
    place: Option<String>,
}

impl Line {
    fn new(of: impl Into<String>, text: String) -> Line {
        Line { of: of.into(), text, name: None, place: None }
    }

    fn of_asset(register: &Register, number: &Number, text: String) -> Line {
        let name = register.assets.get(number).map(|asset| asset.name.clone());
        Line { name, ..Line::new(number.as_str(), text) }
    }
}

struct Block {
    title: String,
    lines: Vec<Line>,
}

/// All changes, as blocks of lines.
fn told(changes: &Changes, base: &Side, head: &Side, moment: &Moment) -> Result<Vec<Block>, Stop> {
    let config = &head.opened.register.config;
    let theme = Theme::named(&config.site.theme, &config.language);
    let theme = theme.map_err(|why| Stop::refused(format!("tagbook.toml: {why}")))?;
    let stand = Stand {
        opened: &head.opened,
        tree: &head.tree,
        theme: &theme,
        moment: Moment { now: chrono::DateTime::<Utc>::MAX_UTC, ..*moment },
        root: "",
        statics: "",
        is_team: true,
    };
    Ok(stand.look(|look| blocks(changes, base, head, look)))
}

fn blocks(changes: &Changes, base: &Side, head: &Side, look: &Look) -> Vec<Block> {
    let (was, is) = (&base.opened.register, &head.opened.register);
    let mut all = Vec::new();
    let mut add = |title: &str, lines: Vec<Line>| {
        if !lines.is_empty() {
            all.push(Block { title: title.to_owned(), lines });
        }
    };
    add("New assets", changes.added.iter().map(|number| asset(is, number)).collect());
    add("Assets that are gone", changes.removed.iter().map(|number| asset(was, number)).collect());
    let renumbered = |(old, new): &(Number, Number)| Line::of_asset(is, new, format!("was {old} until now"));
    add("Assets with another number", changes.renumbered.iter().map(renumbered).collect());
    let records = changes.assets.iter().flat_map(|changed| record(is, &changed.of, &changed.fields));
    add("Records", records.collect());
    let events = changes.recorded.iter().map(|(number, id)| {
        let log = head.opened.ledger.log(number).events().iter();
        let event = log.map(|logged| &logged.event).find(|event| event.id == *id);
        let at = event.map(|event| log::local(event.at, is.config.timezone)).unwrap_or_default();
        let said = look.sentence(number, id).map(|said| said.plain().to_owned());
        let said = said.or_else(|| event.map(|event| event.action.kind().to_owned())).unwrap_or_default();
        Line::of_asset(is, number, format!("{at}  {said}"))
    });
    add("What happened", events.collect());
    let event = |(number, id): &(Number, register::EventId)| Line::of_asset(was, number, format!("event {id}"));
    add("Events that were altered, which none may be: put them back", changes.altered.iter().map(event).collect());
    add(
        "Events that were removed, which none may be: put them back, and `void` them",
        changes.gone.iter().map(event).collect(),
    );
    add("People, places and settings", changes.others.iter().flat_map(other).collect());
    let file = |(path, fate): &(String, Fate)| {
        let (of, name) = path.split_once('/').unwrap_or((path, ""));
        Line::new(of, format!("{}: {name}", fate_word(*fate)))
    };
    add("Photos, papers and other files", changes.files.iter().map(file).collect());
    add("Findings that come with it", changes.found.iter().map(finding).collect());
    add("Findings that it cures", changes.cured.iter().map(finding).collect());
    all
}

fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Came => "new",
        Fate::Changed => "changed",
        Fate::Went => "gone",
    }
}

/// `CAM-0004  Sony FX6, body · Cameras · S-1 · 5400.00 EUR`
fn asset(register: &Register, number: &Number) -> Line {
    let Some(asset) = register.assets.get(number) else { return Line::new(number.as_str(), String::new()) };
    let category = register.categories.get(&asset.category).map(|category| category.name.clone());
    let home = asset.home.as_ref().map(|home| register.location_name(home).to_owned());
    let parts =
        [Some(asset.name.clone()), category, home, asset.serial.clone(), asset.value().map(|value| value.to_string())];
    Line::new(number.as_str(), parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

/// A line for each field of a record.
fn record(register: &Register, of: &str, fields: &[Field]) -> Vec<Line> {
    let named = |key: &str, value: &str| match key {
        "home" | "location" => Some(register.location_name(&Slug::referred(value)).to_owned()),
        "category" => register.categories.get(value).map(|category| category.name.clone()),
        "custodian" => register.people.get(value).map(|person| person.name.clone()),
        _ => None,
    };
    let said = |key: &str, value: &Option<String>| {
        let value = value.as_deref().filter(|value| !value.is_empty());
        value.map_or_else(|| "nothing".to_owned(), |value| named(key, value).unwrap_or_else(|| value.to_owned()))
    };
    let name = Number::parse(of).ok().and_then(|number| Some(register.assets.get(&number)?.name.clone()));
    let line = |field: &Field| {
        let (was, is) = (said(&field.key, &field.was), said(&field.key, &field.is));
        Line { name: name.clone(), ..Line::new(of, format!("{}: {was} → {is}", key(&field.key))) }
    };
    fields.iter().map(line).collect()
}

/// A key as people read it.
fn key(key: &str) -> String {
    key.replace(['_', '.'], " ")
}

/// A person, a place or a setting: a new one in one line, else each field by itself.
fn other(changed: &Changed) -> Vec<Line> {
    let is_new = changed.fields.iter().all(|field| field.was.is_none());
    let is_gone = changed.fields.iter().all(|field| field.is.is_none());
    let of = changed.of.trim_end_matches(".toml").to_owned();
    if is_new || is_gone {
        let said = |field: &Field| {
            format!("{} {}", key(&field.key), field.is.as_ref().or(field.was.as_ref()).map_or("", |value| value))
        };
        let all: Vec<String> = changed.fields.iter().map(said).collect();
        return vec![Line::new(of, format!("{} {}", if is_new { "new:" } else { "gone:" }, all.join(", ")))];
    }
    record(&Register::default(), &of, &changed.fields)
}

fn finding(finding: &Finding) -> Line {
    let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
    let place = finding.place.as_ref().map(|place| place.path.to_string());
    Line { place, ..Line::new(severity, finding.message.clone()) }
}

/// The changes in one line.
fn summary(changes: &Changes) -> String {
    if changes.is_empty() {
        return "nothing changed".to_owned();
    }
    let counted = [
        (changes.added.len(), "new asset"),
        (changes.removed.len(), "asset gone"),
        (changes.renumbered.len(), "asset renumbered"),
        (changes.assets.len(), "record changed"),
        (changes.recorded.len(), "event"),
        (changes.altered.len(), "event altered"),
        (changes.gone.len(), "event removed"),
        (changes.found.len(), "finding added"),
        (changes.cured.len(), "finding cured"),
    ];
    let several = |n: usize, word: &str| match word.split_once(' ') {
        _ if n == 1 => format!("1 {word}"),
        Some((noun, rest)) if noun != "new" => format!("{n} {noun}s {rest}"),
        _ => format!("{n} {word}s"),
    };
    let parts = counted.iter().filter(|(n, _)| *n > 0).map(|(n, word)| several(*n, word));
    let parts: Vec<String> = parts.chain(changes.value.iter().map(worth)).collect();
    if parts.is_empty() { "settings and files changed".to_owned() } else { parts.join(", ") }
}

/// `worth 1200.00 EUR more`
fn worth(sum: &Sum) -> String {
    let difference = Money { minor: (sum.is.minor - sum.was.minor).abs(), ..sum.is };
    format!("worth {difference} {}", if sum.is.minor > sum.was.minor { "more" } else { "less" })
}

fn print(summary: &str, blocks: &[Block], format: Format) -> Result<(), Stop> {
    let is_markdown = matches!(format, Format::Markdown);
    let mut out =
        vec![if is_markdown { format!("**{}**", escaped(summary)) } else { paint::in_style(paint::BOLD, summary) }];
    for Block { title, lines } in blocks {
        out.push(String::new());
        if !title.is_empty() {
            out.push(if is_markdown { format!("### {title}\n") } else { paint::in_style(paint::DIM, title) });
        }
        let width = lines.iter().map(|line| line.of.chars().count()).max().unwrap_or_default();
        for Line { of, text, name, place } in lines {
            out.push(if is_markdown {
                let name = name.as_ref().map(|name| format!(" {} ·", escaped(name))).unwrap_or_default();
                format!("- **{}**{name} {}", escaped(of), escaped(&text.replace('`', "")))
            } else {
                let gap = " ".repeat(width - of.chars().count() + 2);
                let place = place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
                let text = paint::plain(&format!("{text}{place}"));
                format!("  {}{gap}{text}", paint::in_style(paint::BOLD, paint::plain(of)))
            });
        }
    }
    paint::say(out.join("\n"))
}

/// Text of a register in Markdown: nothing in it is markup, calls a person, or names an issue.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in paint::plain(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn fields_json(fields: &[Field]) -> Value {
    fields.iter().map(|field| json!({"key": field.key, "was": field.was, "is": field.is})).collect()
}

fn as_json(changes: &Changes, head: &Opened) -> Value {
    let changed = |all: &[Changed], name: &str| -> Value {
        all.iter().map(|changed| json!({name: changed.of, "changed": fields_json(&changed.fields)})).collect()
    };
    let event = |(number, id): &(Number, register::EventId)| {
        let log = head.ledger.log(number).events().iter();
        let event = log.map(|logged| &logged.event).find(|event| event.id == *id);
        json!({
            "number": number,
            "event": id,
            "kind": event.map(|event| event.action.kind()),
            "at": event.map(|event| register::time::instant(event.at)),
            "by": event.map(|event| event.by.as_str()),
        })
    };
    let events = |all: &[(Number, register::EventId)]| -> Value { all.iter().map(event).collect() };
    let findings = |all: &[Finding]| -> Value {
        let one = |finding: &Finding| {
            let path = finding.place.as_ref().map(|place| &*place.path);
            json!({"rule": finding.rule, "severity": finding.severity, "message": finding.message, "path": path})
        };
        all.iter().map(one).collect()
    };
    let files: Value = changes.files.iter().map(|(path, fate)| json!({"path": path, "is": fate_word(*fate)})).collect();
    let renumbered: Value = changes.renumbered.iter().map(|(old, new)| json!({"from": old, "to": new})).collect();
    let value: Value =
        changes.value.iter().map(|sum| json!({"was": sum.was.to_string(), "is": sum.is.to_string()})).collect();
    json!({
        "added": changes.added,
        "removed": changes.removed,
        "assets": changed(&changes.assets, "number"),
        "events": events(&changes.recorded),
        "altered": events(&changes.altered),
        "gone": events(&changes.gone),
        "others": changed(&changes.others, "path"),
        "renumbered": renumbered,
        "files": files,
        "value": value,
        "findings_added": findings(&changes.found),
        "findings_cured": findings(&changes.cured),
    })
}
