//! Every link of a page leads to a file of the site, from whatever folder it stands in.

use scraper::Selector;

use crate::harness::{Site, pages, stuffed};

/// The file that `link` on the page at `from` leads to, with the place in it; `None` for what leads outside.
fn target(from: &str, link: &str) -> Option<(String, String)> {
    if link.contains("://") || link.starts_with("mailto:") || link.starts_with("tel:") {
        return None;
    }
    let (link, place) = link.split_once('#').unwrap_or((link, ""));
    let link = link.split('?').next().unwrap_or_default();
    let mut parts: Vec<&str> = from.split('/').collect();
    if link.starts_with('/') {
        parts.clear();
    } else if !link.is_empty() {
        parts.pop();
    }
    for part in link.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            assert!(parts.pop().is_some(), "{from}: {link} climbs out of the site")
        } else {
            parts.push(part)
        }
    }
    if link.ends_with('/') || link == "." {
        parts.push("index.html");
    }
    Some((parts.join("/"), place.to_owned()))
}

fn assert_links(site: &Site) {
    let links = Selector::parse("[href], [src]").unwrap();
    for (path, page) in pages(site) {
        for element in page.select(&links) {
            let link = element.attr("href").or(element.attr("src")).unwrap();
            let Some((file, place)) = target(path, link) else { continue };
            assert!(site.contains_key(&file), "{path}: {link} leads to {file}, which is not there");
            if !place.is_empty() {
                assert!(site[&file].contains(&format!("id=\"{place}\"")), "{path}: {link} leads to no place in {file}");
            }
        }
    }
}

#[test]
fn links_of_the_team_lead_somewhere() {
    assert_links(&stuffed(|field| format!("a {field}")).team());
}

#[test]
fn links_of_strangers_lead_somewhere() {
    assert_links(&stuffed(|field| format!("a {field}")).public());
}

#[test]
fn long_lists_are_cut_into_pages_that_lead_to_each_other() {
    let mut shelf = stuffed(|field| format!("a {field}"));
    for n in 0..450 {
        shelf = shelf.asset(&format!("LAP-{n:04}"), "Laptop", "open", "home = 'shelf'");
    }
    let site = shelf.team();
    assert!(site.contains_key("categories/open/3/index.html") && !site.contains_key("categories/open/4/index.html"));
    assert_links(&site);
}

#[test]
fn places_ten_thousand_deep_are_survived() {
    let mut places = String::from("[p0]\nname = 'p'\n");
    for n in 1..10_000 {
        places.push_str(&format!("[p{n}]\nname = 'p'\nwithin = 'p{}'\n", n - 1));
    }
    let shelf =
        crate::harness::Shelf::new().file("locations.toml", &places).file("categories.toml", "[a]\nname = 'A'\n");
    let site = shelf.asset("A-1", "Deep", "a", "home = 'p9999'").team();
    assert!(site["locations/p9999/index.html"].contains("Deep"));
    assert!(site["A-1/index.html"].contains('…'));
}

#[test]
fn places_in_a_circle_are_survived() {
    let shelf = crate::harness::Shelf::new()
        .file("locations.toml", "[a]\nname = 'A'\nwithin = 'b'\n[b]\nname = 'B'\nwithin = 'a'\n");
    let site = shelf.asset("A-1", "Lost", "x", "home = 'a'").team();
    assert!(site.contains_key("locations/a/index.html"));
}
