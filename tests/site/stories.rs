//! What pages say first, and what they tell.

use tagbook::register::Audience;
use tagbook::site::Theme;

use crate::harness::{Shelf, text};

fn studio() -> Shelf {
    Shelf::new()
        .file("people/ana.toml", "name = 'Ana Ruiz'\nrole = 'keeper'\n")
        .file("people/ben.toml", "name = 'Ben Okafor'\n")
        .file("locations.toml", "[studio]\nname = 'Studio'\n[shelf-a]\nname = 'Shelf A'\nwithin = 'studio'\n")
        .file("categories.toml", "[camera]\nname = 'Cameras'\n")
        .file("jobs/nord.toml", "title = 'Nord spot'\n")
        .asset("CAM-0001", "Sony FX3, body", "camera", "home = 'shelf-a'")
}

fn page(log: &str) -> String {
    text(&studio().log("CAM-0001", log).team()["CAM-0001/index.html"])
}

/// Everything that happened, which an asset's own page shows the newest of.
fn history(log: &str) -> String {
    text(&studio().log("CAM-0001", log).team()["CAM-0001/history/index.html"])
}

#[test]
fn the_page_answers_first() {
    let out = page("2026-11-23T08:14:00Z checkout ana to = 'ana' ;; due = 2026-11-27 ;; job = 'nord'");
    assert!(
        out.contains("CAM-0001 Sony FX3, body Cameras With Ana Ruiz until Fri 27 Nov since today 09:14, for Nord spot"),
        "{out}"
    );
    assert!(page("").contains("Available in Studio › Shelf A"));
    let late = page("2026-11-10T08:14:00Z checkout ana to = 'ana' ;; due = 2026-11-14");
    assert!(late.contains("With Ana Ruiz until Sat 14 Nov 9 days late · since Tue 10 Nov overdue"), "{late}");
    let missing = page("2026-11-23T08:14:00Z missing ana note = 'gone'");
    assert!(missing.contains("Missing since today 09:14"), "{missing}");
    let retired =
        page("2026-05-01T08:00:00Z return ben location = 'studio'\n2026-05-01T09:00:00Z retire ana method = 'sold'");
    assert!(retired.contains("Retired on 1 May 2026, sold"), "{retired}");
    let repair = page("2026-11-20T08:00:00Z repair ana vendor = 'Foto Koch' ;; due = 2026-12-01");
    assert!(repair.contains("In repair at Foto Koch until Tue 1 Dec"), "{repair}");
    let unsafe_ = page("2026-11-20T08:00:00Z report ana severity = 'unsafe' ;; note = 'bare wire'");
    assert!(unsafe_.contains("Not safe to use") && unsafe_.contains("bare wire"), "{unsafe_}");
}

#[test]
fn history_is_told_with_the_person_first() {
    let told = history(
        "2026-11-17T07:40:00Z checkout ana to = 'ben' ;; due = 2026-11-20
         2026-11-18T07:40:00Z transfer ben to = 'ana'
         2026-11-18T07:41:00Z accept ana
         2026-11-20T17:02:00Z return ben location = 'shelf-a' ;; condition = 'good'
         2026-11-21T08:00:00Z return ben
         2026-11-22T08:00:00Z checkout ben to = 'ben' ;; note = 'wrong camera'
         2026-11-22T08:05:00Z void ben of = 'e0000005'",
    );
    for sentence in [
        "Ana gave it to Ben until Fri 20 Nov",
        "Ben handed it to Ana",
        "Ana confirmed having it",
        "Ben brought it back for Ana to Studio › Shelf A, good",
        "Ben brought it back did not count",
        "Ben took it taken back “wrong camera”",
        "20 Nov, Fri18:02",
    ] {
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
}

#[test]
fn the_strip_shows_a_year_and_the_table_behind_it() {
    let site = studio().log(
        "CAM-0001",
        "2026-03-01T08:00:00Z checkout ben to = 'ben'
         2026-05-01T08:00:00Z return ben
         2026-06-01T08:00:00Z repair ana
         2026-06-20T08:00:00Z repaired ana
         2026-11-20T08:00:00Z checkout ana to = 'ana' ;; due = 2026-11-27",
    );
    let page = &site.team()["CAM-0001/index.html"];
    assert!(text(page).contains("Ana20 Nov 2026still repair1 Jun 202620 Jun 2026 Ben1 Mar 20261 May 2026"), "{page}");
    // Of 365 days from the first of December, Ben had it from the 91st on for 61.
    assert!(page.contains("<path class=\"p0\" d=\"M248 0h167v34h-167z\"/>"), "{page}");
    assert!(page.contains("<path class=\"repair\" d=\"M500 0h52v34h-52z\"/>"), "{page}");
    assert!(page.contains("class=\"due\"") && page.contains("<table>"));
}

#[test]
fn motions_are_shown_where_there_is_a_desk() {
    assert!(!studio().team()["CAM-0001/index.html"].contains("class=\"do\""));
    let desk = "title = 'K'\nbase_url = 'https://kit.example.org/'\ndesk_url = 'https://kit.example.org/desk'\n";
    let page = studio().file("tagbook.toml", desk).team()["CAM-0001/index.html"].clone();
    assert!(
        page.contains("<a class=\"first\" href=\"https://kit.example.org/desk/CAM-0001/have\">I have it now</a>"),
        "{page}"
    );
    assert!(page.contains("connect-src &#39;self&#39; https://kit.example.org;"), "{page}");
}

#[test]
fn the_overview_says_what_needs_attention() {
    let shelf = studio().log("CAM-0001", "2026-11-10T08:14:00Z checkout ana to = 'ana' ;; due = 2026-11-14");
    let site = shelf.team();
    let overview = text(&site["index.html"]);
    assert!(overview.contains("CAM-0001 Sony FX3, body Ana Ruiz · 9 days late overdue"), "{overview}");
    assert!(overview.contains("1 out with 1 person"), "{overview}");
    assert!(text(&site["overdue/index.html"]).contains("1 asset is overdue"));
    assert!(text(&site["people/ana/index.html"]).contains("With Ana Ruiz until Sat 14 Nov"));
}

#[test]
fn the_plots_say_what_is_out_used_where_and_worth() {
    let bought = |cost: &str| format!("home = 'shelf-a'\npurchase.cost = '{cost}'\n");
    let site = studio()
        .file("categories.toml", "[camera]\nname = 'Cameras'\n[light]\nname = 'Lights'\n")
        .asset("CAM-0002", "Sony FX6", "camera", &bought("5000.00 EUR"))
        .asset("LGT-0001", "Aputure 600d", "light", &bought("1500.50 EUR"))
        .asset("LGT-0002", "Dedolight", "light", "purchase.cost = '900.00 USD'\n")
        // With her for 42 of the last 84 days, and at a return's end with nobody.
        .log("CAM-0001", "2026-10-01T08:00:00Z checkout ana to = 'ana'\n2026-11-12T08:00:00Z return ana location = 'shelf-a'")
        .log("LGT-0001", "2026-11-23T08:00:00Z checkout ben to = 'ben' ;; location = 'studio'")
        // What is retired is no use, wherever it was.
        .asset("LGT-0003", "Old light", "light", &bought("7000.00 EUR"))
        .log("LGT-0003", "2026-01-01T08:00:00Z checkout ben to = 'ben'\n2026-05-01T08:00:00Z return ben location = 'studio'\n2026-05-01T09:00:00Z retire ana method = 'sold'")
        .team();
    let overview = text(&site["index.html"]);
    for plot in [
        "Out, by category Cameras 0 of 2 out 0 of 2 Lights 1 of 2 out 1 of 2",
        "In use over the last twelve weeks Cameras 25 % of the last 12 weeks 25 % Lights 0 %",
        "Where things are Studio › Shelf A 2 assets 2 Studio 1 asset 1",
        "At cost, by category Cameras 5,000 EUR 5,000 EUR Lights 1,500 EUR",
    ] {
        assert!(overview.contains(plot), "{plot}: {overview}");
    }
}

#[test]
fn the_overview_says_what_ends_soon_and_who_is_late_with_what() {
    let site = studio()
        .asset("CAM-0002", "Sony FX6", "camera", "purchase.warranty_until = 2026-12-01\n")
        .asset("CAM-0003", "Arri Alexa", "camera", "hire.until = 2026-11-20\n")
        .asset("CAM-0004", "Canon R5", "camera", "purchase.warranty_until = 2026-11-20\n")
        .log("CAM-0001", "2026-11-10T08:14:00Z checkout ben to = 'ben' ;; due = 2026-11-14")
        .log("CAM-0004", "2026-11-10T08:14:00Z checkout ben to = 'ben' ;; due = 2026-11-22")
        .team();
    let overview = text(&site["index.html"]);
    assert!(overview.contains("CAM-0002 Sony FX6 Tue 1 Dec"), "{overview}");
    assert!(overview.contains("CAM-0003 Arri Alexa"), "{overview}");
    // A warranty that is over is no news.
    assert!(!overview.contains("20 Nov warranty"), "{overview}");
    let overdue = text(&site["overdue/index.html"]);
    assert!(overdue.contains("Ben Okafor") && overdue.matches("Ben Okafor").count() == 1, "{overdue}");
}

#[test]
fn empty_registers_have_pages_that_say_so() {
    let site = Shelf::new().team();
    assert!(text(&site["index.html"]).contains("No assets yet"));
    for page in ["people", "locations", "categories", "overdue", "faults", "audits", "jobs", "activity"] {
        assert!(text(&site[&format!("{page}/index.html")]).len() > 20, "{page}");
    }
    assert!(text(&Shelf::default().render(Audience::Public, Theme::embedded())["index.html"]).contains("Found it?"));
}

#[test]
fn pages_say_the_day_and_the_commit_and_no_finer_time() {
    let page = &studio().team()["CAM-0001/index.html"];
    assert!(page.contains("23 November 2026</time>, commit <code>3f9c21a</code>."), "{page}");
    assert!(!page.contains("22:59:59"));
}

#[test]
fn former_numbers_and_unclaimed_tags_have_pages() {
    let shelf = studio().asset("CAM-0002", "Canon R5", "camera", "aliases = ['OLD-17']");
    let site = shelf.file("tags/a.toml", "numbers = ['7K3QXJ', 'OLD-17']\n").team();
    assert!(site["OLD-17/index.html"].contains("href=\"../CAM-0002/\""));
    assert!(text(&site["7K3QXJ/index.html"]).contains("not in use yet"));
}
