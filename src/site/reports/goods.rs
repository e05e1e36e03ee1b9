//! What is insured, held, late, unseen and gone, as documents.

use chrono::NaiveDate;

use super::Pictures;
use crate::document::{Cell, Document, Kind, Row};
use crate::register::Money;
use crate::register::reports::{
    Disposals, Disposed, Held, Insurance, Insured, Leaver, Overdue, Proof, Unseen, Unsighted,
};
use crate::site::here::Here;
use crate::site::phrase::Phrase;

/// What stands where nobody knows an amount.
const UNKNOWN: &str = "—";

/// What is insured.
pub(super) fn insurance(here: &Here, report: &Insurance, pictures: &Pictures) -> Document {
    let rows = report.lines.iter().map(|line| {
        let purchase = line.asset.purchase.as_ref();
        let bought = purchase.and_then(|purchase| purchase.date).map(|day| here.full_day(day));
        let picture = pictures.get(&line.asset.number).cloned();
        let cells = vec![
            Cell { picture, ..Here::number_cell(line.asset) },
            here.name_cell(
                line.asset,
                here.hired(line).into_iter().chain(here.references(line)).chain(here.proofs(line)),
            ),
            here.whereabouts(&line.state),
            Cell::of(bought),
            here.amount(purchase.and_then(|purchase| purchase.cost)),
            here.amount(line.asset.replacement_value),
        ];
        Row { depth: 0, cells }
    });
    let facts = report.counts().into_iter().filter(|(key, n)| key.starts_with("without") && *n > 0);
    let facts =
        facts.filter_map(|(key, n)| here.plain_fact(&format!("report_{key}"), Some(here.number(n).plain().to_owned())));
    Document {
        sentence: here.said("report_insurance_said", &[("assets", Some(here.assets(report.lines.len())))]),
        facts: facts.collect(),
        columns: vec![
            here.column("document_number", Kind::Number, 25.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("report_where", Kind::Text, 31.0),
            here.column("purchase_bought", Kind::Text, 27.0),
            here.column("purchase_cost", Kind::Amount, 26.0),
            here.column("purchase_replacement", Kind::Amount, 26.0),
        ],
        rows: rows.collect(),
        notes: vec![here.site.words.word("report_insurance_note").to_owned()],
        ..here.report("report_insurance")
    }
}

/// What somebody brings back, to be ticked and signed.
pub(super) fn leaver(here: &Here, report: &Leaver) -> Document {
    let who = || Some(here.apart(&report.person.name));
    let rows = report.held.iter().enumerate().map(|(at, line)| Row {
        depth: line.depth,
        cells: vec![
            Cell::of(Some((at + 1).to_string())),
            Here::number_cell(line.asset),
            here.name_cell(line.asset, here.faults(line)),
            here.held_since(line),
            here.amount(line.asset.value()),
            Cell::default(),
        ],
    });
    let sentence = match report.held.len() {
        0 => here.said("person_holds_none", &[("who", who())]),
        n => here.said("report_leaver_said", &[("who", who()), ("assets", Some(here.assets(n)))]),
    };
    let facts = [
        here.plain_fact("document_team", report.person.team.clone()),
        here.plain_fact("report_last_day", report.person.left.map(|day| here.full_day(day))),
        here.contact_fact(),
    ];
    let promised = report.promised.iter().map(|line| {
        let day = |when: crate::register::When| Some(here.site.dates.full(when.day(here.site.dates.zone)));
        let name = here.apart(&line.asset.name);
        let number = Some(Phrase::text(line.asset.number.as_str()));
        let days = [("from", day(line.reservation.from)), ("until", day(line.reservation.until))];
        here.said("report_reserved", &[&[("who", who()), ("number", number), ("name", Some(name))], &days[..]].concat())
    });
    let signed = ["document_date", "document_gave", "document_took"].map(|name| here.site.words.word(name).to_owned());
    Document {
        sentence,
        facts: facts.into_iter().flatten().collect(),
        columns: vec![
            here.column("", Kind::Amount, 8.0),
            here.column("document_number", Kind::Number, 26.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("handover_since", Kind::Text, 32.0),
            here.column("document_value", Kind::Amount, 28.0),
            here.column("handover_returned", Kind::Tick, 13.0),
        ],
        rows: rows.collect(),
        notes: promised.collect(),
        signatures: signed.into(),
        ..here.blank("report_leaver", &report.person.name)
    }
}

/// What is late.
pub(super) fn overdue(here: &Here, report: &Overdue) -> Document {
    let rows = report.lines.iter().map(|line| {
        let email = line.email.map(str::to_owned);
        let mut with = here.whereabouts(&line.state);
        with.small.splice(0..0, email);
        let late = here.site.words.count("days_late", usize::try_from(line.days).unwrap_or_default());
        let due = Cell {
            text: line.custody.due.map(|due| here.full_day(due)).unwrap_or_default(),
            small: vec![late.plain().to_owned()],
            ..Cell::default()
        };
        let number = Here::number_cell(line.asset);
        Row {
            depth: 0,
            cells: vec![number, here.name_cell(line.asset, []), with, due, here.amount(line.asset.value())],
        }
    });
    let n = report.lines.len();
    let sentence = if n == 0 { here.word("overdue_none") } else { here.site.words.count("overdue_sentence", n) };
    Document {
        sentence: sentence.plain().to_owned(),
        columns: vec![
            here.column("document_number", Kind::Number, 26.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("report_with", Kind::Text, 40.0),
            here.column("report_due", Kind::Text, 30.0),
            here.column("document_value", Kind::Amount, 28.0),
        ],
        rows: rows.collect(),
        ..here.report("overdue")
    }
}

/// What nobody has seen for long.
pub(super) fn unseen(here: &Here, report: &Unseen) -> Document {
    let rows = report.lines.iter().map(|line| Row {
        depth: 0,
        cells: vec![
            Here::number_cell(line.asset),
            here.name_cell(line.asset, []),
            here.last_sighting(line),
            here.whereabouts(&line.state),
            here.amount(line.asset.value()),
        ],
    });
    let day = Some(here.site.dates.full(report.since));
    let sentence = match report.lines.len() {
        0 => here.said("report_unseen_none", &[("day", day)]),
        n => here.said("report_unseen_said", &[("assets", Some(here.assets(n))), ("day", day)]),
    };
    Document {
        sentence,
        columns: vec![
            here.column("document_number", Kind::Number, 26.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("fact_seen", Kind::Text, 34.0),
            here.column("report_where", Kind::Text, 38.0),
            here.column("document_value", Kind::Amount, 28.0),
        ],
        rows: rows.collect(),
        notes: vec![here.site.words.word("report_unseen_note").to_owned()],
        ..here.report("report_unseen")
    }
}

/// What has left.
pub(super) fn disposals(here: &Here, report: &Disposals) -> Document {
    let rows = report.lines.iter().map(|line| {
        let method = here.word(&format!("method_{}", line.method)).plain().to_owned();
        let day = Cell { text: here.full_day(line.day), small: vec![method], ..Cell::default() };
        Row {
            depth: 0,
            cells: vec![
                Here::number_cell(line.asset),
                here.name_cell(line.asset, here.told(line)),
                day,
                here.known(line.cost),
                here.known(line.book_value),
                Cell { small: here.result(line).into_iter().collect(), ..here.known(line.proceeds) },
            ],
        }
    });
    let day = |day: Option<NaiveDate>| day.map(|day| here.site.dates.full(day));
    let days = [("from", day(report.from)), ("until", day(report.until))];
    let sentence = match report.lines.len() {
        0 => here.said("report_disposals_none", &days),
        n => here.said("report_disposals_said", &[&[("assets", Some(here.assets(n)))], &days[..]].concat()),
    };
    Document {
        sentence,
        columns: vec![
            here.column("document_number", Kind::Number, 26.0),
            here.column("document_name", Kind::Name, 0.0),
            here.column("report_left", Kind::Text, 26.0),
            here.column("purchase_cost", Kind::Amount, 25.0),
            here.column("report_book_value", Kind::Amount, 25.0),
            here.column("report_proceeds", Kind::Amount, 26.0),
        ],
        rows: rows.collect(),
        ..here.report("report_disposals")
    }
}

impl Here<'_> {
    fn full_day(&self, day: NaiveDate) -> String {
        self.site.dates.full(day).plain().to_owned()
    }

    /// A file by its name.
    fn file(&self, proof: &Proof) -> Phrase {
        self.apart(proof.path.rsplit('/').next().unwrap_or_default())
    }

    /// An amount, or a dash where nobody knows it.
    fn known(&self, money: Option<Money>) -> Cell {
        Cell::of(Some(money.map_or_else(|| UNKNOWN.to_owned(), |money| self.site.words.money(&money))))
    }

    /// What a thing brought more or less than it was worth in the books; nothing where it was in none.
    fn result(&self, line: &Disposed) -> Option<String> {
        line.book_value?;
        let amount = |money: Money| Some(Phrase::text(&self.site.words.money(&money)));
        Some(match (line.gain(), line.loss()) {
            (Some(gain), _) => self.said("report_gain", &[("amount", amount(gain))]),
            (_, Some(loss)) => self.said("report_loss", &[("amount", amount(loss))]),
            (None, None) => self.said("report_result", &[("amount", Some(Phrase::text(UNKNOWN)))]),
        })
    }

    /// That a thing is somebody else's: whose, and until when.
    fn hired(&self, line: &Insured) -> Option<String> {
        let hire = line.asset.hire.as_ref().filter(|_| line.is_hired)?;
        let supplier = hire.supplier.as_deref().map(|supplier| self.apart(supplier));
        let until = hire.until.map(|day| self.site.dates.full(day));
        Some(self.said("report_hired", &[("supplier", supplier), ("day", until)]))
    }

    /// From whom a thing is, and what their and the insurer's papers are called.
    fn references(&self, line: &Insured) -> Option<String> {
        let purchase = line.asset.purchase.as_ref();
        let said = |word: &str, text: Option<&String>| {
            let text = text.filter(|text| !text.is_empty())?;
            Some(self.say(word, &[("text", Some(self.apart(text)))]))
        };
        let papers = [
            said("report_supplier", purchase.and_then(|purchase| purchase.supplier.as_ref())),
            said("report_invoice", purchase.and_then(|purchase| purchase.invoice.as_ref())),
            said("report_policy", line.asset.policy.as_ref()),
        ];
        let papers: Vec<Phrase> = papers.into_iter().flatten().collect();
        (!papers.is_empty()).then(|| self.listed(&papers).plain().to_owned())
    }

    /// The files that prove what a thing was and cost, and what there is none of.
    fn proofs(&self, line: &Insured) -> Vec<String> {
        let files = [&line.photo, &line.receipt].into_iter().flatten().filter(|proof| proof.is_there);
        let files: Vec<Phrase> = files.map(|proof| self.file(proof)).collect();
        let files = (!files.is_empty()).then(|| self.listed(&files).plain().to_owned());
        let lacks: Vec<Phrase> = line.lacks().iter().map(|what| self.word(&format!("report_lack_{what}"))).collect();
        let lacks = (!lacks.is_empty()).then(|| self.listed(&lacks));
        let lacks = lacks.map(|lacks| self.said("report_lacks", &[("what", Some(lacks))]));
        files.into_iter().chain(lacks).collect()
    }

    fn faults(&self, line: &Held) -> Vec<String> {
        let faults = line.state.faults.iter().map(|fault| {
            let note = fault.note.as_deref().map(|note| self.apart(note));
            self.said("report_fault", &[("severity", Some(self.severity(fault.grade).word)), ("note", note)])
        });
        faults.collect()
    }

    /// Since when they have it, until when, and in which condition it is.
    fn held_since(&self, line: &Held) -> Cell {
        let dates = &self.site.dates;
        let Some(custody) = &line.state.custody else { return Cell::default() };
        let due = custody.due.map(|due| self.said("handover_until", &[("day", Some(dates.full(due)))]));
        let late = line.days_late.and_then(|days| usize::try_from(days).ok());
        let late = late.map(|days| self.site.words.count("days_late", days).plain().to_owned());
        let condition = self.condition(line.state.condition).map(|condition| condition.plain().to_owned());
        let missing = line.state.missing.as_ref().map(|_| self.word("status_missing").plain().to_owned());
        let small = [due, late, condition, missing].into_iter().flatten().collect();
        Cell { text: self.full_day(dates.day_of(custody.since)), small, ..Cell::default() }
    }

    fn last_sighting(&self, line: &Unsighted) -> Cell {
        let Some(event) = line.seen else { return Cell::of(Some(self.site.words.word("report_never"))) };
        let who = self.said("report_seen_by", &[("who", Some(self.actor(&event.by)))]);
        Cell { text: self.full_day(self.site.dates.day_of(event.at)), small: vec![who], ..Cell::default() }
    }

    /// What is said of how a thing left, and what proves it.
    fn told(&self, line: &Disposed) -> Vec<String> {
        let reference = line.reference.map(|reference| self.apart(reference));
        let reference = reference.map(|reference| self.said("small_reference", &[("reference", Some(reference))]));
        let files: Vec<Phrase> = line.proofs.iter().map(|proof| self.file(proof)).collect();
        let files = (!files.is_empty()).then(|| self.listed(&files).plain().to_owned());
        let by = line.by.map(|by| self.said("small_by", &[("who", Some(self.actor(by)))]));
        line.note.map(str::to_owned).into_iter().chain(reference).chain(files).chain(by).collect()
    }
}
