//! The plots of the overview: what is out, how much things are used, where they are, what they cost.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::chronicle::Standing;
use super::here::{Here, has_page};
use super::lookup::Thing;
use super::phrase::Phrase;
use crate::register::{Money, Number, Slug, Status};

/// Bars of one plot.
const BARS: usize = 10;

/// Weeks over which use is counted.
const WEEKS: u32 = 12;

/// Bars under a heading.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    word: Phrase,
    bars: Vec<Bar>,
}

/// A bar: what it is of, its length and the part of that which is filled, in percent, and the figure beside it.
#[derive(Debug, Serialize)]
struct Bar {
    name: Phrase,
    whole: String,
    part: String,
    title: String,
    count: Phrase,
}

impl Here<'_> {
    /// The plots of the overview that have anything to show.
    pub fn charts(&self) -> Vec<Chart> {
        let chart = |word: &str, bars: Vec<Bar>| Chart { word: self.word(word), bars };
        let charts = [
            chart("bars", self.out_by_category()),
            chart("bars_use", self.use_by_category()),
            chart("bars_places", self.by_place()),
            chart("bars_value", self.value_by_category()),
        ];
        charts.into_iter().filter(|chart| !chart.bars.is_empty()).collect()
    }

    fn out_by_category(&self) -> Vec<Bar> {
        let counts = self.site.of_category.iter().map(|(slug, numbers)| (*slug, self.out_of(numbers)));
        let counts = largest(counts.collect(), |(_, all)| *all);
        let most = counts.iter().map(|(_, (_, all))| *all).max().unwrap_or_default();
        let bar = |(slug, (out, all)): (&Slug, (usize, usize))| {
            let fillings = [("n", Some(self.number(out))), ("all", Some(self.number(all)))];
            Bar {
                name: self.category(slug),
                whole: share(count_as_f64(all), count_as_f64(most)),
                part: share(count_as_f64(out), count_as_f64(most)),
                title: self.say("bars_mark", &fillings).plain().to_owned(),
                count: self.say("out_of", &fillings),
            }
        };
        counts.into_iter().map(bar).collect()
    }

    /// The share of the last weeks in which the things of a category were with someone.
    fn use_by_category(&self) -> Vec<Bar> {
        let until = self.site.build.moment.now;
        let from = until - Duration::weeks(i64::from(WEEKS));
        let shares = self.site.of_category.iter().filter_map(|(slug, numbers)| {
            let things = numbers.iter().filter_map(|number| self.site.things.get(*number));
            let used: Vec<f64> = things
                .filter(|thing| thing.status() != Status::Retired)
                .map(|thing| used(thing, from, until))
                .collect();
            let mean = used.iter().sum::<f64>() / count_as_f64(used.len());
            (!used.is_empty()).then_some((*slug, mean))
        });
        let mut shares: Vec<(&Slug, f64)> = shares.collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares.truncate(BARS);
        if shares.iter().all(|(_, mean)| *mean == 0.0) {
            return Vec::new();
        }
        let bar = |(slug, mean): (&Slug, f64)| {
            let percent = Some(Phrase::text(&format!("{:.0}", mean * 100.0)));
            let weeks = Some(Phrase::text(&WEEKS.to_string()));
            Bar {
                name: self.category(slug),
                whole: "100".into(),
                part: share(mean, 1.0),
                title: self.say("bars_use_mark", &[("n", percent.clone()), ("weeks", weeks)]).plain().to_owned(),
                count: self.say("percent", &[("n", percent)]),
            }
        };
        shares.into_iter().map(bar).collect()
    }

    fn by_place(&self) -> Vec<Bar> {
        let known = self.site.at.iter().filter(|(slug, _)| has_page(true, slug));
        let counts = largest(known.map(|(slug, numbers)| (*slug, numbers.len())).collect(), |n| *n);
        let most = counts.first().map(|(_, n)| *n).unwrap_or_default();
        let bar = |(slug, n): (&Slug, usize)| {
            let assets = self.site.words.count("assets", n);
            Bar {
                name: self.place(slug),
                whole: "0".into(),
                part: share(count_as_f64(n), count_as_f64(most)),
                title: assets.plain().to_owned(),
                count: self.number(n),
            }
        };
        counts.into_iter().map(bar).collect()
    }

    /// What the things in use of each category cost, in the currency that most were bought in.
    fn value_by_category(&self) -> Vec<Bar> {
        let Some(Money { currency, .. }) = self.value() else { return Vec::new() };
        let mut sums: BTreeMap<&Slug, i64> = BTreeMap::new();
        for thing in self.site.things.values().filter(|thing| thing.status() != Status::Retired) {
            let cost = thing.asset.purchase.as_ref().and_then(|purchase| purchase.cost);
            if let Some(cost) = cost.filter(|cost| cost.currency == currency) {
                let sum = sums.entry(&thing.asset.category).or_default();
                *sum = sum.saturating_add(cost.minor);
            }
        }
        let sums = largest(sums.into_iter().collect(), |sum| *sum);
        let most = sums.first().map(|(_, sum)| *sum).unwrap_or_default();
        let bar = |(slug, minor): (&Slug, i64)| {
            let money = self.site.words.money_about(&Money { minor, currency });
            Bar {
                name: self.category(slug),
                whole: "0".into(),
                part: share(
                    count_as_f64(usize::try_from(minor).unwrap_or_default()),
                    count_as_f64(usize::try_from(most).unwrap_or_default()),
                ),
                title: money.clone(),
                count: Phrase::text(&money),
            }
        };
        sums.into_iter().map(bar).collect()
    }

    /// How many of the assets are out with someone, and how many there are in use.
    pub fn out_of(&self, numbers: &[&Number]) -> (usize, usize) {
        let things = numbers.iter().filter_map(|number| self.site.things.get(*number));
        things
            .filter(|thing| thing.status() != Status::Retired)
            .fold((0, 0), |(out, all), thing| (out + usize::from(thing.status() == Status::CheckedOut), all + 1))
    }
}

/// The share of a time in which someone had the thing, from 0 to 1.
fn used(thing: &Thing, from: DateTime<Utc>, until: DateTime<Utc>) -> f64 {
    let spans = thing.chronicle.spans();
    let ends = spans.iter().skip(1).map(|(at, _)| *at).chain([until]);
    let with = spans.iter().zip(ends).filter(|((_, standing), _)| matches!(standing, Standing::With(_)));
    let minutes: i64 = with.map(|((at, _), end)| (end.min(until) - (*at).max(from)).num_minutes().max(0)).sum();
    let all = (until - from).num_minutes().max(1);
    f64::from(i32::try_from(minutes).unwrap_or(i32::MAX)) / f64::from(i32::try_from(all).unwrap_or(i32::MAX))
}

/// The largest by `size`, so many as a plot has bars.
fn largest<T, O: Ord>(mut all: Vec<(&Slug, T)>, size: impl Fn(&T) -> O) -> Vec<(&Slug, T)> {
    all.sort_by_key(|(_, value)| std::cmp::Reverse(size(value)));
    all.truncate(BARS);
    all
}

/// A part of a whole, in percent.
fn share(part: f64, whole: f64) -> String {
    format!("{:.1}", part / whole.max(1.0) * 100.0)
}

pub(super) fn count_as_f64(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}
