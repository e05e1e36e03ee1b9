//! Every language has every word, as it is meant, and every theme makes every page in each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use tagbook::register::Audience;
use tagbook::site::Theme;

use crate::harness::{pages, stuffed};

const FORMS: &[(PluralCategory, &str)] = &[
    (PluralCategory::ZERO, "zero"),
    (PluralCategory::ONE, "one"),
    (PluralCategory::TWO, "two"),
    (PluralCategory::FEW, "few"),
    (PluralCategory::MANY, "many"),
    (PluralCategory::OTHER, "other"),
];

type Words = BTreeMap<String, String>;

/// The folders and files of a folder, in order.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn named(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The themes by their names, each with its languages and their words.
fn themes() -> BTreeMap<String, BTreeMap<String, Words>> {
    let folders = listed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("themes"));
    let themes = folders.iter().filter(|path| path.join("strings").is_dir()).map(|folder| {
        let languages = listed(&folder.join("strings"));
        let words = |path: &PathBuf| toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        (named(folder), languages.iter().map(|path| (named(path), words(path))).collect())
    });
    themes.collect()
}

/// Every language that there is, and its words.
fn languages() -> BTreeMap<String, Words> {
    let languages = themes().remove("paper").unwrap();
    assert!(languages.len() > 2 && languages.contains_key("en"));
    languages
}

/// The same name with another ending: `assets_many` of `assets_few`.
fn counted(name: &str) -> Option<String> {
    let (of, form) = name.rsplit_once('_')?;
    FORMS.iter().any(|(_, known)| *known == form).then(|| format!("{of}_many"))
}

/// The English pattern that this one says in another language.
fn meant<'a>(english: &'a Words, name: &str) -> Option<&'a String> {
    english.get(name).or_else(|| english.get(&counted(name)?))
}

/// What fills a pattern outside of brackets, and inside of them. Fails where they do not pair.
fn fillings(pattern: &str) -> [BTreeSet<&str>; 2] {
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    let mut optional = false;
    let mut open = None;
    for (place, c) in pattern.char_indices() {
        match c {
            '[' | ']' => {
                assert!(optional == (c == ']') && open.is_none(), "{pattern}");
                optional = !optional;
            }
            '{' => assert!(open.replace(place + 1).is_none(), "{pattern}"),
            '}' => {
                found[usize::from(optional)].insert(&pattern[open.take().expect(pattern)..place]);
            }
            _ => {}
        }
    }
    assert!(!optional && open.is_none(), "{pattern}");
    found
}

#[test]
fn every_language_has_every_word_and_no_other() {
    let languages = languages();
    let english = &languages["en"];
    for (language, words) in &languages {
        let missing: Vec<_> = english.keys().filter(|name| !words.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
    }
    for (theme, languages) in themes() {
        for (language, words) in languages {
            let unknown: Vec<_> = words.keys().filter(|name| meant(english, name).is_none()).collect();
            assert!(unknown.is_empty(), "{theme}: {language} has {unknown:?}");
        }
    }
}

#[test]
fn every_word_is_filled_with_what_english_is() {
    let english = &languages()["en"];
    for (theme, languages) in themes() {
        for (language, words) in languages {
            for (name, pattern) in &words {
                let [always, sometimes] = fillings(pattern);
                let [needed, absent] = fillings(meant(english, name).unwrap());
                let why = format!("{theme}: {language}: {name} = {pattern:?}");
                assert!(!pattern.trim().is_empty() || ["thousands", "decimal"].contains(&name.as_str()), "{why}");
                // What may be absent takes the pattern around it along.
                assert_eq!(sometimes, absent, "{why}");
                assert!(always.is_subset(&needed), "{why}");
                let free = name.starts_with("date_") || counted(name).is_some();
                assert!(free || always == needed, "{why}");
            }
        }
    }
}

#[test]
fn every_language_counts_as_it_does() {
    let languages = languages();
    for (language, words) in &languages {
        assert_eq!(words["lang"], *language);
        let tag: unic_langid::LanguageIdentifier = language.parse().unwrap();
        let rules = PluralRules::create(tag, PluralRuleType::CARDINAL).unwrap();
        let told: Vec<_> = (1..1000).map(|n| rules.select(n).unwrap()).collect();
        for name in languages["en"].keys().filter_map(|name| name.strip_suffix("_many")) {
            for (category, form) in FORMS.iter().filter(|(category, _)| told.contains(category)) {
                let is_there = words.contains_key(&format!("{name}_{form}"));
                assert!(is_there || *category == PluralCategory::OTHER, "{language} lacks {name}_{form}");
            }
        }
    }
}

#[test]
fn every_language_names_every_day_and_month() {
    for (language, words) in languages() {
        for (list, length) in
            [("months", 12), ("months_narrow", 12), ("months_long", 12), ("weekdays", 7), ("weekdays_long", 7)]
        {
            assert_eq!(words[list].split_ascii_whitespace().count(), length, "{language}: {list}");
        }
        assert!(["ltr", "rtl"].contains(&words["direction"].as_str()), "{language}");
    }
}

#[test]
fn every_theme_makes_every_page_in_every_language() {
    let shelf = stuffed(|field| format!("my {field}"));
    let themes = themes();
    assert!(themes.len() > 1);
    for theme in themes.keys() {
        for (language, words) in languages() {
            for audience in [Audience::Team, Audience::Public] {
                let site = shelf.render(audience, Theme::named(theme, &language).unwrap());
                for (path, page) in pages(&site) {
                    let root = page.root_element();
                    assert_eq!(root.attr("lang"), Some(language.as_str()), "{theme}: {path}");
                    assert_eq!(root.attr("dir").unwrap_or("ltr"), words["direction"], "{theme}: {path}");
                    let holes: Vec<_> = root.text().filter(|text| text.contains(['{', '}', '['])).collect();
                    assert!(holes.is_empty(), "{theme}: {language}: {path}: {holes:?}");
                }
            }
        }
    }
}
