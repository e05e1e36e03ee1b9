//! The scanner is there for colleagues with a desk, and it alone may do what reading labels needs.

use crate::harness::{Shelf, Site, stuffed};

fn with_desk() -> Shelf {
    stuffed(|_| "x".into()).file(
        "tagbook.toml",
        "title = 'K'\nbase_url = 'https://kit.example.org/'\nformer_base_urls = ['https://old.example.org/k/']\ndesk_url = 'https://kit.example.org/desk'\n",
    )
}

fn of_scanner(site: &Site) -> Vec<&str> {
    site.keys().map(String::as_str).filter(|path| path.contains("scan") || path.contains("vendor/")).collect()
}

#[test]
fn there_is_one_for_the_team_where_there_is_a_desk() {
    let site = with_desk().team();
    assert_eq!(
        of_scanner(&site),
        [
            "scan/index.html",
            "static/scan.js",
            "static/vendor/LICENSE-zxing-cpp.txt",
            "static/vendor/LICENSE-zxing-wasm.txt",
            "static/vendor/zxing_reader.js",
            "static/vendor/zxing_reader.wasm",
        ]
    );
    assert!(site["index.html"].contains("href=\"./scan/\""));
    let none: [Site; 2] = [with_desk().public(), stuffed(|_| "x".into()).team()];
    for site in &none {
        assert!(of_scanner(site).is_empty(), "{:?}", of_scanner(site));
        assert!(!site["index.html"].contains("scan/\""));
        assert!(site["_headers"].contains("camera=()") && !site["_headers"].contains("wasm"));
    }
}

#[test]
fn no_other_page_compiles_anything() {
    let site = with_desk().team();
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with(".html")) {
        assert_eq!(text.contains("wasm-unsafe-eval"), path == "scan/index.html", "{path}");
        assert_eq!(text.contains("static/scan.js"), path == "scan/index.html", "{path}");
    }
    // What a host adds to every page only narrows what the page says.
    assert!(site["_headers"].contains("script-src 'self' 'wasm-unsafe-eval';"), "{}", site["_headers"]);
    assert!(site["_headers"].contains("camera=(self)"));
}

#[test]
fn it_knows_where_labels_lead_what_is_counted_and_where() {
    let page = &with_desk().team()["scan/index.html"];
    assert!(page.contains("data-bases=\"https://kit.example.org/ https://old.example.org/k/\""));
    assert!(page.contains("<option value=\"q4\" data-place=\"house\">x</option>"), "an open audit");
    assert!(page.contains("<option value=\"shelf\">x › x</option>"));
    let closed = with_desk()
        .file("audits/q4.toml", "title = 'x'\nopened = 2026-11-02T14:00:00Z\nclosed = 2026-11-03T14:00:00Z\n");
    assert!(!closed.team()["scan/index.html"].contains("name=\"audit\""));
}
