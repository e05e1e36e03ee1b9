//! The overview: how much there is, what needs attention, what is out, what happened lately.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::calendar::Calendar;
use super::charts::{Chart, count_as_f64};
use super::here::{Chip, Here, tone};
use super::history::Item;
use super::lookup::Thing;
use super::phrase::Phrase;
use crate::register::rules::dues::SOON;
use crate::register::{Money, Status};

/// Lines of what needs attention (at once, and on request), and events that the overview shows.
const ATTENTION: usize = 12;
const MORE: usize = 100;
const LATELY: usize = 6;

/// What stands on the overview.
#[derive(Debug, Serialize)]
pub(super) struct Dashboard {
    totals: Vec<Total>,
    shares: Vec<Share>,
    attention: Vec<Attention>,
    /// What is less urgent.
    attention_more: Vec<Attention>,
    more_word: Phrase,
    charts: Vec<Chart>,
    calendar: Option<Calendar>,
    recent: Vec<Item>,
}

/// A large figure.
#[derive(Debug, Serialize)]
struct Total {
    n: Phrase,
    word: Phrase,
    path: Option<&'static str>,
    tone: &'static str,
}

/// A status's share of all assets, in percent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Share {
    pub tone: &'static str,
    pub x: String,
    pub width: String,
    pub title: String,
}

/// An asset that someone should look after.
#[derive(Debug, Serialize)]
struct Attention {
    number: String,
    name: String,
    line: Option<Phrase>,
    chip: Chip,
    #[serde(skip)]
    urgency: usize,
}

impl Dashboard {
    pub fn new(here: &Here) -> Dashboard {
        let mut attention: Vec<Attention> =
            here.site.things.values().filter_map(|thing| here.attention(thing)).collect();
        attention.sort_by_key(|item| item.urgency);
        let mut attention_more = attention.split_off(attention.len().min(ATTENTION));
        let more = here.number(attention_more.len());
        attention_more.truncate(MORE);
        let recent = here.site.events.iter().rev().take(LATELY).filter_map(|happened| here.site.told(happened));
        Dashboard {
            totals: here.totals(),
            shares: here.shares(),
            attention,
            attention_more,
            more_word: here.say("more_to_show", &[("n", Some(more))]),
            charts: here.charts(),
            calendar: here.calendar(),
            recent: recent.map(|(thing, told)| here.item_of(thing, told)).collect(),
        }
    }
}

impl Here<'_> {
    fn totals(&self) -> Vec<Total> {
        let things = || self.site.things.values().filter(|thing| thing.status() != Status::Retired);
        let count = |wanted: &dyn Fn(&Thing) -> bool| things().filter(|thing| wanted(thing)).count();
        let all = things().count();
        if self.site.things.is_empty() {
            return Vec::new();
        }
        // What is missing is not out, whoever has it by the register.
        let out = |thing: &Thing| thing.status() == Status::CheckedOut;
        let held = things().filter(|thing| out(thing));
        let people: BTreeSet<_> = held.filter_map(|thing| thing.summary.custodian.as_ref()).collect();
        let with = [("people", Some(self.site.words.count("people", people.len())))];
        let figure = |n: usize, word: Phrase, path, tone| Total {
            n: self.number(n),
            word,
            path,
            tone: if n == 0 { "" } else { tone },
        };
        let mut totals = vec![
            figure(all, self.word("total_assets"), Some("categories/"), ""),
            figure(count(&out), self.say("total_out", &with), Some("people/"), ""),
            figure(count(&|thing| thing.summary.overdue), self.word("total_overdue"), Some("overdue/"), "bad"),
            figure(
                count(&|thing| !thing.summary.faults.is_empty()),
                self.word("total_faults"),
                Some("faults/"),
                "warn",
            ),
        ];
        let missing = count(&|thing| thing.status() == Status::Missing);
        totals.extend((missing > 0).then(|| figure(missing, self.word("total_missing"), None, "bad")));
        totals.extend(self.value().map(|sum| self.value_total(&sum)));
        totals
    }

    /// What everything in use cost, in the currency that most of it was bought in.
    pub fn value(&self) -> Option<Money> {
        let mut sums: BTreeMap<&'static str, (usize, Money)> = BTreeMap::new();
        let in_use = self.site.things.values().filter(|thing| thing.status() != Status::Retired);
        for cost in in_use.filter_map(|thing| thing.asset.purchase.as_ref()?.cost) {
            let sum = sums.entry(cost.currency.code()).or_insert((0, Money { minor: 0, ..cost }));
            sum.0 += 1;
            sum.1.minor = sum.1.minor.saturating_add(cost.minor);
        }
        sums.into_values().max_by_key(|(count, _)| *count).map(|(_, sum)| sum)
    }

    fn value_total(&self, sum: &Money) -> Total {
        let word = self.say("total_value", &[("currency", Some(Phrase::text(sum.currency.code())))]);
        Total { n: self.site.words.number(sum.whole()), word, path: None, tone: "" }
    }

    fn shares(&self) -> Vec<Share> {
        let all = count_as_f64(self.site.things.len()).max(1.0);
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for thing in self.site.things.values() {
            *counts.entry(thing.status()).or_default() += 1;
        }
        let mut x = 0.0;
        let shares = counts.into_iter().rev().map(|(status, count)| {
            let width = count_as_f64(count) / all * 100.0;
            let word = self.status(status).word;
            let share = Share {
                tone: tone(status),
                x: format!("{x:.2}"),
                width: format!("{width:.2}"),
                title: format!("{} {}", self.number(count).plain(), word.plain()),
            };
            x += width;
            share
        });
        shares.collect()
    }

    /// The most urgent thing to say of an asset, if there is any.
    fn attention(&self, thing: &Thing) -> Option<Attention> {
        let (state, summary) = (thing.state(), &thing.summary);
        let custody = state.custody.as_ref();
        let who = custody.map(|custody| self.person(&custody.person));
        let leaver = custody.and_then(|custody| self.site.register().people.get(&custody.person));
        let leaver = leaver.filter(|person| person.has_left(&self.site.build.moment));
        let item = |urgency, chip: (&str, &'static str), line: Option<Phrase>| {
            let line = line.filter(|line| !line.plain().is_empty());
            let chip = Chip::new(self.word(chip.0), chip.1);
            let (number, name) = (thing.asset.number.to_string(), thing.asset.name.clone());
            Some(Attention { number, name, line, chip, urgency })
        };
        let fault = || state.faults.first().and_then(|fault| fault.note.as_deref()).map(Phrase::name);
        if thing.status() == Status::Retired {
            None
        } else if summary.unsafe_ {
            item(0, ("chip_unsafe", "bad"), fault())
        } else if let Some(missing) = &state.missing {
            let since = Some(self.site.dates.since(missing.at));
            item(1, ("status_missing", "bad"), Some(self.say("attention_missing", &[("who", who), ("since", since)])))
        } else if let Some(person) = leaver {
            let left = person.left.map(|day| self.site.dates.near(day));
            item(2, ("chip_leaver", "bad"), Some(self.say("attention_leaver", &[("who", who), ("left", left)])))
        } else if summary.overdue {
            item(
                3,
                ("chip_overdue", "bad"),
                Some(self.say("attention_overdue", &[("who", who), ("late", self.lateness(thing))])),
            )
        } else if !state.faults.is_empty() {
            item(4, ("chip_fault", "warn"), fault())
        } else if summary.inspection_due {
            let day = summary.next_inspection.map(|day| self.site.dates.near(day));
            item(5, ("chip_inspection_due", "warn"), Some(self.say("attention_inspection", &[("day", day)])))
        } else if summary.unconfirmed {
            item(6, ("chip_handover", "out"), who)
        } else if summary.audit_due {
            item(7, ("chip_audit_due", "warn"), Some(self.say("attention_audit", &[("seen", self.seen(thing))])))
        } else {
            let (chip, day) = self.ending(thing)?;
            item(8, (chip, "warn"), Some(self.say("attention_ending", &[("day", Some(self.site.dates.near(day)))])))
        }
    }

    /// A hire or a warranty that ends soon, or a hire that has ended.
    fn ending(&self, thing: &Thing) -> Option<(&'static str, NaiveDate)> {
        let today = self.site.dates.today;
        let soon = |day: &NaiveDate| today.checked_add_days(SOON).is_none_or(|soon| *day <= soon);
        let hire = thing.asset.hire.as_ref().and_then(|hire| hire.until).filter(soon);
        let warranty = thing.asset.purchase.as_ref().and_then(|purchase| purchase.warranty_until);
        let warranty = warranty.filter(|day| soon(day) && *day >= today);
        hire.map(|day| ("chip_hire", day)).or(warranty.map(|day| ("chip_warranty", day)))
    }
}
