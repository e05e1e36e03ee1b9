//! One register, however its history came about: merged in any order, packed, cloned anew, it says the same of every moment.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use tagbook::register::{Folded, Moment, Number, open};

use crate::shop::Shop;

const ASSETS: [&str; 3] = ["CAM-0001", "CAM-0002", "TOL-0001"];

/// An event of one of the assets: which, when (in hours after the beginning of 2022), and what.
type Told = (usize, i64, usize);

/// What may happen, allowed or not.
const KINDS: [(&str, &str); 12] = [
    ("checkout", "to = \"ben\"\ndue = 2023-01-31"),
    ("checkout", "to = \"ana\""),
    ("return", "location = \"van\""),
    ("transfer", "to = \"ana\""),
    ("move", "location = \"studio\""),
    ("report", "severity = \"unsafe\"\nnote = \"smoke\""),
    ("repaired", ""),
    ("missing", ""),
    ("found", "location = \"shelf\""),
    ("retire", "method = \"sold\""),
    ("reinstate", "location = \"shelf\""),
    ("reserve", "for = \"ben\"\nfrom = 2023-02-01\nuntil = 2023-02-05"),
];

fn instant(hours: i64) -> DateTime<Utc> {
    "2022-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::hours(hours)
}

/// Writes events, every third a void of one before, each in a commit of its own; `first` keeps their ids apart.
fn record(shop: &Shop, events: &[Told], first: usize) {
    for (at, (asset, hours, kind)) in events.iter().enumerate() {
        let (id, number) = (first + at, ASSETS[*asset]);
        let (kind, fields) = match at % 3 {
            2 => ("void", format!("of = \"e{:07}\"", id - 1)),
            _ => (KINDS[*kind].0, KINDS[*kind].1.to_owned()),
        };
        // What is void is of the same log.
        let number = if kind == "void" { ASSETS[events[at - 1].0] } else { number };
        let text = format!(
            "[[event]]\nid = \"e{id:07}\"\nat = {}\nkind = \"{kind}\"\nby = \"ana\"\n{fields}\n",
            instant(*hours).format("%Y-%m-%dT%H:%M:%SZ")
        );
        shop.file(&format!("assets/{number}/log/e{id:07}.toml"), text);
        shop.commit("event");
    }
}

/// What becomes of every asset at every moment at which something happened, and after midnights.
fn states(root: &Path, moments: &[DateTime<Utc>]) -> BTreeMap<(Number, DateTime<Utc>), Folded> {
    let opened = open(&tagbook::disk::read(root).unwrap());
    let zone = opened.register.config.timezone;
    let of = |number: &Number| {
        let folded = |at: &DateTime<Utc>| ((number.clone(), *at), opened.folded(number, &Moment::at(*at, zone)));
        moments.iter().map(folded).collect::<Vec<_>>()
    };
    opened.register.assets.keys().flat_map(of).collect()
}

/// Who recorded each event, as the history has it, but for the merge that brought it.
fn recorded(shop: &Shop) -> Vec<(String, String)> {
    let log = shop.json("log");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut told: Vec<_> =
        log.as_array().unwrap().iter().map(|event| (text(&event["id"]), text(&event["recorded"]["commit"]))).collect();
    told.sort();
    told
}

fn events() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec((0..ASSETS.len(), 0..17_520_i64, 0..KINDS.len()), 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_state_is_the_same_however_the_history_came_about(
        sides in [events(), events(), events()],
        order in Just([0_usize, 1, 2]).prop_shuffle(),
    ) {
        let shop = Shop::workshop();
        for (at, side) in sides.iter().enumerate() {
            shop.git(&format!("checkout -q -b side-{at} main"));
            record(&shop, side, at * 100);
        }
        let hours = sides.iter().flatten().map(|(_, hours, _)| *hours);
        let moments: Vec<_> = hours.flat_map(|hours| [hours - 1, hours, hours / 24 * 24 + 24]).map(instant).collect();
        let merge = |branch: &str, order: [usize; 3]| {
            shop.git(&format!("checkout -q -b {branch} main"));
            order.iter().for_each(|at| drop(shop.git(&format!("merge -q --no-edit side-{at}"))));
            (states(&shop.root(), &moments), recorded(&shop))
        };
        let first = merge("one", [0, 1, 2]);
        prop_assert_eq!(&merge("other", order), &first);

        shop.says("pack --before 2024");
        let logs = shop.git("ls-files assets/*/log");
        prop_assert!(logs.lines().all(|path| path.ends_with("/2022.toml") || path.ends_with("/2023.toml")), "{}", logs);
        prop_assert_eq!(&(states(&shop.root(), &moments), recorded(&shop)), &first);
        let verified = shop.run("verify --format json");
        prop_assert!(!verified.out.contains("\"error\""), "{}", verified.out);

        let clone = shop.outside("clone");
        shop.git(&format!("clone -q file://{} {}", shop.root().display(), clone.display()));
        prop_assert_eq!(&states(&clone, &moments), &first.0);
        // A branch that left before the packing brings what it has.
        shop.git("checkout -q -b late side-0");
        record(&shop, &[(0, 9_000, 4)], 900);
        shop.git("merge -q --no-edit other");
        let late = states(&shop.root(), &moments);
        shop.says("pack --before 2024");
        prop_assert_eq!(&states(&shop.root(), &moments), &late);
        let verified = shop.run("verify --format json");
        prop_assert!(!verified.out.contains("\"error\""), "{}", verified.out);
    }
}
