//! The theme: templates, style, script and words, each of which a register may replace by a file of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, File, include_dir};
use sha2::{Digest, Sha256};
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use super::phrase::{Phrase, escape};
use super::words::Words;

/// A folder for each theme, with its words in `strings/`. All but the first have only what sets them apart from it.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/themes");

/// The theme that all others build on.
const FIRST: &str = "paper";

/// The language that has every word.
const ENGLISH: &str = "en";

/// What a register calls its own words.
const WORDS: &str = "strings.toml";

/// The style that an asset's page has in itself.
const INLINE: &str = "first.css";

/// The words that scripts say, and the file that has them.
const SCRIPTED: &[&str] = &[
    "everything",
    "filter_hint",
    "filter_label",
    "search",
    "search_close",
    "search_hint",
    "search_label",
    "search_none",
    "search_some",
    "sort_label",
    "sort_name",
    "sort_number",
    "sort_status",
];
const WORDS_OF_SCRIPTS: &str = "words.js";

/// The script of the scanner: only its page asks for it.
pub(super) const SCANNER: &str = "scan.js";
pub(super) const SCANNER_STYLE: &str = "scan.css";

/// What others have made and the scanner may need, which no register replaces.
pub(super) const VENDORED: &[&str] = &[
    "vendor/zxing_reader.js",
    "vendor/zxing_reader.wasm",
    "vendor/LICENSE-zxing-wasm.txt",
    "vendor/LICENSE-zxing-cpp.txt",
];

/// Templates, style, script and words, ready to be filled.
#[derive(Debug, Clone)]
pub struct Theme {
    tera: Tera,
    words: Arc<Words>,
    statics: BTreeMap<&'static str, String>,
}

impl Theme {
    /// The theme that a register has which asks for none, in English.
    ///
    /// # Panics
    /// Never in a program that was tested: its own templates are.
    #[must_use]
    pub fn embedded() -> Theme {
        Theme::named(FIRST, ENGLISH).unwrap_or_else(|error| unreachable!("{error}"))
    }

    /// The theme `name` of this program in a language, a BCP 47 tag; in English where it does not have that language.
    ///
    /// # Errors
    /// That there is no such theme, and which there are.
    ///
    /// # Panics
    /// Never in a program that was tested: its own templates are.
    pub fn named(name: &str, language: &str) -> Result<Theme, String> {
        let themes = EMBEDDED.dirs().filter(|dir| dir.get_dir(dir.path().join("strings")).is_some());
        let names: Vec<&str> = themes.filter_map(|dir| dir.path().to_str()).collect();
        if !names.contains(&name) {
            return Err(format!("there is no theme `{name}`; there are {}", names.join(", ")));
        }
        let mut words = Words::parse(strings(FIRST, ENGLISH).unwrap_or_default()).unwrap_or_else(broken(FIRST));
        let language = spoken(language);
        let amended = [(FIRST, language), (name, language)];
        for (theme, text) in amended.iter().filter_map(|(theme, language)| Some((*theme, strings(theme, language)?))) {
            words.amend(text).unwrap_or_else(broken(theme));
        }
        let mut tera = Tera::default();
        tera.autoescape_on([".html", ".xml", ".svg"]);
        tera.register_filter("isolated", isolated);
        let mut theme = Theme { tera, words: Arc::new(words), statics: BTreeMap::new() };
        theme.teach_words();
        theme.put_on(FIRST);
        if name != FIRST {
            theme.put_on(name);
        }
        Ok(theme)
    }

    /// Takes the files of a theme in place of its own; of stylesheets, what is in them after its own.
    fn put_on(&mut self, name: &str) {
        let files = || EMBEDDED.get_dir(name).into_iter().flat_map(Dir::files).filter_map(named_text);
        let templates = files().filter(|(file, _)| is_template(file));
        self.tera.add_raw_templates(templates).map_err(|error| reason(&error)).unwrap_or_else(broken(name));
        for (file, text) in files().filter(|(file, _)| !is_template(file)) {
            let known = self.statics.entry(file).or_default();
            if !file.ends_with(".css") {
                known.clear();
            }
            known.push_str(text);
        }
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
        names.extend(self.statics.keys());
        names.push(WORDS);
        names.sort_unstable();
        names
    }

    /// The words of the site.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Files that are handed out as they are and that any page may ask for, and their text.
    pub(super) fn statics(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.statics
            .iter()
            .filter(|(name, _)| ![SCANNER, SCANNER_STYLE].contains(name))
            .map(|(name, text)| (*name, text.as_str()))
    }

    /// A file that is handed out as it is.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.statics.get(name).map(String::as_bytes).or_else(|| vendored(name))
    }

    /// Short fingerprints of the static files: an address with one may be kept for ever.
    pub(super) fn versions(&self) -> BTreeMap<&'static str, String> {
        self.statics.iter().map(|(name, text)| (*name, fingerprint(text.as_bytes()))).collect()
    }

    /// The style that stands in an asset's page itself, so that nothing has to be fetched before it can be read.
    pub(super) fn inline_style(&self) -> String {
        squeezed(self.statics.get(INLINE).map(String::as_str).unwrap_or_default())
    }

    /// The style of a page that stands by itself.
    pub(super) fn whole_style(&self) -> String {
        ["first.css", "style.css", "pages.css"]
            .map(|name| squeezed(self.statics.get(name).map_or("", String::as_str)))
            .concat()
    }

    /// The template `name`, filled.
    pub(super) fn fill(&self, name: &str, context: &Context) -> Result<String, String> {
        self.tera.render(name, context).map_err(|error| reason(&error))
    }

    /// Gives templates `count(key, n)`, which knows one and many, and scripts the words that they say.
    fn teach_words(&mut self) {
        let said: BTreeMap<&str, &str> = SCRIPTED.iter().map(|name| (*name, self.words.word(name))).collect();
        let said = serde_json::json!({ "words": said });
        self.statics.insert(WORDS_OF_SCRIPTS, format!("globalThis.tagbook = {said};\n"));
        let words = Arc::clone(&self.words);
        self.tera.register_function("count", move |given: Kwargs, _: &State| -> TeraResult<Value> {
            let n = given.must_get::<u64>("n")?;
            let said: Phrase = words.count(given.must_get::<&str>("key")?, usize::try_from(n).unwrap_or(usize::MAX));
            Ok(Value::safe_string(said.html()))
        });
    }
}

/// The name and text of an embedded file.
fn named_text(file: &'static File<'static>) -> Option<(&'static str, &'static str)> {
    file.path().file_name()?.to_str().zip(file.contents_utf8())
}

/// A file that others have made.
pub(super) fn vendored(name: &str) -> Option<&'static [u8]> {
    EMBEDDED.get_file(name).filter(|_| VENDORED.contains(&name)).map(include_dir::File::contents)
}

/// Whether a file is filled: all others are handed out as they are.
fn is_template(name: &str) -> bool {
    [".html", ".xml"].iter().any(|ending| name.ends_with(ending))
}

/// The words of a theme in a language.
fn strings(theme: &str, language: &str) -> Option<&'static str> {
    EMBEDDED.get_file(format!("{theme}/strings/{language}.toml"))?.contents_utf8()
}

/// The language that there are words in, of a BCP 47 tag: `de` of `de-AT`.
fn spoken(tag: &str) -> &str {
    let tags = [tag, tag.split('-').next().unwrap_or_default()];
    tags.into_iter().find(|tag| strings(FIRST, tag).is_some()).unwrap_or(ENGLISH)
}

pub(super) fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// Plain text in which names are set apart, as HTML that does the same.
fn isolated(text: &str, _: Kwargs, _: &State) -> Value {
    Value::safe_string(&escape(text).replace('\u{2068}', "<bdi>").replace('\u{2069}', "</bdi>"))
}

/// A style sheet without remarks and without blanks that mean nothing.
fn squeezed(css: &str) -> String {
    let mut text = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, behind)| behind);
    }
    text.push_str(rest);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut text = words.join(" ");
    for (loose, tight) in [(" {", "{"), ("{ ", "{"), (" }", "}"), ("} ", "}"), ("; ", ";"), (": ", ":"), (";}", "}")] {
        text = text.replace(loose, tight);
    }
    // Nothing in it may end the element that it stands in.
    text.replace("</", "<\\/")
}

/// What is embedded is whole: a test has seen to it.
fn broken<T>(theme: &str) -> impl FnOnce(String) -> T {
    move |why| unreachable!("themes/{theme}: {why}")
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
    fn there_is_a_theme_and_a_language_or_what_stands_in() {
        assert_eq!(Theme::named("nope", "en").unwrap_err(), "there is no theme `nope`; there are paper, workshop");
        let lang = |tag: &str| Theme::named("paper", tag).unwrap().words().word("lang").to_owned();
        assert_eq!([lang("en-GB"), lang("de-AT"), lang("tlh"), lang("")], ["en", "de", "en", "en"]);
        let [paper, workshop] = ["paper", "workshop"].map(|theme| Theme::named(theme, "en").unwrap().inline_style());
        assert!(workshop.len() > paper.len() && workshop.starts_with(&paper));
    }

    #[test]
    fn what_others_have_made_is_there_as_it_is() {
        let theme = Theme::embedded();
        for name in VENDORED {
            assert!(theme.file(name).is_some_and(|bytes| !bytes.is_empty()), "{name}");
        }
        assert!(theme.file("vendor/zxing_reader.wasm").unwrap().starts_with(b"\0asm"));
        assert_eq!((theme.file("vendor/README.md"), theme.file("base.html")), (None, None));
        assert!(theme.with_override("vendor/zxing_reader.js", "").is_err());
    }

    #[test]
    fn single_files_are_replaced() {
        let theme = Theme::embedded().with_override("404.html", "Gone: {{ t.search }}").unwrap();
        let theme = theme.with_override("strings.toml", "search = 'Suche'").unwrap();
        let mut context = Context::new();
        context.insert("t", theme.words());
        assert_eq!(theme.fill("404.html", &context).unwrap(), "Gone: Suche");
        assert_ne!(
            theme.clone().with_override("style.css", "x").unwrap().versions()["style.css"],
            theme.versions()["style.css"]
        );
        assert!(theme.statics["words.js"].contains("\"search\":\"Suche\""));
        let theme =
            theme.with_override("first.css", "/* one */\na {\n  color: red;\n}\n/* two */ b { top: 0 }").unwrap();
        assert_eq!(theme.inline_style(), "a{color:red}b{top:0}");
    }

    #[test]
    fn what_cannot_stand_is_refused() {
        assert!(Theme::embedded().with_override("nope.html", "").unwrap_err().contains("asset.html"));
        assert!(Theme::embedded().with_override("404.html", "{% if %}").is_err());
        assert!(Theme::embedded().with_override("strings.toml", "search = 1").is_err());
    }
}
