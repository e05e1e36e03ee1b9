//! All assets for programs: JSON, CSV, and the table that the search reads.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::here::Here;
use super::lookup::{Lookup, Thing};
use crate::register::{Money, Summary};

/// All assets of a register and their states at the moment of a build.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "register.json of tagbook")]
struct Whole<'a> {
    /// The version of this format: 1.
    #[schemars(extend("const" = 1))]
    version: u32,
    /// The commit that was built; null where there is none.
    commit: Option<&'a str>,
    /// Every asset, in order of their numbers.
    assets: Vec<&'a Summary>,
}

/// What holds of every `register.json` (JSON Schema, draft 2020-12).
#[must_use]
pub fn register_schema() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Whole>().to_value()
}

/// A value as JSON that people can read, with a line end.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// All assets as JSON.
pub(super) fn register(site: &Lookup) -> String {
    let commit = site.build.commits.head.as_ref().map(|commit| commit.id.as_str());
    json(&Whole { version: 1, commit, assets: site.things.values().map(|thing| &thing.summary).collect() })
}

const COLUMNS: &[&str] = &[
    "number",
    "name",
    "category",
    "status",
    "custodian",
    "since",
    "due",
    "overdue",
    "location",
    "home",
    "condition",
    "faults",
    "manufacturer",
    "model",
    "serial",
    "owner",
    "part_of",
    "last_seen",
    "next_audit",
    "next_inspection",
    "purchased",
    "cost",
    "currency",
    "supplier",
    "warranty_until",
    "in_service",
    "replacement_value",
];

/// All assets as CSV, for spreadsheets.
pub(super) fn csv(site: &Lookup) -> String {
    written(COLUMNS, site.things.values().map(|thing| cells(thing).to_vec()))
}

/// A table as CSV in which no cell is a formula to a spreadsheet.
#[must_use]
pub fn written(columns: &[impl AsRef<[u8]>], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = table.write_record(columns);
    for row in rows {
        let _ = table.write_record(row.iter().map(|cell| guarded(cell)));
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn cells(thing: &Thing) -> [String; COLUMNS.len()] {
    let (asset, state) = (thing.asset, &thing.summary);
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let purchase = asset.purchase.as_ref();
    let cost = purchase.and_then(|purchase| purchase.cost);
    [
        state.number.to_string(),
        state.name.clone(),
        state.category.to_string(),
        state.status.to_owned(),
        said(state.custodian.as_ref()),
        text(state.since.as_deref()),
        said(state.due),
        state.overdue.to_string(),
        said(state.location.as_ref()),
        said(state.home.as_ref()),
        text(state.condition),
        state.faults.iter().filter_map(|fault| fault.note.as_deref()).collect::<Vec<_>>().join("; "),
        text(state.manufacturer.as_deref()),
        text(state.model.as_deref()),
        text(state.serial.as_deref()),
        text(asset.owner.as_deref()),
        said(state.part_of.as_ref()),
        text(state.last_seen.as_deref()),
        said(state.next_audit),
        said(state.next_inspection),
        said(purchase.and_then(|purchase| purchase.date)),
        cost.as_ref().map(Money::decimal).unwrap_or_default(),
        cost.map(|cost| cost.currency.code().to_owned()).unwrap_or_default(),
        text(purchase.and_then(|purchase| purchase.supplier.as_deref())),
        said(purchase.and_then(|purchase| purchase.warranty_until)),
        said(asset.in_service),
        said(asset.replacement_value),
    ]
}

fn said<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe (OWASP, "CSV Injection").
#[must_use]
pub fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// What the search looks through: the number as printed, then what people may type.
pub(super) fn search(site: &Lookup) -> String {
    let here = Here::at(site, "");
    let mut table = String::from("number\tname\tstatus\tholder\tplace\tserial\tmake\taliases\n");
    for thing in site.things.values() {
        let (asset, state) = (thing.asset, thing.state());
        let holder = state.custody.as_ref().map(|custody| site.register().person_name(&custody.person));
        let place = state.location.as_ref().map(|place| here.place(place).plain().to_owned());
        let make = [asset.manufacturer.as_deref(), asset.model.as_deref()].into_iter().flatten();
        // What the name says is found by the name.
        let make = make.flat_map(str::split_whitespace).filter(|word| !asset.name.contains(word));
        let aliases: Vec<&str> = asset.aliases.iter().map(crate::register::Number::as_str).collect();
        let cells = [
            asset.number.to_string(),
            asset.name.clone(),
            here.status(thing.status()).word.plain().to_owned(),
            holder.unwrap_or_default().to_owned(),
            place.unwrap_or_default(),
            asset.serial.clone().unwrap_or_default(),
            make.collect::<Vec<_>>().join(" "),
            aliases.join(" "),
        ];
        table.push_str(&cells.map(|cell| on_one_line(&cell)).join("\t"));
        table.push('\n');
    }
    table
}

fn on_one_line(cell: &str) -> String {
    cell.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for bad in ["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "\tx", "\rx"] {
            assert_eq!(guarded(bad), format!("'{bad}"));
        }
        assert_eq!(guarded("CAM-0001"), "CAM-0001");
    }
}
