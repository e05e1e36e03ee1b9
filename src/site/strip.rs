//! The custody strip: a year of who had an asset, as a picture and as the table behind it.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;

use super::chronicle::Standing;
use super::here::Here;
use super::lookup::Thing;
use super::phrase::Phrase;
use crate::register::time::first_instant;

/// Colours for people; whoever is beyond them shares the last.
const COLOURS: [&str; 8] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];

/// Share of the strip, in percent, that a letter of a name on it takes on a phone.
const LETTER: f64 = 2.1;

/// Lines of the table; earlier spans are told by the pages of the history.
const LINES: usize = 5;

/// A year of an asset: shapes in thousandths of its width, words in percent.
#[derive(Debug, Serialize)]
pub(super) struct Strip {
    pub label: String,
    pub shapes: Vec<Shape>,
    pub names: Vec<Word>,
    pub months: Vec<Word>,
    /// Where months begin.
    pub ticks: String,
    /// Where the day lies on which it is due.
    pub due: Option<String>,
    pub legend: Vec<Entry>,
    pub table: Vec<Line>,
}

/// The spans of one colour, as one path.
#[derive(Debug, Serialize)]
pub(super) struct Shape {
    pub class: &'static str,
    pub path: String,
}

/// A word, and where its middle is.
#[derive(Debug, Serialize)]
pub(super) struct Word {
    pub at: String,
    pub word: String,
}

/// What a colour means.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub class: &'static str,
    pub word: Phrase,
}

/// A span as a line of the table.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub who: Phrase,
    pub from: Phrase,
    pub until: Phrase,
}

/// The twelve months up to the end of this one.
struct Window {
    first: NaiveDate,
    /// The day after the last.
    end: NaiveDate,
}

impl Window {
    fn of(today: NaiveDate) -> Option<Window> {
        let month = today.with_day(1)?;
        Some(Window {
            first: month.checked_sub_months(Months::new(11))?,
            end: month.checked_add_months(Months::new(1))?,
        })
    }

    /// Where a moment lies, in percent.
    fn percent(&self, at: f64) -> f64 {
        (at / days(self.first, self.end) * 100.0).clamp(0.0, 100.0)
    }

    fn day(&self, day: NaiveDate) -> f64 {
        self.percent(days(self.first, day))
    }

    fn months(&self) -> Vec<NaiveDate> {
        (0..12).filter_map(|n| self.first.checked_add_months(Months::new(n))).collect()
    }
}

/// One span, cut to the window: standing, its ends in percent, and its ends in time (no end where it lasts).
struct Span<'a> {
    standing: &'a Standing,
    x: f64,
    end: f64,
    from: chrono::DateTime<chrono::Utc>,
    until: Option<chrono::DateTime<chrono::Utc>>,
}

impl Here<'_> {
    /// The strip of an asset that anything has happened to within its year.
    pub fn strip(&self, thing: &Thing) -> Option<Strip> {
        let dates = &self.site.dates;
        let window = Window::of(dates.today)?;
        let spans = self.spans(thing, &window);
        if spans.is_empty() {
            return None;
        }
        let colours = colours(&spans);
        let last = window.end.pred_opt().unwrap_or(window.end);
        let range = [("from", Some(dates.full(window.first))), ("until", Some(dates.full(last)))];
        let due = thing.state().custody.as_ref().and_then(|custody| custody.due);
        let due = due.filter(|due| (dates.today..window.end).contains(due)).and_then(|due| due.succ_opt());
        Some(Strip {
            label: self.say("strip_label", &[range[0].clone(), range[1].clone()]).plain().to_owned(),
            shapes: shapes(&spans, &colours),
            names: spans.iter().filter_map(|span| self.name(span)).collect(),
            months: self.months(&window),
            ticks: window.months().iter().map(|day| format!("M{} 38v5", thousandths(window.day(*day)))).collect(),
            due: due.map(|day| thousandths(window.day(day)).to_string()),
            legend: self.legend(&spans, &colours),
            table: spans.iter().rev().take(LINES).map(|span| self.line(span)).collect(),
        })
    }

    fn spans<'t>(&self, thing: &'t Thing, window: &Window) -> Vec<Span<'t>> {
        let zone = self.site.dates.zone;
        let start = first_instant(window.first, zone);
        let place = |at: chrono::DateTime<chrono::Utc>| {
            let minutes = u32::try_from((at - start).num_minutes().max(0)).unwrap_or(u32::MAX);
            window.percent(f64::from(minutes) / 1440.0)
        };
        let tomorrow = self.site.dates.today.succ_opt().unwrap_or(self.site.dates.today);
        let now = window.day(tomorrow);
        let changes = thing.chronicle.spans();
        let ends = changes.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
        let spans = changes
            .iter()
            .zip(ends)
            .filter(|((_, standing), until)| shown(standing) && until.is_none_or(|until| until > start));
        spans
            .map(|(&(from, standing), until)| Span {
                standing,
                x: place(from),
                end: until.map_or(now, place),
                from,
                until,
            })
            .collect()
    }

    /// Who had it, where the name fits.
    fn name(&self, span: &Span) -> Option<Word> {
        let who = self.who(span.standing);
        let letters = u32::try_from(who.plain().chars().count()).map_or(f64::MAX, f64::from);
        let fits = letters * LETTER + 1.0 < span.end - span.x;
        fits.then(|| Word { at: percent(f64::midpoint(span.x, span.end)), word: who.plain().to_owned() })
    }

    fn line(&self, span: &Span) -> Line {
        let (from, until) = self.ends(span);
        // Machines have the log: elements around these days would weigh more than they.
        Line { who: self.who(span.standing), from: Phrase::text(from.plain()), until: Phrase::text(until.plain()) }
    }

    fn ends(&self, span: &Span) -> (Phrase, Phrase) {
        let dates = &self.site.dates;
        let day = |at| dates.full(dates.day_of(at));
        (day(span.from), span.until.map_or_else(|| self.word("strip_still"), day))
    }

    fn who(&self, standing: &Standing) -> Phrase {
        match standing {
            Standing::With(person) => Phrase::name(self.site.short_name(person)),
            Standing::Repair => self.word("strip_repair"),
            Standing::Missing => self.word("strip_missing"),
            Standing::Retired => self.word("status_retired"),
            Standing::Shelf => self.word("strip_shelf"),
        }
    }

    fn months(&self, window: &Window) -> Vec<Word> {
        let half = 100.0 / 24.0;
        let word = |day: &NaiveDate| Word {
            at: percent(window.day(*day) + half),
            word: self.site.dates.narrow_month(*day).to_owned(),
        };
        window.months().iter().map(word).collect()
    }

    fn legend(&self, spans: &[Span], colours: &HashMap<&Standing, &'static str>) -> Vec<Entry> {
        let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
        for span in spans {
            let class = class(span.standing, colours);
            let word = self.who(span.standing);
            entries
                .entry(class)
                .and_modify(|entry| {
                    if entry.word != word {
                        entry.word = self.word("strip_others");
                    }
                })
                .or_insert(Entry { class, word });
        }
        let shelf = Entry { class: "shelf", word: self.word("strip_shelf") };
        entries.into_values().chain([shelf]).collect()
    }
}

fn shown(standing: &Standing) -> bool {
    !matches!(standing, Standing::Shelf)
}

/// A colour for everyone, in the order of how long they had it.
fn colours<'a>(spans: &[Span<'a>]) -> HashMap<&'a Standing, &'static str> {
    let mut shares: BTreeMap<&Standing, f64> = BTreeMap::new();
    for span in spans {
        if matches!(span.standing, Standing::With(_)) {
            *shares.entry(span.standing).or_default() += span.end - span.x;
        }
    }
    let mut people: Vec<_> = shares.into_iter().collect();
    people.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let all = COLOURS.iter().chain(std::iter::repeat(&COLOURS[COLOURS.len() - 1]));
    people.into_iter().map(|(standing, _)| standing).zip(all.copied()).collect()
}

fn class(standing: &Standing, colours: &HashMap<&Standing, &'static str>) -> &'static str {
    match standing {
        Standing::With(_) => colours.get(standing).copied().unwrap_or(COLOURS[0]),
        Standing::Missing => "missing",
        _ => "repair",
    }
}

/// A path for each colour, however many spans have it.
fn shapes(spans: &[Span], colours: &HashMap<&Standing, &'static str>) -> Vec<Shape> {
    let mut paths: BTreeMap<&'static str, String> = BTreeMap::new();
    for span in spans {
        let (x, width) = (thousandths(span.x.min(99.4)), thousandths(span.end - span.x).max(6));
        *paths.entry(class(span.standing, colours)).or_default() += &format!("M{x} 0h{width}v34h-{width}z");
    }
    paths.into_iter().map(|(class, path)| Shape { class, path }).collect()
}

fn days(from: NaiveDate, until: NaiveDate) -> f64 {
    i32::try_from((until - from).num_days()).map_or(0.0, f64::from)
}

/// A share in percent as the nearest whole thousandth.
#[expect(clippy::cast_possible_truncation, reason = "shares are of 0 to 100")]
fn thousandths(share: f64) -> i32 {
    (share * 10.0).round() as i32
}

fn percent(share: f64) -> String {
    let text = format!("{share:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
