//! The facts of an asset: where it belongs, what comes with it, how it was bought, the papers that go with it.

use serde::Serialize;

use super::here::{Chip, Here};
use super::lookup::Thing;
use super::markdown::safe_link;
use super::papers::documents;
use super::phrase::Phrase;
use crate::register::assets::{FieldValue, Method};
use crate::register::categories::FieldKind;
use crate::register::{Asset, Status};

/// A word and what it is for this asset.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub word: String,
    pub value: Phrase,
    /// Whether it is a number that people compare letter by letter.
    pub code: bool,
    pub chips: Vec<Chip>,
}

/// Facts that belong together.
#[derive(Debug, Serialize)]
pub(super) struct Block {
    pub word: String,
    pub facts: Vec<Fact>,
}

/// Facts as they come: what is absent is not said.
struct Facts<'h, 'a> {
    here: &'h Here<'a>,
    facts: Vec<Fact>,
}

impl Facts<'_, '_> {
    fn add(&mut self, word: &str, value: Option<Phrase>) {
        self.put(self.here.site.words.word(word).to_owned(), value, false);
    }

    fn text(&mut self, word: &str, value: Option<&String>) {
        self.add(word, value.map(|text| Phrase::name(text)));
    }

    fn code(&mut self, word: &str, value: Option<&String>) {
        self.put(self.here.site.words.word(word).to_owned(), value.map(|text| Phrase::name(text)), true);
    }

    fn put(&mut self, word: String, value: Option<Phrase>, code: bool) {
        if let Some(value) = value.filter(|value| !value.plain().is_empty()) {
            self.facts.push(Fact { word, value, code, chips: Vec::new() });
        }
    }
}

impl<'a> Here<'a> {
    fn collect(&self) -> Facts<'_, 'a> {
        Facts { here: self, facts: Vec::new() }
    }

    /// `Cameras · Sony ILME-FX3`.
    pub fn kind(&self, asset: &Asset) -> Phrase {
        let make: Vec<&str> = [&asset.manufacturer, &asset.model].into_iter().flatten().map(String::as_str).collect();
        let mut parts = vec![self.category(&asset.category)];
        if !make.is_empty() {
            parts.push(Phrase::name(&make.join(" ")));
        }
        Phrase::joined(&parts, " · ")
    }

    /// What people want to know of it.
    pub fn facts(&self, thing: &Thing) -> Vec<Fact> {
        let (asset, state) = (thing.asset, thing.state());
        let mut facts = self.collect();
        facts.add("fact_belongs", asset.home.as_ref().map(|home| self.trail(home)));
        let elsewhere = state.location.as_ref().filter(|at| asset.home.as_ref() != Some(*at));
        let stands = matches!(thing.status(), Status::InRepair);
        facts.add("fact_in", elsewhere.filter(|_| stands).map(|at| self.place(at)));
        facts.add("fact_part_of", asset.part_of.as_ref().map(|kit| self.asset(kit)));
        facts.add("fact_condition", self.condition(state.condition));
        let contents: Vec<Phrase> = asset.contents.iter().map(|text| Phrase::name(text)).collect();
        facts.add("fact_comes_with", Some(self.listed(&contents)));
        facts.code("fact_serial", asset.serial.as_ref());
        facts.add("fact_seen", self.seen_in(thing));
        facts.add("fact_inspection", thing.summary.next_inspection.map(|day| self.site.dates.full(day)));
        facts.facts
    }

    /// What else is written of it: its category's fields, whose it is, what machines know it by.
    fn details(&self, asset: &Asset) -> Vec<Fact> {
        let mut facts = self.collect();
        self.declared_fields(asset, &mut facts);
        facts.text("fact_owner", asset.owner.as_ref());
        facts.text("fact_policy", asset.policy.as_ref());
        let aliases: Vec<Phrase> = asset.aliases.iter().map(|alias| Phrase::text(alias.as_str())).collect();
        facts.put(self.site.words.word("fact_aliases").to_owned(), Some(Phrase::joined(&aliases, ", ")), true);
        for (word, codes) in [("fact_rfid", &asset.identifiers.rfid), ("fact_barcode", &asset.identifiers.barcode)] {
            facts.code(word, (!codes.is_empty()).then(|| codes.join(", ")).as_ref());
        }
        facts.code("fact_gps", asset.identifiers.gps.as_ref());
        facts.facts
    }

    fn seen_in(&self, thing: &Thing) -> Option<Phrase> {
        let seen = thing.state().seen.as_ref()?;
        let place = seen.location.as_ref().map(|place| self.place(place));
        Some(self.say("fact_seen_in", &[("seen", Some(self.since(seen.at))), ("where", place)]))
    }

    /// The fields that the category declares, in their order.
    fn declared_fields(&self, asset: &Asset, facts: &mut Facts) {
        let category = self.site.register().categories.get(&asset.category);
        for (name, value) in &asset.fields {
            let kind = category.and_then(|category| category.fields.get(name)).map(|rule| &rule.kind);
            facts.put(spoken(name), Some(self.field(value, kind)), false);
        }
    }

    fn field(&self, value: &FieldValue, kind: Option<&FieldKind>) -> Phrase {
        match value {
            FieldValue::Text(text) if kind == Some(&FieldKind::Link) => match safe_link(text) {
                Some(target) => Phrase::name(text).linked(&target),
                None => Phrase::name(text),
            },
            FieldValue::Text(text) => Phrase::name(text),
            FieldValue::Number(number) => match kind {
                Some(FieldKind::Number(Some(unit))) => Phrase::name(&format!("{number}\u{a0}{unit}")),
                _ => Phrase::text(number),
            },
            FieldValue::Date(day) => self.site.dates.full(*day),
            FieldValue::Bool(truth) => self.word(if *truth { "fact_yes" } else { "fact_no" }),
            FieldValue::Money(money) => self.money(money),
        }
    }

    /// Details, how it was bought or hired, and its papers.
    pub fn blocks(&self, thing: &Thing) -> Vec<Block> {
        let asset = thing.asset;
        let blocks = [
            ("details", self.details(asset)),
            ("purchase", self.purchase(asset)),
            ("hire", self.hire(asset)),
            ("documents", self.papers(asset)),
        ];
        let said = blocks.into_iter().filter(|(_, facts)| !facts.is_empty());
        said.map(|(word, facts)| Block { word: self.site.words.word(word).to_owned(), facts }).collect()
    }

    fn purchase(&self, asset: &Asset) -> Vec<Fact> {
        let dates = &self.site.dates;
        let mut facts = self.collect();
        if let Some(purchase) = &asset.purchase {
            let bought = [purchase.date.map(|day| dates.full(day)), purchase.supplier.as_deref().map(Phrase::name)];
            let bought: Vec<Phrase> = bought.into_iter().flatten().collect();
            facts.add("purchase_bought", Some(self.listed(&bought)));
            facts.add("purchase_cost", purchase.cost.as_ref().map(|cost| self.money(cost)));
            facts.code("purchase_order", purchase.order.as_ref());
            facts.code("purchase_invoice", purchase.invoice.as_ref());
            let until = purchase
                .warranty_until
                .map(|day| self.say("purchase_warranty_until", &[("day", Some(dates.full(day)))]));
            facts.add("purchase_warranty", until);
        }
        let since =
            asset.in_service.map(|day| self.say("purchase_in_service_since", &[("day", Some(dates.full(day)))]));
        facts.add("purchase_in_service", since);
        facts.add("purchase_replacement", asset.replacement_value.as_ref().map(|value| self.money(value)));
        facts.add("purchase_depreciation", self.depreciation(asset));
        facts.facts
    }

    fn depreciation(&self, asset: &Asset) -> Option<Phrase> {
        let plan = asset.depreciation.as_ref()?;
        let life = plan.life.or_else(|| self.site.register().categories.get(&asset.category)?.life);
        let method = match plan.method {
            Method::StraightLine => "method_straight_line",
            Method::ReducingBalance => "method_reducing_balance",
        };
        let fillings = [
            ("method", Some(self.word(method))),
            ("life", life.map(|life| Phrase::text(&life.to_string()))),
            ("residual", plan.residual.as_ref().map(|residual| self.money(residual))),
        ];
        Some(self.say("purchase_depreciation_line", &fillings))
    }

    fn hire(&self, asset: &Asset) -> Vec<Fact> {
        let mut facts = self.collect();
        if let Some(hire) = &asset.hire {
            let full = |day: Option<_>| day.map(|day| self.site.dates.full(day));
            facts.text("hire_from", hire.supplier.as_ref());
            facts.add(
                "hire_time",
                Some(self.say("hire_range", &[("from", full(hire.from)), ("until", full(hire.until))])),
            );
            facts.add("hire_rate", hire.rate.as_ref().map(|rate| self.money(rate)));
        }
        facts.facts
    }

    fn papers(&self, asset: &Asset) -> Vec<Fact> {
        let links = documents(self.site, asset).into_iter().map(|paper| Fact {
            value: Phrase::name(&paper.title).linked(&format!("{}{}/{}", self.root, asset.number, paper.address())),
            word: paper.kind,
            code: false,
            chips: Vec::new(),
        });
        links.collect()
    }
}

/// A field's name as a word: `focal_length` as `Focal length`.
fn spoken(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
