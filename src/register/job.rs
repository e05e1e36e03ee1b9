//! Where things stand in a job: reserved for it, packed, out, back, or missing; and what goes on its packing list.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::event::Disposal;
use super::number::{Number, Slug};
use super::state::{Folded, State};
use super::time::Moment;
use super::{Asset, Opened, Register};

/// Where a thing stands in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It went out for the job and is missing since, or was written off as lost or stolen.
    Missing,
    /// Somebody has it for the job.
    Out,
    /// Somebody has it for the job, whose first day is still ahead.
    Packed,
    /// It is reserved for the job.
    Reserved,
    /// It was out for the job and is not any more.
    Back,
}

impl Stage {
    /// All of them, in the order in which people ask for them.
    pub const ALL: [Stage; 5] = [Stage::Missing, Stage::Out, Stage::Packed, Stage::Reserved, Stage::Back];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Stage::Missing => "missing",
            Stage::Out => "out",
            Stage::Packed => "packed",
            Stage::Reserved => "reserved",
            Stage::Back => "back",
        }
    }

    /// Whether it has yet to come back, or to go.
    #[must_use]
    pub fn is_ahead(self) -> bool {
        matches!(self, Stage::Reserved | Stage::Packed | Stage::Out)
    }

    /// Whether it has left the shelf for the job at some time.
    #[must_use]
    pub fn has_gone(self) -> bool {
        self != Stage::Reserved
    }
}

/// Where everything that is or was of one job stands in it, by number.
pub type Standing = BTreeMap<Number, Stage>;

/// Where everything stands in each job that a log names.
#[must_use]
pub fn all(opened: &Opened, moment: &Moment) -> BTreeMap<Slug, Standing> {
    let mut all: BTreeMap<Slug, Standing> = BTreeMap::new();
    for (number, asset) in &opened.register.assets {
        if is_of_jobs(opened, number) {
            for (job, stage) in stages(opened, asset, &opened.folded(number, moment), moment) {
                all.entry(job).or_default().insert(number.clone(), stage);
            }
        }
    }
    all
}

/// Where an asset, whose log comes to `folded` at `moment`, stands in each of its jobs.
///
/// Custody decides first: what somebody has for the job is out for it, or packed before the job's first day. Then a live
/// reservation. What went out for it is missing where nobody had it since and it cannot be found; else it is back, though
/// it may have gone on to another job.
#[must_use]
pub fn stages(opened: &Opened, asset: &Asset, folded: &Folded, moment: &Moment) -> BTreeMap<Slug, Stage> {
    if !is_of_jobs(opened, &asset.number) {
        return BTreeMap::new();
    }
    let state = &folded.state;
    let (went, last) = went(opened, asset, folded, moment);
    let mut stages: BTreeMap<Slug, Stage> = went.into_iter().map(|job| (job, Stage::Back)).collect();
    for job in state.reservations.iter().filter_map(|reservation| reservation.job.as_ref()) {
        stages.insert(job.clone(), Stage::Reserved);
    }
    let is_written_off = |disposal| matches!(disposal, Disposal::Lost | Disposal::Stolen);
    let is_lost = state.missing.is_some() || state.retired.as_ref().is_some_and(|gone| is_written_off(gone.method));
    let held = state.custody.as_ref().and_then(|custody| custody.job.as_ref());
    if let Some(job) = last.as_ref().filter(|_| is_lost) {
        stages.insert(job.clone(), Stage::Missing);
    } else if let Some(job) = held {
        let begins = opened.register.jobs.get(job).and_then(|job| job.from);
        let is_ahead = begins.is_some_and(|day| day > moment.today);
        stages.insert(job.clone(), if is_ahead { Stage::Packed } else { Stage::Out });
    }
    stages
}

/// What a packing list names: what is reserved, packed or out; once nothing is, all that went.
#[must_use]
pub fn to_pack(standing: &Standing) -> BTreeSet<&Number> {
    let is_over = !standing.values().any(|stage| stage.is_ahead());
    standing.iter().filter(|(_, stage)| is_over || stage.is_ahead()).map(|(number, _)| number).collect()
}

/// The numbers with parts below their kits, where both are among them: each with how many kits it is in.
#[must_use]
pub fn by_kit<'a>(register: &'a Register, numbers: &BTreeSet<&'a Number>) -> Vec<(&'a Number, usize)> {
    let is_part = |number: &Number| {
        let kit = register.assets.get(number).and_then(|asset| asset.part_of.as_ref());
        kit.is_some_and(|kit| kit != number && numbers.contains(kit))
    };
    let mut ordered = Vec::new();
    let mut seen = HashSet::new();
    // What lies in a circle of kits is reached from none that stands alone.
    for starts in [numbers.iter().filter(|number| !is_part(number)).collect::<Vec<_>>(), numbers.iter().collect()] {
        let mut stack: Vec<(&Number, usize)> = starts.into_iter().rev().map(|number| (*number, 0)).collect();
        while let Some((number, depth)) = stack.pop() {
            if seen.insert(number) {
                ordered.push((number, depth));
                let mut parts: Vec<_> = register.parts(number).filter(|part| numbers.contains(part)).collect();
                parts.reverse();
                stack.extend(parts.into_iter().map(|part| (part, depth + 1)));
            }
        }
    }
    ordered
}

fn is_of_jobs(opened: &Opened, number: &Number) -> bool {
    opened.ledger.log(number).events().iter().any(|logged| logged.event.job.is_some())
}

/// The jobs that somebody had it for, and the one for which it was had last, where it was had for any then.
fn went(opened: &Opened, asset: &Asset, folded: &Folded, moment: &Moment) -> (BTreeSet<Slug>, Option<Slug>) {
    let ground = opened.register.ground(asset);
    let mut state = State::new(ground);
    let (mut went, mut last) = (BTreeSet::new(), None);
    let events = opened.ledger.log(&asset.number).events().iter().map(|logged| &logged.event);
    for event in events.take_while(|event| event.at <= moment.now) {
        if folded.voided.contains(&event.id) || state.apply(event, ground).is_err() {
            continue;
        }
        if let Some(custody) = &state.custody {
            went.extend(custody.job.clone());
            last.clone_from(&custody.job);
        }
    }
    (went, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::open;
    use crate::tree::Tree;

    /// A camera with these events, oldest first, and a job from the 7th to the 11th of December.
    fn shop(events: &[&str]) -> Opened {
        let mut tree = Tree::default();
        let mut file = |path: &str, text: &str| tree.insert_toml(path, text.as_bytes().to_vec());
        file("jobs/nord.toml", "title = 'Nord'\nfrom = 2026-12-07\nuntil = 2026-12-11\n");
        file("jobs/west.toml", "title = 'West'\n");
        file("assets/CAM-1/asset.toml", "name = 'FX3'\ncategory = 'camera'\n");
        for (place, event) in events.iter().enumerate() {
            let (at, rest) = event.split_once(' ').unwrap();
            let (kind, fields) = rest.split_once(' ').unwrap_or((rest, ""));
            let fields = fields.replace(", ", "\n");
            let text = format!(
                "[[event]]\nid = 'e000000{place}'\nat = 2026-12-{at}:00Z\nkind = '{kind}'\nby = 'ana'\n{fields}\n"
            );
            file(&format!("assets/CAM-1/log/{place}.toml"), &text);
        }
        open(&tree)
    }

    /// The stage of the camera in `nord` at the end of a day of December, and in `west` where it has one.
    fn stage(events: &[&str], day: u32) -> String {
        let opened = shop(events);
        let moment = Moment::end_of(format!("2026-12-{day:02}").parse().unwrap(), opened.register.config.timezone);
        let of =
            |job: &str| all(&opened, &moment).get(&Slug::referred(job)).map(|of| of.values().next().unwrap().word());
        [of("nord"), of("west")].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    const RESERVE: &str = "01T08:00 reserve for = 'ben', from = 2026-12-06, until = 2026-12-11, job = 'nord'";
    const TAKE: &str = "06T08:00 checkout to = 'ben', job = 'nord'";
    const BACK: &str = "10T08:00 return";
    const GONE: &str = "10T09:00 missing";

    #[test]
    fn a_thing_goes_from_reserved_to_back() {
        let life = [RESERVE, TAKE, BACK];
        for (day, word) in [(1, "reserved"), (6, "packed"), (7, "out"), (9, "out"), (10, "back"), (20, "back")] {
            assert_eq!(stage(&life, day), word, "on the {day}th");
        }
        assert_eq!(stage(&[RESERVE], 12), "", "the reservation has lapsed");
        assert_eq!(stage(&[RESERVE, "02T08:00 cancel of = 'e0000000'"], 3), "");
        assert_eq!(stage(&["01T08:00 checkout to = 'ben', job = 'west'"], 2), "out", "that job has no first day");
    }

    #[test]
    fn what_went_and_cannot_be_found_is_missing_until_somebody_has_it_again() {
        assert_eq!(stage(&[TAKE, GONE], 11), "missing");
        assert_eq!(stage(&[TAKE, BACK, "10T10:00 missing"], 11), "missing", "nobody had it since");
        assert_eq!(stage(&[TAKE, GONE, "12T09:00 found", "12T10:00 return"], 13), "back");
        assert_eq!(stage(&[TAKE, GONE, "12T09:00 retire method = 'lost'"], 13), "missing");
        assert_eq!(stage(&[TAKE, BACK, "12T09:00 retire method = 'sold'"], 13), "back");
        assert_eq!(stage(&[TAKE, BACK, "12T09:00 checkout to = 'ana'", "13T09:00 missing"], 14), "back");
        assert_eq!(stage(&["10T09:00 missing job = 'nord'"], 11), "", "it never went");
    }

    #[test]
    fn what_goes_on_to_another_job_is_back_from_the_first() {
        let on = [TAKE, "09T08:00 transfer to = 'ana', job = 'west'"];
        assert_eq!(stage(&on, 8), "out");
        assert_eq!(stage(&on, 9), "back, out");
        assert_eq!(stage(&[TAKE, "09T08:00 transfer to = 'ana'"], 9), "out", "handed on within the job");
        let again = [TAKE, BACK, "11T08:00 reserve for = 'ben', from = 2026-12-20, until = 2026-12-21, job = 'nord'"];
        assert_eq!(stage(&again, 12), "reserved");
    }

    #[test]
    fn what_was_taken_back_or_refused_never_went() {
        assert_eq!(stage(&[TAKE, "06T09:00 void of = 'e0000000'"], 8), "");
        let twice = ["06T07:00 checkout to = 'ana'", TAKE];
        assert_eq!(stage(&twice, 8), "", "somebody had it");
    }

    #[test]
    fn a_packing_list_is_of_what_goes_and_later_of_what_went() {
        let standing = |stages: &[Stage]| -> Standing {
            let number = |n: usize| Number::parse(&format!("A-{n}")).unwrap();
            stages.iter().enumerate().map(|(n, stage)| (number(n), *stage)).collect()
        };
        let packs = |stages: &[Stage]| {
            let standing = standing(stages);
            to_pack(&standing).into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(packs(&[Stage::Back, Stage::Out, Stage::Missing, Stage::Reserved, Stage::Packed]), "A-1 A-3 A-4");
        assert_eq!(packs(&[Stage::Back, Stage::Missing]), "A-0 A-1");
        assert_eq!(packs(&[]), "");
    }

    #[test]
    fn parts_stand_below_their_kit_even_in_a_circle() {
        let mut tree = Tree::default();
        for (number, kit) in [("A", "Z"), ("B", "A"), ("C", "none"), ("D", "E"), ("E", "D"), ("Z", "none")] {
            let text = format!("name = 'x'\ncategory = 'x'\npart_of = '{}'\n", kit.to_uppercase());
            tree.insert_toml(format!("assets/{number}/asset.toml"), text.into_bytes());
        }
        let opened = open(&tree);
        let all: BTreeSet<&Number> = opened.register.assets.keys().collect();
        let of = |numbers: &BTreeSet<&Number>| {
            let ordered = by_kit(&opened.register, numbers);
            ordered.into_iter().map(|(number, depth)| format!("{number}{depth}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(&all), "C0 Z0 A1 B2 D0 E1");
        let without_kit: BTreeSet<&Number> = all.iter().copied().filter(|number| number.as_str() != "A").collect();
        assert_eq!(of(&without_kit), "B0 C0 Z0 D0 E1");
    }
}
