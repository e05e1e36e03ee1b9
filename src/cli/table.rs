//! Tables for people, JSON and CSV for programs.

use std::io::Write;

use anstyle::Style;
use clap::ValueEnum;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{Stop, paint};
use crate::site::guarded;

/// How a list is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned, for people
    #[default]
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// A cell of a table for people.
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn new(style: Style, text: impl AsRef<str>) -> Cell {
        Cell { text: paint::plain(text.as_ref()), style }
    }

    pub(super) fn plain(text: impl AsRef<str>) -> Cell {
        Cell::new(Style::new(), text)
    }
}

/// Prints rows under their heads, aligned by the width that each character takes.
pub(super) fn aligned(heads: &[&str], rows: &[Vec<Cell>]) -> Result<(), Stop> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].text.width());
        cells.chain([heads[column].width()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    let heads: Vec<_> = heads.iter().map(|head| Cell::new(paint::DIM, head)).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&paint::in_style(cell.style, &cell.text));
            line.push_str(&" ".repeat(width - cell.text.width() + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(out.flush()?)
}

/// Prints any value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Stop::Failed(error.to_string()))?;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// Prints rows as CSV in which no cell is a formula to a spreadsheet.
pub(super) fn csv(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Stop> {
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Stop::from(error),
        kind => Stop::Failed(format!("cannot write: {kind:?}")),
    };
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(heads).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| guarded(cell))).map_err(failed)?;
    }
    Ok(writer.flush()?)
}
