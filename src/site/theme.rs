//! The theme: templates, style, script and words, each of which a register may replace by a file of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use super::phrase::Phrase;
use super::words::Words;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/themes");

const WORDS: &str = "strings.toml";

/// Files that are handed out as they are.
const STATICS: &[&str] = &["style.css", "script.js", "offline.js", "offline.css", "sw.js", "tag.svg"];

/// Templates, style, script and words, ready to be filled.
#[derive(Debug, Clone)]
pub struct Theme {
    tera: Tera,
    words: Arc<Words>,
    statics: BTreeMap<&'static str, String>,
}

impl Theme {
    /// The theme that is part of the program.
    ///
    /// # Panics
    /// Never in a program that was tested: its own templates are.
    #[must_use]
    pub fn embedded() -> Theme {
        let text = |name: &str| EMBEDDED.get_file(name).and_then(|file| file.contents_utf8()).unwrap_or_default();
        let words = Words::parse(text(WORDS)).unwrap_or_else(|error| unreachable!("{WORDS}: {error}"));
        let mut tera = Tera::default();
        tera.autoescape_on([".html", ".xml", ".svg"]);
        let mut theme = Theme { tera, words: Arc::new(words), statics: BTreeMap::new() };
        theme.teach_words();
        let templates = EMBEDDED.files().filter_map(|file| file.path().to_str()).filter(|name| is_template(name));
        let templates: Vec<_> = templates.map(|name| (name, text(name))).collect();
        if let Err(error) = theme.tera.add_raw_templates(templates) {
            unreachable!("{}", reason(&error));
        }
        theme.statics = STATICS.iter().map(|name| (*name, text(name).to_owned())).collect();
        theme
    }

    /// The theme with `text` in place of its file `name`; of the words, only those that `text` names.
    ///
    /// # Errors
    /// When the theme has no such file, or why `text` cannot stand in its place.
    pub fn with_override(mut self, name: &str, text: &str) -> Result<Theme, String> {
        if name == WORDS {
            Arc::make_mut(&mut self.words).amend(text).map_err(|error| format!("{WORDS}: {error}"))?;
            self.teach_words();
        } else if let Some(file) = self.statics.get_mut(name) {
            text.clone_into(file);
        } else if self.tera.contains_template(name) {
            self.tera.add_raw_template(name, text).map_err(|error| reason(&error))?;
        } else {
            return Err(format!("the theme has no `{name}`; it has {}", self.names().join(", ")));
        }
        Ok(self)
    }

    /// The files of the theme, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.tera.get_template_names().collect();
        names.extend(STATICS);
        names.push(WORDS);
        names.sort_unstable();
        names
    }

    /// The words of the site.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Files that are handed out as they are, and their text.
    pub(super) fn statics(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.statics.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// A short fingerprint of a static file: an address with it may be kept for ever.
    pub(super) fn fingerprint(&self, name: &str) -> String {
        let text = self.statics.get(name).map(String::as_str).unwrap_or_default();
        let bytes: Vec<_> = Sha256::digest(text.as_bytes()).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        bytes.concat()
    }

    /// The template `name`, filled.
    pub(super) fn fill(&self, name: &str, context: &Context) -> Result<String, String> {
        self.tera.render(name, context).map_err(|error| reason(&error))
    }

    /// Gives templates `count(key, n)`, which knows one and many.
    fn teach_words(&mut self) {
        let words = Arc::clone(&self.words);
        self.tera.register_function("count", move |given: Kwargs, _: &State| -> TeraResult<Value> {
            let n = given.must_get::<u64>("n")?;
            let said: Phrase = words.count(given.must_get::<&str>("key")?, usize::try_from(n).unwrap_or(usize::MAX));
            Ok(Value::safe_string(said.html()))
        });
    }
}

fn is_template(name: &str) -> bool {
    name != WORDS && !STATICS.contains(&name)
}

/// An error of a template with everything below it that says why.
fn reason(error: &tera::Error) -> String {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(deeper) = source {
        reason.push_str(": ");
        reason.push_str(&deeper.to_string());
        source = deeper.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_theme_is_whole() {
        let theme = Theme::embedded();
        assert!(theme.names().contains(&"asset.html") && theme.names().contains(&"script.js"));
        assert_eq!(theme.words().word("search"), "Search");
    }

    #[test]
    fn single_files_are_replaced() {
        let theme = Theme::embedded().with_override("404.html", "Gone: {{ t.search }}").unwrap();
        let theme = theme.with_override("strings.toml", "search = 'Suche'").unwrap();
        let mut context = Context::new();
        context.insert("t", theme.words());
        assert_eq!(theme.fill("404.html", &context).unwrap(), "Gone: Suche");
        assert_ne!(
            theme.clone().with_override("style.css", "x").unwrap().fingerprint("style.css"),
            theme.fingerprint("style.css")
        );
    }

    #[test]
    fn what_cannot_stand_is_refused() {
        assert!(Theme::embedded().with_override("nope.html", "").unwrap_err().contains("asset.html"));
        assert!(Theme::embedded().with_override("404.html", "{% if %}").is_err());
        assert!(Theme::embedded().with_override("strings.toml", "search = 1").is_err());
    }
}
