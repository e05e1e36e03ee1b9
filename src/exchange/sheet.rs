//! A CSV file as a sheet: headers and rows of text, with everything rejected that is not one.

use super::Rejections;
use crate::register::{is_bidi_control, is_invisible, is_stray_control};

/// The cells of a CSV file, without blanks and invisible characters around them.
pub(super) struct Sheet {
    /// One of a kind and never empty.
    pub(super) headers: Vec<String>,
    /// Those with a value, as long as the headers.
    pub(super) rows: Vec<Row>,
}

/// A row of cells. A cell that was rejected is empty.
pub(super) struct Row {
    /// As a spreadsheet counts them: the header is row 1, empty rows count.
    pub(super) number: usize,
    pub(super) cells: Vec<String>,
}

/// Stands at the end of what is parsed: a quotation mark that is never closed swallows it.
const END: &[u8] = b"\n(end of file)\n";

impl Sheet {
    /// Reads a file; `None` where its headers cannot be trusted.
    pub(super) fn read(file: &[u8], rejections: &mut Rejections) -> Option<Sheet> {
        if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
            rejections.file("the file is UTF-16: save it as CSV in UTF-8");
            return None;
        }
        let mut records = records(file, rejections).into_iter();
        let Some((number, header)) = records.next() else {
            rejections.file("the file is empty");
            return None;
        };
        let headers = headers(number, &header, rejections);
        let rows = records.filter_map(|(number, record)| row(number, &record, &headers, rejections)).collect();
        headers_are_sound(&headers, rejections).then_some(Sheet { headers, rows })
    }
}

/// Line ends as `\n`, whichever system wrote them, also within cells.
fn with_plain_line_ends(file: &[u8]) -> Vec<u8> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut text = Vec::with_capacity(file.len() + END.len());
    for (at, byte) in file.iter().enumerate() {
        match byte {
            b'\r' if file.get(at + 1) == Some(&b'\n') => {}
            b'\r' => text.push(b'\n'),
            byte => text.push(*byte),
        }
    }
    text.extend_from_slice(END);
    text
}

/// The records of the file, each with the number of its row.
fn records(file: &[u8], rejections: &mut Rejections) -> Vec<(usize, csv::ByteRecord)> {
    let text = with_plain_line_ends(file);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_slice());
    let (mut records, mut number) = (Vec::new(), 0);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        // Empty lines are no records, and rows all the same.
        let empty = text.get(start..).unwrap_or_default().iter().take_while(|byte| **byte == b'\n').count();
        number += 1 + empty;
        records.push((number, record.clone()));
    }
    match records.pop() {
        Some((_, end)) if end.len() == 1 && end.get(0) == END.get(1..END.len() - 1) => {}
        _ => rejections.row(number, "opens a quotation mark that is never closed"),
    }
    records
}

fn headers(number: usize, record: &csv::ByteRecord, rejections: &mut Rejections) -> Vec<String> {
    let mut headers = Vec::new();
    for (at, cell) in record.iter().enumerate() {
        let place = format!("number {}", at + 1);
        headers.push(text(cell).unwrap_or_else(|(lossy, why)| {
            rejections.cell(number, at, &place, &lossy, why);
            lossy
        }));
    }
    headers
}

fn headers_are_sound(headers: &[String], rejections: &mut Rejections) -> bool {
    let mut sound = true;
    for (at, header) in headers.iter().enumerate() {
        let earlier = headers[..at].iter().position(|other| other.eq_ignore_ascii_case(header));
        if header.is_empty() {
            rejections.column(at, &format!("number {}", at + 1), "the header is empty: give the column a name");
        } else if let Some(first) = earlier {
            let why = format!("column {} has the same header as column {}: rename one", at + 1, first + 1);
            rejections.column(at, header, why);
        } else {
            continue;
        }
        sound = false;
    }
    sound
}

/// The cells of a row; `None` where it is empty or not as long as the headers.
fn row(number: usize, record: &csv::ByteRecord, headers: &[String], rejections: &mut Rejections) -> Option<Row> {
    if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
        return None;
    }
    if record.len() != headers.len() {
        let why = format!("has {} cells, the header has {}", record.len(), headers.len());
        rejections.row(number, why);
        return None;
    }
    let mut cells = Vec::with_capacity(headers.len());
    for (at, (cell, header)) in record.iter().zip(headers).enumerate() {
        cells.push(text(cell).unwrap_or_else(|(lossy, why)| {
            rejections.cell(number, at, header, &lossy, why);
            String::new()
        }));
    }
    Some(Row { number, cells })
}

/// A cell's text; what can be shown of it and why it is none.
fn text(cell: &[u8]) -> Result<String, (String, String)> {
    let Ok(text) = std::str::from_utf8(cell) else {
        let lossy = String::from_utf8_lossy(cell).into_owned();
        return Err((lossy, "is not UTF-8: save the file as CSV in UTF-8".into()));
    };
    match text.chars().find(|c| is_bidi_control(*c) || is_stray_control(*c)) {
        Some(c) => Err((text.to_owned(), format!("holds the hidden character U+{:04X}: delete it", u32::from(c)))),
        None => Ok(text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> (Option<Sheet>, Vec<String>) {
        let mut rejections = Rejections::default();
        let sheet = Sheet::read(file, &mut rejections);
        (sheet, rejections.in_order().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_systems_line_ends_and_a_byte_order_mark_are_read() {
        for file in ["\u{feff}A,B\r\n1,2\r\n", "A,B\r1,2\r", "A,B\n1,2", "\"A\",\"B\"\n\n1, 2 \n,\n"] {
            let (sheet, wrong) = read(file.as_bytes());
            let sheet = sheet.unwrap();
            assert_eq!(sheet.headers, ["A", "B"]);
            assert_eq!(sheet.rows.len(), 1, "{file:?}");
            assert_eq!(sheet.rows[0].cells, ["1", "2"]);
            assert_eq!(wrong, Vec::<String>::new());
        }
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_does() {
        let (sheet, _) = read(b"A,B\n\n\"x\r\ny\",1\n,\n\n2,2\n");
        let rows: Vec<_> = sheet.unwrap().rows.into_iter().map(|row| (row.number, row.cells[0].clone())).collect();
        assert_eq!(rows, [(3, "x\ny".to_owned()), (6, "2".to_owned())]);
    }

    #[test]
    fn everything_that_is_no_sheet_is_named_at_once() {
        let (sheet, wrong) = read(b"A,B,,a\n1,2\n\xff,x\x07,3,4\n\"1,2,3,4\n");
        assert!(sheet.is_none());
        let expected = [
            "column `number 3`: the header is empty: give the column a name",
            "column `a`: column 4 has the same header as column 1: rename one",
            "row 2: has 2 cells, the header has 4",
            "row 3, column `A`: `\u{fffd}` is not UTF-8: save the file as CSV in UTF-8",
            "row 3, column `B`: `x\\u{7}` holds the hidden character U+0007: delete it",
            "row 4: opens a quotation mark that is never closed",
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn a_file_of_another_kind_is_said_to_be_one() {
        assert_eq!(read(b"\xff\xfeA\0").1, ["the file is UTF-16: save it as CSV in UTF-8"]);
        assert_eq!(read(b"").1, ["the file is empty"]);
    }
}
