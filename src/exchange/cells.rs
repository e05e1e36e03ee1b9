//! What a cell of a spreadsheet says: text on one line, a day, an amount.

use chrono::NaiveDate;
use iso_currency::Currency;

use crate::register::{Money, is_invisible};

/// A cell as a name is written: on one line, single blanks, nothing that takes no ink.
pub(super) fn one_line(cell: &str) -> String {
    let plain: String =
        cell.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two names compare equal as people compare them: in any case, however their accents are encoded.
pub(super) fn same_name(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    name.nfc().flat_map(char::to_lowercase).collect()
}

/// Whether a spreadsheet has shortened a long number, as `6.37702E+15`, and lost its digits.
pub(super) fn is_shortened(cell: &str) -> bool {
    let Some((mantissa, exponent)) = cell.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent)
}

/// Which comes first where a day is written `3/1/23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// 1 March, as Snipe-IT's own samples have it.
    MonthFirst,
    /// 3 January.
    DayFirst,
}

impl DateOrder {
    /// The order that a file's days are written in: a number above 12 is no month. The month comes first where none tells.
    pub(super) fn of<'a>(cells: impl Iterator<Item = &'a str>) -> DateOrder {
        let (mut month_first, mut day_first) = (false, false);
        for cell in cells {
            if let Some([first, second, _]) = parts(cell, '/') {
                day_first |= first > 12;
                month_first |= second > 12;
            }
        }
        if day_first && !month_first { DateOrder::DayFirst } else { DateOrder::MonthFirst }
    }

    /// The order in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            DateOrder::MonthFirst => "month/day/year",
            DateOrder::DayFirst => "day/month/year",
        }
    }
}

/// Reads a day: `2023-03-01`, `3/1/23`, `1.3.2023`; a midnight after it is passed over.
pub(super) fn day(cell: &str, order: DateOrder) -> Result<NaiveDate, String> {
    let (date, time) = cell.split_once([' ', 'T']).unwrap_or((cell, ""));
    let form = || format!("is not a date: write {} or 2026-11-27", order.words());
    if !matches!(time, "" | "00:00" | "00:00:00") {
        return Err(form());
    }
    let (year, month, day) = if let Some([year, month, day]) = parts(date, '-') {
        (year, month, day)
    } else if let Some([day, month, year]) = parts(date, '.') {
        (full_year(year), month, day)
    } else {
        let [first, second, year] = parts(date, '/').ok_or_else(form)?;
        let (month, day) = if order == DateOrder::MonthFirst { (first, second) } else { (second, first) };
        (full_year(year), month, day)
    };
    let known = i32::try_from(year).ok().filter(|year| (1900..=9999).contains(year));
    known
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or_else(|| "is not a day of the calendar".to_owned() + in_order(date, order).unwrap_or_default())
}

fn in_order(date: &str, order: DateOrder) -> Option<&'static str> {
    date.contains('/').then_some(match order {
        DateOrder::MonthFirst => ", read as month/day/year",
        DateOrder::DayFirst => ", read as day/month/year",
    })
}

fn parts(date: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = date.split(separator).map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// The year that two digits stand for, as POSIX's `strptime` has it: 69 to 99 are of the last century.
fn full_year(year: u32) -> u32 {
    match year {
        0..=68 => 2000 + year,
        69..=99 => 1900 + year,
        _ => year,
    }
}

/// Reads an amount: `1234.5`, `1,234.56`, `$12.58`, `12.58 EUR`; `usual` is what those without a currency are in.
pub(super) fn money(cell: &str, usual: Option<Currency>) -> Result<Money, String> {
    let (amount, code) = match cell.rsplit_once(' ') {
        Some((amount, code)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => (amount, code),
        _ => (cell, ""),
    };
    let named = if code.is_empty() { None } else { Currency::from_code(code) };
    if named.is_none() && !code.is_empty() {
        return Err(format!("is in `{code}`, which is not an ISO 4217 currency"));
    }
    let currency = named
        .or(usual)
        .ok_or("has no currency: set `currency` in tagbook.toml, or give `--currency` with a code such as EUR")?;
    let number = without_sign(amount.trim(), currency)?;
    let plain = without_separators(number).ok_or("is not an amount: write it like 1234.56 or 1,234.56")?;
    Money::amount(plain.trim_end_matches('.'), currency).map_err(|why| format!("cannot be an amount: {why}"))
}

/// The number without a currency's sign, which must be that of `currency`.
fn without_sign(amount: &str, currency: Currency) -> Result<&str, String> {
    let is_sign = |c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+' | '(' | ')');
    let number = amount.trim_matches(|c: char| is_sign(c) || c.is_whitespace());
    let sign: String = amount.replacen(number, "", 1).split_whitespace().collect();
    let own = currency.symbol().to_string();
    if sign.is_empty() || sign == own || sign == currency.code() {
        return Ok(number);
    }
    Err(format!("is in `{sign}`, and amounts without a code are in {}", currency.code()))
}

/// `1,234.5600` as `1234.56`; `None` where the commas do not part thousands.
fn without_separators(number: &str) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| !first.is_empty() && digits(first))?;
    let parted = whole.contains(',');
    if parted && (first.len() > 3 || !groups.all(|group| group.len() == 3 && digits(group))) || !digits(fraction) {
        return None;
    }
    // Databases write more places than a currency has.
    let kept = fraction.trim_end_matches('0');
    Some(format!("{}.{kept}", whole.replace(',', "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_the_order_of_their_file() {
        let order = |cells: &[&str]| DateOrder::of(cells.iter().copied());
        assert_eq!(order(&["3/1/23", "11/14/22"]), DateOrder::MonthFirst);
        assert_eq!(order(&["3/1/23", "14/11/2022"]), DateOrder::DayFirst);
        assert_eq!(order(&["3/1/23"]), DateOrder::MonthFirst);
        assert_eq!(order(&["14/1/23", "1/14/23"]), DateOrder::MonthFirst);
        let read = |cell, order| day(cell, order).map(|day| day.to_string());
        assert_eq!(read("3/1/23", DateOrder::MonthFirst).unwrap(), "2023-03-01");
        assert_eq!(read("3/1/23", DateOrder::DayFirst).unwrap(), "2023-01-03");
        assert_eq!(read("12/31/1999", DateOrder::MonthFirst).unwrap(), "1999-12-31");
        assert_eq!(read("1/1/68", DateOrder::MonthFirst).unwrap(), "2068-01-01");
        assert_eq!(read("1/1/69", DateOrder::MonthFirst).unwrap(), "1969-01-01");
        assert_eq!(read("2023-03-01 00:00:00", DateOrder::MonthFirst).unwrap(), "2023-03-01");
        assert_eq!(read("1.3.2023", DateOrder::MonthFirst).unwrap(), "2023-03-01");
    }

    #[test]
    fn what_is_no_day_is_said() {
        for bad in
            ["2/30/23", "13/13/23", "44949", "March 1", "1/2", "1/2/3/4", "1/2/03456", "2023-03-01 09:30", "/1/2"]
        {
            assert!(day(bad, DateOrder::MonthFirst).is_err(), "{bad}");
        }
        let why = day("14/1/23", DateOrder::MonthFirst).unwrap_err();
        assert_eq!(why, "is not a day of the calendar, read as month/day/year");
    }

    #[test]
    fn amounts_are_read_with_what_people_write_around_them() {
        let read = |cell| money(cell, Some(Currency::USD)).map(|money| money.to_string());
        for (cell, amount) in [
            ("2266.13", "2266.13 USD"),
            ("1234.5", "1234.50 USD"),
            ("1,234.56", "1234.56 USD"),
            ("1,234,567", "1234567.00 USD"),
            ("$12.58", "12.58 USD"),
            ("$ 12", "12.00 USD"),
            ("12.58 EUR", "12.58 EUR"),
            ("USD 12.5", "12.50 USD"),
            ("12.5000", "12.50 USD"),
            ("0", "0.00 USD"),
        ] {
            assert_eq!(read(cell).as_deref(), Ok(amount), "{cell}");
        }
        assert_eq!(money("1200.00", Some(Currency::JPY)).unwrap().to_string(), "1200 JPY");
    }

    #[test]
    fn what_is_no_amount_is_said() {
        for bad in [
            "1.234,56",
            "12,58",
            "1,23,456",
            "-5",
            "(5.00)",
            "€12",
            "about 5 or 6",
            "5.005",
            "5 XXY",
            ".",
            "$",
            "1.2.3",
            "5e3",
            "99999999999999999999",
        ] {
            assert!(money(bad, Some(Currency::USD)).is_err(), "{bad}");
        }
        assert!(money("12", None).unwrap_err().contains("--currency"));
        assert!(money("12 EUR", None).is_ok());
    }

    #[test]
    fn names_are_written_on_one_line() {
        assert_eq!(one_line("Shelf\u{a0}A\n  (top\u{200b})"), "Shelf A (top)");
        assert_eq!(same_name("CAFE\u{301}"), same_name("Café"));
        assert!(is_shortened("6.37702E+15") && is_shortened("6E+15"));
        assert!(!is_shortened("ILME+FX3") && !is_shortened("E+1") && !is_shortened("1.E+3"));
    }
}
