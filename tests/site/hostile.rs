//! What people write is shown as they wrote it and does nothing.

use scraper::Selector;
use tagbook::register::Audience;
use tagbook::site::Theme;

use crate::harness::{Shelf, pages, stuffed, text};

const CORPUS: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></svg><iframe src=javascript:alert(1)>",
    "[click](javascript:alert(1)) <a href=\"data:text/html,x\">x</a>",
    "{{ 7*7 }}{% include \"x\" %}{# gone #}",
    "]]><!-- ${alert(1)} `x`",
    "مرحبا 👩‍👩‍👧‍👦 日本",
];

#[test]
fn nothing_that_people_write_runs() {
    for payload in CORPUS {
        let shelf = stuffed(|_| (*payload).to_owned());
        let with_desk = shelf.clone().file("tagbook.toml", "title = 'K'\ndesk_url = 'https://kit.example.org/desk'\n");
        for site in [shelf.team(), shelf.public(), with_desk.team()] {
            for (path, page) in pages(&site) {
                assert_tame(path, &page);
            }
            let feed = site.get("feed.xml").map(String::as_str).unwrap_or_default();
            assert!(!feed.contains("<script") && !feed.contains("<img"), "{feed}");
        }
    }
}

fn assert_tame(path: &str, page: &scraper::Html) {
    for element in page.select(&Selector::parse("*").unwrap()) {
        let name = element.value().name();
        // The style of an asset's first screen stands in its page; what may stand there, the policy says by its hash.
        let is_own = name == "style" && element.html().starts_with("<style>:root{color-scheme:light dark");
        let known = is_own || !matches!(name, "iframe" | "object" | "embed" | "style" | "base");
        assert!(known, "{path}: <{name}>");
        for (attribute, value) in element.value().attrs() {
            assert!(!attribute.starts_with("on") && attribute != "style", "{path}: {attribute}={value}");
            if matches!(attribute, "href" | "src") {
                let scheme = value.split(':').next().filter(|_| value.contains(':')).unwrap_or("none");
                assert!(["http", "https", "mailto", "tel", "none"].contains(&scheme), "{path}: {attribute}={value}");
            }
        }
        if name == "script" {
            let src = element.attr("src").unwrap_or_default();
            let is_scanner = path == "scan/index.html"
                && ["static/scan.js", "static/search.js", "static/words.js"].iter().any(|own| src.contains(own));
            assert!(is_scanner || src.contains("static/script.js"), "{path}");
        }
        if name == "img" {
            let src = element.attr("src").unwrap_or_default();
            let is_own = ["photo.jpg", "qr.svg"].contains(&src) || src.contains("photos/e0000005-1.jpg");
            assert!(is_own, "{path}: {src}");
        }
    }
}

#[test]
fn templates_in_names_stay_as_they_are() {
    let site = Shelf::new().file("categories.toml", "[a]\nname = 'A'\n").asset("A-1", "{{ 7*7 }}", "a", "").team();
    assert!(text(&site["A-1/index.html"]).contains("{{ 7*7 }}"));
}

#[test]
fn hidden_characters_reach_no_page() {
    let site = stuffed(|field| format!("{field}\u{202e}\u{1b}[31m\u{7f}")).team();
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with(".html") || path.ends_with(".xml")) {
        assert!(!text.contains(['\u{202e}', '\u{1b}', '\u{7f}']), "{path}");
    }
}

#[test]
fn a_photo_that_is_none_is_not_shown() {
    let shelf = Shelf::new().file("categories.toml", "[a]\nname = 'A'\n").asset(
        "A-1",
        "A",
        "a",
        "photo = 'p.jpg'\ndocuments = [{ file = 'x.html' }]",
    );
    let site = shelf.bytes("assets/A-1/p.jpg", b"<svg onload=alert(1)>").bytes("assets/A-1/x.html", b"<script>").team();
    assert!(!site["A-1/index.html"].contains("class=\"photo\""));
    assert!(site.contains_key("A-1/x.html.txt") && !site.contains_key("A-1/x.html"));
}

#[test]
fn pages_may_load_nothing_foreign() {
    let site = stuffed(|field| field.to_owned()).team();
    let policy = Selector::parse("meta[http-equiv=Content-Security-Policy]").unwrap();
    for (path, page) in pages(&site) {
        let policy = page.select(&policy).next().and_then(|meta| meta.attr("content")).unwrap_or_default().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
    }
    assert!(site["_headers"].contains("frame-ancestors 'none'"));
}

#[test]
fn the_same_register_makes_the_same_bytes() {
    let shelf = stuffed(|field| field.to_owned());
    assert_eq!(shelf.team(), shelf.team());
}

#[test]
fn a_register_replaces_single_templates_and_words() {
    let theme = Theme::embedded()
        .with_override(
            "person.html",
            "{% extends \"list.html\" %}{% block main %}Ours: {{ list.title }}{% endblock main %}",
        )
        .and_then(|theme| theme.with_override("strings.toml", "categories = 'Sorten'"))
        .unwrap();
    let site = stuffed(|field| field.to_owned()).render(Audience::Team, theme);
    assert!(site["people/ana/index.html"].contains("Ours: ana"));
    assert!(site["index.html"].contains("Sorten") && site["people/index.html"].contains("Sorten"));
}
