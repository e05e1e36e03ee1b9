//! A report as an XLSX workbook: numbers are numbers, days are days, and text is never a formula.

use chrono::{DateTime, NaiveDate, Utc};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::register::Money;
use crate::register::reports::{Kind, Report, Sheet, Value};
use crate::register::time::Tz;

/// Characters of a cell (Excel's specifications and limits).
const MOST: usize = 32_767;

/// The largest integer up to which a double has every one.
const EXACT: i64 = 1 << 53;

/// How days, instants and heads look in a workbook.
struct Book {
    day: Format,
    instant: Format,
    head: Format,
    zone: Tz,
}

/// A workbook with the lines of a report, and its sums and counts on a second sheet; instants as the clocks of `zone` show
/// them. The same report and moment are the same bytes.
///
/// # Errors
/// What does not fit into a workbook.
pub fn workbook(report: &Report, now: DateTime<Utc>, zone: Tz) -> Result<Vec<u8>, String> {
    let book = Book {
        day: Format::new().set_num_format("yyyy-mm-dd"),
        instant: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
        head: Format::new().set_bold(),
        zone,
    };
    book.written(report, now).map_err(|error| format!("cannot write it as XLSX: {error}"))
}

impl Book {
    fn written(&self, report: &Report, now: DateTime<Utc>) -> Result<Vec<u8>, XlsxError> {
        // Workbooks know no day before 1900, and no clock of this machine is asked.
        let made = ExcelDateTime::from_timestamp(now.timestamp()).or_else(|_| ExcelDateTime::from_timestamp(0))?;
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_title(report.word()).set_creation_datetime(&made));
        self.lines(workbook.add_worksheet().set_name(report.word())?, &report.sheet())?;
        self.sums(workbook.add_worksheet().set_name("totals")?, report)?;
        workbook.save_to_buffer()
    }

    fn lines(&self, to: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
        for (head, column) in sheet.heads().iter().zip(0_u16..) {
            to.write_string_with_format(0, column, head, &self.head)?;
        }
        to.set_freeze_panes(1, 1)?;
        for (cells, row) in sheet.rows.iter().zip(1_u32..) {
            let mut column = 0;
            for (value, (_, kind)) in cells.iter().zip(sheet.columns) {
                self.cell(to, (row, column), value)?;
                column += if *kind == Kind::Money { 2 } else { 1 };
            }
        }
        to.autofit();
        Ok(())
    }

    fn sums(&self, to: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
        let mut row = 0;
        for (word, n) in report.counts() {
            to.write_string_with_format(row, 0, word, &self.head)?;
            self.cell(to, (row, 1), &Value::Count(i64::try_from(n).unwrap_or(i64::MAX)))?;
            row += 1;
        }
        for (word, sum) in report.totals().iter().flat_map(|(word, sums)| sums.iter().map(move |sum| (word, sum))) {
            to.write_string_with_format(row, 0, *word, &self.head)?;
            self.cell(to, (row, 1), &Value::Money(*sum))?;
            row += 1;
        }
        to.autofit();
        Ok(())
    }

    fn cell(&self, to: &mut Worksheet, (row, column): (u32, u16), value: &Value) -> Result<(), XlsxError> {
        match value {
            Value::Nothing => {}
            Value::Text(text) => text_at(to, (row, column), text)?,
            Value::List(texts) => text_at(to, (row, column), &texts.join("; "))?,
            Value::Day(day) => self.day(to, (row, column), *day)?,
            Value::Instant(at) => {
                let local = at.with_timezone(&self.zone).naive_local();
                let written = to.write_datetime_with_format(row, column, local, &self.instant).map(drop);
                written.or_else(|_| text_at(to, (row, column), &crate::register::time::instant(*at)))?;
            }
            Value::Count(n) => amount_at(to, (row, column), *n, &n.to_string(), &Format::new())?,
            Value::Flag(is_so) => to.write_boolean(row, column, *is_so).map(drop)?,
            Value::Money(money) => money_at(to, (row, column), money)?,
        }
        Ok(())
    }

    /// A day; what lies before the calendar of workbooks begins is text.
    fn day(&self, to: &mut Worksheet, (row, column): (u32, u16), day: NaiveDate) -> Result<(), XlsxError> {
        let written = to.write_datetime_with_format(row, column, day, &self.day).map(drop);
        written.or_else(|_| text_at(to, (row, column), &day.to_string()))
    }
}

fn money_at(to: &mut Worksheet, (row, column): (u32, u16), money: &Money) -> Result<(), XlsxError> {
    let decimal = money.decimal();
    let places = decimal.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let format = if places == 0 { "#,##0".to_owned() } else { format!("#,##0.{}", "0".repeat(places)) };
    amount_at(to, (row, column), money.minor, &decimal, &Format::new().set_num_format(format))?;
    text_at(to, (row, column + 1), money.currency.code())
}

/// A number that a double has exactly to its last place; else its digits as text.
fn amount_at(
    to: &mut Worksheet,
    (row, column): (u32, u16),
    units: i64,
    digits: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    match digits.parse::<f64>() {
        Ok(number) if units.abs() < EXACT => to.write_number_with_format(row, column, number, format).map(drop),
        _ => text_at(to, (row, column), digits),
    }
}

fn text_at(to: &mut Worksheet, (row, column): (u32, u16), text: &str) -> Result<(), XlsxError> {
    // Excel counts in UTF-16, of which a character takes at most two.
    let text: String = text.chars().take(MOST / 2).collect();
    to.write_string(row, column, text).map(drop)
}
