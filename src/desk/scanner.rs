//! What the scanner sends, a list that it keeps until it is recorded: the form for all of it, and the way back.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Desk;
use super::asked::Asked;
use super::forms::Sheet;
use super::pages::nonce;
use crate::register::motion::kind;
use crate::site::desk::{Form, Input, Link, Look};

/// What can become of all that is on a list or in a basket, and the words of its button; the first is the usual.
const FOR_ALL: &[(&str, &str)] =
    &[("have", "basket_take"), ("back", "basket_back"), ("audit", "basket_audit"), ("checkout", "basket_take")];

/// What is done only where it was asked for: to count, and to hand out what nobody else may have.
const ASKED_FOR: &[&str] = &["audit", "checkout"];

/// Whether it is a list of the scanner's, by the id that it gave to it. The phone's basket is neither in it nor changed
/// by it.
pub(super) fn is_scanned(asked: &Asked) -> bool {
    asked.fields.said("scanned").is_some()
}

/// A list is one motion: sent twice, it is the same.
pub(super) fn nonce_of(scanned: Option<&str>) -> String {
    scanned.map_or_else(nonce, str::to_owned)
}

impl Desk {
    /// The form for all that is in a basket or on a list: for what was asked for, or else for taking.
    pub(super) fn form_for_all(&self, asked: &Asked, sheet: &Sheet, numbers: Input) -> Form {
        let told = asked.fields.said("kind");
        let (what, word) = *FOR_ALL.iter().find(|(what, _)| told == Some(what)).unwrap_or(&FOR_ALL[0]);
        let mut fields = vec![numbers];
        fields.extend(kind(what).into_iter().flat_map(|kind| sheet.of(kind, None)));
        let mut hidden = vec![("nonce".to_owned(), nonce_of(asked.fields.said("scanned")))];
        for name in ["audit", "scanned"] {
            let said = asked.fields.said(name).filter(|_| fields.iter().all(|field| field.name != name));
            hidden.extend(said.map(|said| (name.to_owned(), said.to_owned())));
        }
        // What was scanned was scanned for something, and what is counted stays where it is.
        let has_others = !is_scanned(asked) && what != "audit";
        let others = FOR_ALL.iter().filter(|(other, said)| has_others && *said != word && !ASKED_FOR.contains(other));
        Form {
            action: self.at("batch"),
            submit: sheet.look.word(word),
            first: true,
            fields,
            hidden,
            name: Some(("kind".into(), what.to_owned())),
            others: others.map(|(other, word)| ("kind".into(), (*other).to_owned(), sheet.look.word(word))).collect(),
            ..Form::default()
        }
    }

    /// The way back to the scanner, which is told that its list is recorded, but for what is `left`.
    pub(super) fn scan_on(&self, asked: &Asked, look: &Look, is_recorded: bool, left: &[String]) -> Option<Link> {
        let id = asked.fields.said("scanned")?;
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let query = format!("?done={}&left={}", encoded(id), encoded(&left.join(" ")));
        Some(self.to_scanner(if is_recorded { &query } else { "" }, look.word("basket_scan_on")))
    }

    /// A link to the scanner, which is a page of the site.
    pub(super) fn to_scanner(&self, query: &str, word: String) -> Link {
        Link { href: format!("{}scan/{query}", self.settings.site), word }
    }
}
