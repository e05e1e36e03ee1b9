//! Money: a decimal amount and an ISO 4217 code, held as whole minor units.

use std::collections::BTreeMap;
use std::fmt;

use iso_currency::Currency;

/// An amount in minor units (cents) of a currency. Never negative, never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Hundredths, thousandths or wholes, as the currency has them.
    pub minor: i64,
    /// What it is an amount of.
    pub currency: Currency,
}

impl Money {
    /// Reads `3899.00 EUR`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Money, String> {
        let (amount, code) = text.split_once(' ').ok_or("it has no currency")?;
        let currency = Currency::from_code(code).ok_or_else(|| format!("`{code}` is not an ISO 4217 currency"))?;
        Money::amount(amount, currency)
    }

    /// Reads `3899.00` as an amount of `currency`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn amount(text: &str, currency: Currency) -> Result<Money, String> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(format!("`{text}` is not an amount"));
        }
        let places = places(currency);
        if fraction.len() > places {
            return Err(format!("{} has {places} decimal places", currency.code()));
        }
        let minor = format!("{whole}{fraction:0<places$}").parse().map_err(|_| "the amount is too large")?;
        Ok(Money { minor, currency })
    }

    /// The amount in whole units, what is below them left out.
    #[must_use]
    pub fn whole(&self) -> u64 {
        let unit = 10_i64.checked_pow(u32::try_from(places(self.currency)).unwrap_or_default()).unwrap_or(1);
        u64::try_from(self.minor / unit).unwrap_or_default()
    }

    /// The amount as a decimal number, without the currency.
    #[must_use]
    pub fn decimal(&self) -> String {
        let places = places(self.currency);
        let digits = format!("{:0>width$}", self.minor, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }
}

/// The sums of amounts, one for each currency in order of their codes. What is more than fits is the most that fits.
#[must_use]
pub fn totals(amounts: impl IntoIterator<Item = Money>) -> Vec<Money> {
    let mut sums: BTreeMap<&'static str, Money> = BTreeMap::new();
    for amount in amounts {
        let sum = sums.entry(amount.currency.code()).or_insert(Money { minor: 0, ..amount });
        sum.minor = sum.minor.saturating_add(amount.minor);
    }
    sums.into_values().collect()
}

fn places(currency: Currency) -> usize {
    usize::from(currency.exponent().unwrap_or(0))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_whole_minor_units() {
        assert_eq!(Money::parse("3899.00 EUR").unwrap().minor, 389_900);
        assert_eq!(Money::parse("12 JPY").unwrap().minor, 12);
        assert_eq!(Money::parse("0.005 BHD").unwrap().to_string(), "0.005 BHD");
        assert_eq!(Money::parse("7.5 EUR").unwrap().to_string(), "7.50 EUR");
    }

    #[test]
    fn currencies_are_summed_apart() {
        let of = |texts: &[&str]| totals(texts.iter().map(|text| Money::parse(text).unwrap()));
        let said = |texts: &[&str]| of(texts).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(said(&["0.10 EUR", "12 JPY", "0.20 EUR", "1.00 CHF"]), ["1.00 CHF", "0.30 EUR", "12 JPY"]);
        assert_eq!(of(&["92233720368547758.07 EUR", "1.00 EUR"])[0].minor, i64::MAX);
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn what_is_not_an_amount_is_said() {
        for bad in
            ["", "12", "EUR", "-1.00 EUR", "1_000,50 EUR", "nan EUR", "1.005 EUR", "1.00 XYZ", "1. EUR", ".5 EUR"]
        {
            assert!(Money::parse(bad).is_err(), "{bad}");
        }
        assert!(Money::parse("99999999999999999999 EUR").is_err());
    }
}
