//! The words of the site: one flat table of patterns for each language, which a register may change word by word.

use std::collections::BTreeMap;

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use serde::Serialize;
use unic_langid::LanguageIdentifier;

use super::phrase::Phrase;
use crate::register::Money;

/// Patterns by name. `{who}` is filled in; what stands in `[…]` is left out where one of its fillings is absent.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Words {
    patterns: BTreeMap<String, String>,
}

/// Endings of the patterns of counts, by the categories of CLDR; `many` also stands for those that a language leaves out.
const FORMS: &[(PluralCategory, &str)] = &[
    (PluralCategory::ZERO, "zero"),
    (PluralCategory::ONE, "one"),
    (PluralCategory::TWO, "two"),
    (PluralCategory::FEW, "few"),
    (PluralCategory::MANY, "many"),
    (PluralCategory::OTHER, "other"),
];

/// What fills the patterns: a name and, where there is one, a phrase.
pub type Fillings<'a> = [(&'a str, Option<Phrase>)];

impl Words {
    /// The table in `text` (TOML).
    ///
    /// # Errors
    /// Why it is not a table of texts.
    pub fn parse(text: &str) -> Result<Words, String> {
        toml::from_str(text).map(|patterns| Words { patterns }).map_err(|error| error.to_string())
    }

    /// Takes every pattern of `text` in place of its own.
    ///
    /// # Errors
    /// Why it is not a table of texts, or which of its names is not a pattern here.
    pub fn amend(&mut self, text: &str) -> Result<(), String> {
        for (name, pattern) in Words::parse(text)?.patterns {
            if !self.patterns.contains_key(&name) && !self.is_form(&name) {
                return Err(format!("`{name}` is not one of the site's words"));
            }
            self.patterns.insert(name, pattern);
        }
        Ok(())
    }

    /// Whether it is how some language counts what is counted here.
    fn is_form(&self, name: &str) -> bool {
        name.rsplit_once('_').is_some_and(|(of, form)| {
            FORMS.iter().any(|(_, known)| *known == form) && self.patterns.contains_key(&format!("{of}_many"))
        })
    }

    /// The pattern `name` as it stands; its name where there is none.
    #[must_use]
    pub fn word<'a>(&'a self, name: &'a str) -> &'a str {
        self.patterns.get(name).map_or(name, String::as_str)
    }

    /// What a motion of this kind is called on its own page.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> &str {
        let named = |form: &str| self.patterns.get(&format!("{form}_{kind}"));
        named("title").or_else(|| named("do")).map_or("", String::as_str)
    }

    /// The pattern `name`, filled.
    #[must_use]
    pub fn say(&self, name: &str, fillings: &Fillings) -> Phrase {
        let mut rest = self.word(name);
        let mut said = Phrase::default();
        while let Some(open) = rest.find('[') {
            said.push(&fill(&rest[..open], fillings).unwrap_or_default());
            let Some(length) = rest[open..].find(']') else { break };
            if let Some(part) = fill(&rest[open + 1..open + length], fillings) {
                said.push(&part);
            }
            rest = &rest[open + length + 1..];
        }
        said.push(&fill(rest, fillings).unwrap_or_default());
        said
    }

    /// `n` of something: of the patterns `name_one`, `name_few`, `name_many` … the one that the language has for it,
    /// with `{n}`.
    #[must_use]
    pub fn count(&self, name: &str, n: usize) -> Phrase {
        self.count_of(name, n, &[])
    }

    /// The same, where the pattern has other fillings too.
    #[must_use]
    pub fn count_of(&self, name: &str, n: usize, fillings: &Fillings) -> Phrase {
        let form = |form: &str| format!("{name}_{form}");
        let of = self.form_of(n).map(form).filter(|name| self.patterns.contains_key(name));
        let fillings = [&[("n", Some(self.number(n as u64)))], fillings].concat();
        self.say(&of.unwrap_or_else(|| form("many")), &fillings)
    }

    fn form_of(&self, n: usize) -> Option<&'static str> {
        let language: LanguageIdentifier = self.word("lang").parse().ok()?;
        let category = PluralRules::create(language, PluralRuleType::CARDINAL).ok()?.select(n).ok()?;
        FORMS.iter().find(|(known, _)| *known == category).map(|(_, form)| *form)
    }

    /// `1,234,567`, with what the language writes between thousands.
    #[must_use]
    pub fn number(&self, n: u64) -> Phrase {
        Phrase::text(&grouped(n, self.word("thousands")))
    }

    /// `3,899 EUR`, without what is below a whole unit.
    #[must_use]
    pub fn money_about(&self, money: &Money) -> String {
        format!("{}\u{a0}{}", grouped(money.whole(), self.word("thousands")), money.currency.code())
    }

    /// `3,899.00 EUR` with a space that does not break.
    #[must_use]
    pub fn money(&self, money: &Money) -> String {
        let decimal = money.decimal();
        let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| grouped(whole, self.word("thousands")));
        let point = if fraction.is_empty() { "" } else { self.word("decimal") };
        format!("{whole}{point}{fraction}\u{a0}{}", money.currency.code())
    }
}

/// `None` where a filling is absent.
fn fill(pattern: &str, fillings: &Fillings) -> Option<Phrase> {
    let mut said = Phrase::default();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        said.push(&Phrase::text(before));
        let (name, behind) = after.split_once('}')?;
        let (_, filling) = fillings.iter().find(|(known, _)| *known == name)?;
        said.push(filling.as_ref()?);
        rest = behind;
    }
    said.push(&Phrase::text(rest));
    Some(said)
}

/// `1234567` as `1,234,567`.
fn grouped(n: u64, mark: &str) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push_str(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::parse(
            "lang = 'en'\nthousands = ','\ndecimal = '.'\ntook = '{who} took it[ until {due}][ for <{job}>]'\n\
             thing_one = '{n} thing'\nthing_many = '{n} things'",
        )
        .unwrap()
    }

    #[test]
    fn absent_fillings_take_their_brackets_with_them() {
        let ana = || Some(Phrase::name("Ana"));
        let all = words().say("took", &[("who", ana()), ("due", Some(Phrase::text("Fri"))), ("job", None)]);
        assert_eq!(all.plain(), "Ana took it until Fri");
        let job = words().say("took", &[("who", ana()), ("due", None), ("job", Some(Phrase::text("a&b")))]);
        assert_eq!(job.html(), "<bdi>Ana</bdi> took it for &lt;a&amp;b&gt;");
    }

    #[test]
    fn counts_have_one_and_many() {
        assert_eq!(words().count("thing", 1).plain(), "1 thing");
        assert_eq!(words().count("thing", 12_345).plain(), "12,345 things");
    }

    #[test]
    fn languages_count_and_write_numbers_as_they_do() {
        let mut polish = words();
        polish
            .amend("lang = 'pl'\nthousands = ' '\ndecimal = ','\nthing_few = '{n} rzeczy'\nthing_many = '{n} sztuk'")
            .unwrap();
        let said = |n| polish.count("thing", n).plain().to_owned();
        assert_eq!([said(1), said(3), said(5), said(22_000)], ["1 thing", "3 rzeczy", "5 sztuk", "22 000 sztuk"]);
        let money = Money::parse("3899.50 EUR").unwrap();
        assert_eq!([words().money(&money), polish.money(&money)], ["3,899.50\u{a0}EUR", "3 899,50\u{a0}EUR"]);
        assert!(polish.amend("things_few = 'x'").is_err());
    }

    #[test]
    fn a_register_changes_single_words_and_no_others() {
        let mut changed = words();
        changed.amend("thing_one = 'a thing'").unwrap();
        assert_eq!(changed.count("thing", 1).plain(), "a thing");
        assert!(changed.amend("thnig_one = 'x'").unwrap_err().contains("thnig_one"));
    }
}
