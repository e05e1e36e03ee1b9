//! A piece of a sentence, as HTML for a page and as plain text for a feed or a title.

use serde::{Serialize, Serializer};

/// Words that may hold names, links and emphasis. Templates print its HTML as it is: it was escaped when it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrase {
    html: String,
    plain: String,
}

impl Phrase {
    /// Words of ours or a date: escaped, nothing around them.
    #[must_use]
    pub fn text(text: &str) -> Phrase {
        Phrase { html: escape(text), plain: text.to_owned() }
    }

    /// What people wrote: isolated, so that its direction does not spill into the words beside it.
    #[must_use]
    pub fn name(text: &str) -> Phrase {
        Phrase { html: format!("<bdi>{}</bdi>", escape(text)), plain: text.to_owned() }
    }

    /// What runs from left to right in every language: coordinates, codes.
    #[must_use]
    pub fn left_to_right(text: &str) -> Phrase {
        Phrase { html: format!("<bdi dir=\"ltr\">{}</bdi>", escape(text)), plain: text.to_owned() }
    }

    /// HTML that was made safe elsewhere, and what it says.
    #[must_use]
    pub fn raw(html: String, plain: &str) -> Phrase {
        Phrase { html, plain: plain.to_owned() }
    }

    /// The same words as a link to `href`.
    #[must_use]
    pub fn linked(self, href: &str) -> Phrase {
        Phrase { html: format!("<a href=\"{}\">{}</a>", escape(href), self.html), plain: self.plain }
    }

    /// The same words, set strong.
    #[must_use]
    pub fn strong(self) -> Phrase {
        Phrase { html: format!("<b>{}</b>", self.html), plain: self.plain }
    }

    /// The same words, as code.
    #[must_use]
    pub fn code(self) -> Phrase {
        Phrase { html: format!("<code>{}</code>", self.html), plain: self.plain }
    }

    /// Several phrases with `between` them.
    #[must_use]
    pub fn joined(parts: &[Phrase], between: &str) -> Phrase {
        let html: Vec<&str> = parts.iter().map(|part| part.html.as_str()).collect();
        let plain: Vec<&str> = parts.iter().map(|part| part.plain.as_str()).collect();
        Phrase { html: html.join(&escape(between)), plain: plain.join(between) }
    }

    /// Adds `other` at the end.
    pub fn push(&mut self, other: &Phrase) {
        self.html.push_str(&other.html);
        self.plain.push_str(&other.plain);
    }

    /// As HTML.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// As plain text.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.plain
    }
}

impl Serialize for Phrase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        tera::Value::safe_string(&self.html).serialize(serializer)
    }
}

/// `text` with the five characters that mean something in HTML written as references.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_escaped_and_isolated() {
        let name = Phrase::name("<b>O'Neil</b>").linked("../people/a&b/");
        assert_eq!(name.html(), "<a href=\"../people/a&amp;b/\"><bdi>&lt;b&gt;O&#39;Neil&lt;/b&gt;</bdi></a>");
        assert_eq!(name.plain(), "<b>O'Neil</b>");
    }

    #[test]
    fn templates_print_a_phrase_once_escaped() {
        let mut tera = tera::Tera::default();
        tera.autoescape_on([".html"]);
        tera.add_raw_template("a.html", "{{ who }} {{ list[0].who }}").unwrap();
        let mut context = tera::Context::new();
        context.insert("who", &Phrase::name("a<b"));
        context.insert("list", &[std::collections::BTreeMap::from([("who", Some(Phrase::name("c")))])]);
        assert_eq!(tera.render("a.html", &context).unwrap(), "<bdi>a&lt;b</bdi> <bdi>c</bdi>");
    }
}
