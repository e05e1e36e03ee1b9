//! Counts as programs read them.

use serde_json::{Value, json};

use super::audit::{Belief, Count, Sighted};
use super::number::Slug;
use super::papers::Audit;
use super::time::instant;

impl Count {
    /// The audit, and how much of it is done.
    #[must_use]
    pub fn head(&self, audit: &Audit) -> Value {
        json!({
            "audit": audit.slug,
            "title": audit.title,
            "location": audit.location,
            "category": audit.category,
            "opened": audit.opened.map(instant),
            "closed": audit.closed.map(instant),
            "by": audit.by,
            "seen": self.seen(),
            "expected": self.expected(),
        })
    }

    /// All that it has found, on a list for each kind of result.
    #[must_use]
    pub fn report(&self, audit: &Audit) -> Value {
        let mut report = self.head(audit);
        let all = |sighted: &[Sighted]| sighted.iter().map(sighting).collect::<Value>();
        report["found"] = all(&self.found);
        report["wrong_place"] = all(&self.misplaced);
        report["unexpected"] = all(&self.unexpected);
        let (open, closed) =
            if self.is_open { (json!(self.unseen), json!([])) } else { (json!([]), json!(self.unseen)) };
        report["not_yet_seen"] = open;
        report["missing"] = closed;
        report["unknown"] = json!(self.unknown);
        report
    }
}

fn sighting(sighted: &Sighted) -> Value {
    let (expected, why) = sighted.belief.said();
    json!({
        "number": sighted.number,
        "at": instant(sighted.at),
        "by": sighted.by,
        "location": sighted.location,
        "expected": expected,
        "why": why,
    })
}

impl Belief {
    /// Where the register had it, and why it did not expect it.
    #[must_use]
    pub fn said(&self) -> (Option<&Slug>, Option<String>) {
        match self {
            Belief::Here(place) => (place.as_ref(), None),
            Belief::Elsewhere(place) => (place.as_ref(), Some("elsewhere".into())),
            Belief::With(person) => (None, Some(format!("with {person}"))),
            Belief::InRepair(vendor) => (None, Some(format!("in repair at {vendor}"))),
            Belief::Retired => (None, Some("retired".into())),
            Belief::Uncounted(category) => (None, Some(format!("of category {category}"))),
        }
    }
}
