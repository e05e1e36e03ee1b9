//! `tagbook check`: everything that is wrong in a register, at once.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use chrono::Utc;
use clap::ValueEnum;
use serde::Serialize;

use super::place::{Here, When, has_errors};
use super::{End, Outcome, Stop, paint};
use crate::git::Repo;
use crate::register::rules::{self, RULES};
use crate::register::{Finding, Severity, did_you_mean};
use crate::tree::Tree;

/// Check the register: every finding with its place and what helps
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Say what a rule asks, and why
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// End with exit code 1 where there are warnings, too
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    when: When,
    /// As it was recorded at a commit
    #[arg(long)]
    rev: Option<String>,
    /// As a merge into this commit would have it
    #[arg(long, value_name = "REV")]
    base: Option<String>,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// For people: snippet, caret, hint
    #[default]
    Human,
    /// One object a line
    Json,
    /// Annotations of a pull request
    Github,
}

pub(super) fn run(register: Option<&Path>, args: &Args) -> Outcome {
    if let Some(rule) = &args.explain {
        return explain(rule);
    }
    let mut here = Here::open(register, args.rev.as_deref())?;
    if let Some(base) = &args.base {
        here = merged(here, args.rev.as_deref().unwrap_or("HEAD"), base)?;
    }
    let moment = args.when.moment(here.zone());
    let findings = here.opened.check(&moment, Utc::now());
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    for finding in &findings {
        match args.format {
            Format::Human => writeln!(out, "{}\n", human(finding, &here.tree))?,
            Format::Json => writeln!(out, "{}", json(finding, &here.tree))?,
            Format::Github => writeln!(out, "{}", github(finding, &here.tree))?,
        }
    }
    if matches!(args.format, Format::Human) {
        writeln!(out, "{}", verdict(&here, &findings))?;
    }
    out.flush()?;
    let no = has_errors(&findings) || args.deny_warnings && !findings.is_empty();
    Ok(if no { End::No } else { End::Clean })
}

/// The register as a merge of `rev` into `base` would have it: two branches that are right each by itself need not be so
/// together.
fn merged(here: Here, rev: &str, base: &str) -> Result<Here, Stop> {
    let none = || Stop::refused(format!("`{}` is in no git repository, so there is no `--base`", here.root.display()));
    let repo = Repo::around(&here.root)?.ok_or_else(none)?;
    let (head, into) = (repo.commit(rev).map_err(Stop::refused)?, repo.commit(base).map_err(Stop::refused)?);
    match repo.merged(into, head)? {
        Ok(tree) => {
            let opened = crate::register::open(&tree);
            Ok(Here { tree, opened, ..here })
        }
        Err(paths) => {
            let before = repo.fork(into, head)?;
            let is_minted = |path: &&String| path.ends_with("/asset.toml") && repo.file_at(before, path).is_err();
            let number = paths.iter().find(is_minted).and_then(|path| path.rsplit('/').nth(1));
            let hint = match number {
                Some(number) => format!(
                    "both branches gave {number} to something new: `tagbook renumber {number} --base {base}` gives \
                     yours another number"
                ),
                None => format!("merge `{base}` into the branch, and keep what is right of both sides"),
            };
            Err(Stop::Refused(format!("it does not merge into `{base}`: {}", paths.join(", ")), Some(hint)))
        }
    }
}

fn explain(name: &str) -> Outcome {
    let Some(rule) = rules::rule(name) else {
        let hint = did_you_mean(name, RULES.iter().map(|rule| rule.name));
        let all = || RULES.iter().map(|rule| rule.name).collect::<Vec<_>>().join(", ");
        return Err(Stop::Refused(
            format!("there is no rule `{name}`"),
            hint.or_else(|| Some(format!("the rules: {}", all()))),
        ));
    };
    let severity = match rule.severity {
        Severity::Error => paint::in_style(paint::RED.bold(), "error"),
        Severity::Warning => paint::in_style(paint::YELLOW.bold(), "warning"),
    };
    paint::say(format!("{} ({severity})\n\n{}", paint::in_style(paint::BOLD, rule.name), rule.about))?;
    Ok(End::Clean)
}

fn verdict(here: &Here, findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let assets = paint::count(here.opened.register.assets.len(), "asset");
    let events = paint::count(here.opened.ledger.iter().map(|(_, log)| log.events().len()).sum(), "event");
    let of = paint::in_style(paint::DIM, format!("{assets}, {events}"));
    let warned = (warnings > 0).then(|| paint::in_style(paint::YELLOW, paint::count(warnings, "warning")));
    let verdict = match errors {
        0 => paint::in_style(paint::GREEN.bold(), "clean"),
        _ => paint::in_style(paint::RED.bold(), paint::count(errors, "error")),
    };
    let parts: Vec<_> = [Some(verdict), warned, Some(of)].into_iter().flatten().collect();
    parts.join(" · ")
}

/// A finding as a compiler would show it.
pub(super) fn human(finding: &Finding, tree: &Tree) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = paint::plain(&finding.message);
    let title = level.primary_title(&message).id(finding.rule);
    let hint = finding.hint.as_deref().map(paint::plain);
    let place = finding.place.as_ref();
    let path = place.map(|place| paint::plain(&place.path)).unwrap_or_default();
    // A snippet shows text as it is; of hidden characters only the message may speak.
    let text = place.and_then(|place| tree.text(&place.path)).map(shown);
    let span = place.and_then(|place| place.span);
    let mut group = Group::with_title(title);
    match (&text, span) {
        (Some(text), Some(span)) => {
            let start = span.start.min(text.len());
            let end = first_line(text, start, span.end.clamp(start, text.len()));
            let annotation = AnnotationKind::Primary.span(start..end);
            group = group.element(Snippet::source(text.as_str()).path(&path).annotation(annotation));
        }
        _ if place.is_some() => group = group.element(annotate_snippets::Origin::path(&path)),
        _ => {}
    }
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.with_name("hint").message(hint));
    }
    Renderer::styled().render(&[group])
}

/// Text of the same length in bytes in which no character hides or acts on a terminal.
fn shown(text: &str) -> String {
    let hides = |c: char| c != '\n' && c.is_control() || crate::register::is_bidi_control(c);
    text.chars()
        .flat_map(|c| std::iter::repeat_n(if hides(c) { ' ' } else { c }, if hides(c) { c.len_utf8() } else { 1 }))
        .collect()
}

/// The end of a span, no further than its first line: a caret under one line is enough.
fn first_line(text: &str, start: usize, end: usize) -> usize {
    text[start..end].find('\n').map_or(end, |newline| start + newline)
}

#[derive(Serialize)]
struct Json<'a> {
    rule: &'a str,
    severity: Severity,
    message: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    hint: Option<&'a str>,
    #[serde(flatten)]
    more: &'a BTreeMap<&'a str, Option<&'a str>>,
}

/// A finding as one object on one line.
fn json(finding: &Finding, tree: &Tree) -> String {
    json_with(finding, tree, &BTreeMap::new())
}

/// The same with `more` to say.
pub(super) fn json_with(finding: &Finding, tree: &Tree, more: &BTreeMap<&str, Option<&str>>) -> String {
    let (start, end) = ends(finding, tree);
    let object = Json {
        rule: finding.rule,
        severity: finding.severity,
        message: &finding.message,
        path: finding.place.as_ref().map(|place| &*place.path),
        line: start.map(|(line, _)| line),
        column: start.map(|(_, column)| column),
        end_line: end.map(|(line, _)| line),
        end_column: end.map(|(_, column)| column),
        hint: finding.hint.as_deref(),
        more,
    };
    serde_json::to_string(&object).unwrap_or_default()
}

/// A finding as a workflow command. What the register says cannot end the command or begin another
/// (escapes as in <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
pub(super) fn github(finding: &Finding, tree: &Tree) -> String {
    let (start, end) = ends(finding, tree);
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = vec![format!("title={}", property(finding.rule))];
    if let Some(place) = &finding.place {
        properties.insert(0, format!("file={}", property(&place.path)));
    }
    if let (Some((line, column)), Some((end_line, end_column))) = (start, end) {
        properties.extend([
            format!("line={line}"),
            format!("endLine={end_line}"),
            format!("col={column}"),
            format!("endColumn={end_column}"),
        ]);
    }
    let hint = finding.hint.iter().map(|hint| format!("\nhint: {hint}")).collect::<String>();
    let message = format!("{}{hint}", finding.message);
    format!("::{severity} {}::{}", properties.join(","), data(&message))
}

fn data(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\r') { ' ' } else { c }).collect();
    visible.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

type Position = Option<(usize, usize)>;

fn ends(finding: &Finding, tree: &Tree) -> (Position, Position) {
    let Some(place) = &finding.place else { return (None, None) };
    let position = |byte| tree.position(&place.path, byte);
    place.span.map_or((None, None), |span| (position(span.start), position(span.end)))
}
