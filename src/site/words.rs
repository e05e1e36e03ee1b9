//! The words of the site: one flat table of patterns, which a register may change word by word.

use std::collections::BTreeMap;

use serde::Serialize;

use super::phrase::Phrase;

/// Patterns by name. `{who}` is filled in; what stands in `[…]` is left out where one of its fillings is absent.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Words {
    patterns: BTreeMap<String, String>,
}

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
            let known =
                self.patterns.get_mut(&name).ok_or_else(|| format!("`{name}` is not one of the site's words"))?;
            *known = pattern;
        }
        Ok(())
    }

    /// The pattern `name` as it stands; its name where there is none.
    #[must_use]
    pub fn word<'a>(&'a self, name: &'a str) -> &'a str {
        self.patterns.get(name).map_or(name, String::as_str)
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

    /// `n` of something: the pattern `name_one` or `name_many` with `{n}`.
    #[must_use]
    pub fn count(&self, name: &str, n: usize) -> Phrase {
        self.count_of(name, n, &[])
    }

    /// The same, where the pattern has other fillings too.
    #[must_use]
    pub fn count_of(&self, name: &str, n: usize, fillings: &Fillings) -> Phrase {
        let number = Phrase::text(&grouped(n as u64));
        let form = if n == 1 { "one" } else { "many" };
        self.say(&format!("{name}_{form}"), &[&[("n", Some(number))], fillings].concat())
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
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
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
            "took = '{who} took it[ until {due}][ for <{job}>]'\nthing_one = '{n} thing'\nthing_many = '{n} things'",
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
    fn a_register_changes_single_words_and_no_others() {
        let mut changed = words();
        changed.amend("thing_one = 'a thing'").unwrap();
        assert_eq!(changed.count("thing", 1).plain(), "a thing");
        assert!(changed.amend("thnig_one = 'x'").unwrap_err().contains("thnig_one"));
    }
}
