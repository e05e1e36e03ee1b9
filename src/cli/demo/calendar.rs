//! Moving the dates of a register's files by some days.

use chrono::{Days, NaiveDate};

/// TOML text with every date and date-time value moved by `days`; strings and comments stay.
pub(super) fn shifted(text: &str, days: i64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' | '\'' => string(rest),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                if let Some(moved) =
                    date(rest, days).filter(|_| !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
                {
                    out.push_str(&moved);
                    rest = &rest[10..];
                    continue;
                }
                c.len_utf8()
            }
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// The path of an event's file with the date in its name moved; any other path stays.
pub(super) fn shifted_name(path: &str, days: i64) -> String {
    match path.rsplit_once("/log/") {
        Some((folder, name)) => match date(name, days) {
            Some(moved) => format!("{folder}/log/{moved}{}", &name[10..]),
            None => path.to_owned(),
        },
        None => path.to_owned(),
    }
}

/// The `YYYY-MM-DD` that `text` begins with, moved by `days`.
fn date(text: &str, days: i64) -> Option<String> {
    let written = text.get(..10)?;
    if written.as_bytes()[4] != b'-' || written.as_bytes()[7] != b'-' {
        return None;
    }
    let day: NaiveDate = written.parse().ok()?;
    let moved = match u64::try_from(days) {
        Ok(later) => day.checked_add_days(Days::new(later)),
        Err(_) => day.checked_sub_days(Days::new(days.unsigned_abs())),
    };
    moved.map(|day| day.to_string())
}

/// The length of the string that `text` begins with.
fn string(text: &str) -> usize {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let close = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = close.len();
    while let Some(c) = text[at..].chars().next() {
        if c == '\\' && quote == "\"" {
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if text[at..].starts_with(close) {
            return at + close.len();
        } else {
            at += c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_move_and_text_stays() {
        let text = "at = 2026-11-30T09:00:00Z # 2026-01-01\nnote = \"on 2026-01-01 \\\" 2026-01-01\"\ndue = 2027-02-28\n[2026-01-01x]\n";
        let moved =
            "at = 2026-12-01T09:00:00Z # 2026-01-01\nnote = \"on 2026-01-01 \\\" 2026-01-01\"\ndue = 2027-03-01\n";
        assert!(shifted(text, 1).starts_with(moved));
        assert_eq!(shifted(&shifted(text, -400), 400), text);
    }

    #[test]
    fn the_names_of_events_move_along() {
        assert_eq!(
            shifted_name("assets/A/log/2026-11-30T090000.000Z-note-a1b2c3d4.toml", 1),
            "assets/A/log/2026-12-01T090000.000Z-note-a1b2c3d4.toml"
        );
        assert_eq!(shifted_name("assets/A/log/2025.toml", 1), "assets/A/log/2025.toml");
        assert_eq!(shifted_name("jobs/2026-02-03-x.toml", 1), "jobs/2026-02-03-x.toml");
    }
}
