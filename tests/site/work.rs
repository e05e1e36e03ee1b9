//! Jobs, people and places: what their pages say, what is printed of them, what can be subscribed to.

use tagbook::register::Audience;
use tagbook::site::Theme;

use crate::harness::{Shelf, Site, text};

/// A job under way from a studio with a shelf in it.
fn studio() -> Shelf {
    Shelf::new()
        .file(
            "tagbook.toml",
            "title = 'Kit of Nord'\nbase_url = 'https://kit.example.org/'\ndesk_url = 'https://desk.example.org/desk'\ncontact = 'kit@example.org'\ntimezone = 'Europe/Berlin'\n",
        )
        .file("people/ana.toml", "name = 'Ana Ruiz'\nteam = 'Camera'\n")
        .file("people/ben.toml", "name = 'Ben <b>Okafor</b>'\n")
        .file("people/cleo.toml", "name = 'Cleo'\n")
        .file("locations.toml", "[hq]\nname = 'House'\n[studio]\nname = 'Studio'\nwithin = 'hq'\n[shelf]\nname = 'Shelf'\nwithin = 'studio'\n[van]\nname = 'Van'\n")
        .file("categories.toml", "[a]\nname = 'A'\naudit_every = '1y'\n")
        .file("jobs/nord.toml", "title = 'Nord'\nfrom = 2026-11-16\nuntil = 2026-11-27\nlead = 'ana'\n")
        .file("jobs/west.toml", "title = 'West'\nfrom = 2026-12-07\n")
        .file("jobs/idle.toml", "title = 'Idle'\n")
        .asset("KIT-1", "Kit", "a", "home = 'shelf'\ncontents = ['2 batteries', 'charger']")
        .asset("CAM-1", "FX3", "a", "home = 'shelf'\npart_of = 'KIT-1'\nserial = 'S-1'\nreplacement_value = '10.10 EUR'")
        .asset("LNS-1", "Lens", "a", "home = 'shelf'\n[purchase]\ncost = '5.00 EUR'")
        .asset("TOL-1", "Drill", "a", "home = 'van'")
        .asset("TOL-2", "Saw", "a", "home = 'studio'")
        .asset("LMP-1", "Lamp", "a", "home = 'van'")
        .log("KIT-1", "2026-11-16T08:00:00Z checkout ana to = 'ben' ;; job = 'nord' ;; due = 2026-11-27")
        .log("CAM-1", "2026-11-16T08:00:00Z checkout ana to = 'ben' ;; job = 'nord' ;; due = 2026-11-27")
        .log("LNS-1", "2026-11-16T08:00:00Z checkout ana to = 'ana' ;; job = 'nord'\n2026-11-18T08:00:00Z return ben location = 'shelf'")
        .log("TOL-1", "2026-11-16T08:00:00Z checkout ana to = 'ana' ;; job = 'nord'\n2026-11-19T08:00:00Z missing ana note = 'gone'")
        .log("TOL-2", "2026-11-19T08:00:00Z reserve ana for = 'ben' ;; from = 2026-12-07 ;; until = 2026-12-08 ;; job = 'west'")
        .log("LMP-1", "2026-11-20T08:00:00Z move ben location = 'shelf'\n2026-11-21T08:00:00Z move ben location = 'studio'")
}

fn page(site: &Site, path: &str) -> String {
    text(&site[&format!("{path}index.html")])
}

#[test]
fn a_job_answers_first_then_lists() {
    let site = studio().team();
    let nord = page(&site, "jobs/nord/");
    let said = "Nord 1 of 4 is back; 2 out with Ben; 1 missing, last with Ana When16 Nov 2026 to 27 Nov 2026 Led byAna Ruiz Worth15.10 EUR";
    assert!(nord.replace('\u{a0}', " ").contains(said), "{nord}");
    let order = ["Missing", "TOL-1", "Out for it", "KIT-1", "CAM-1", "Back", "LNS-1", "What was taken"];
    let places: Vec<usize> = order
        .iter()
        .scan(nord.find("Packing").unwrap(), |from, word| {
            let at = nord[*from..].find(word).unwrap_or_else(|| panic!("no {word} in {nord}")) + *from;
            *from = at;
            Some(at)
        })
        .collect();
    assert!(places.is_sorted(), "{nord}");
    assert!(
        site["jobs/nord/index.html"].contains("<li class=\"d1\" data-status=\"checked-out\""),
        "the part is set in"
    );
    assert!(page(&site, "jobs/").contains("1 of 4 is back"), "{}", page(&site, "jobs/"));
    assert!(page(&site, "jobs/idle/").contains("Nothing here yet."));
    assert!(!site.contains_key("jobs/idle/packing/index.html"), "nothing to pack");
}

#[test]
fn whoever_has_a_desk_starts_from_the_job() {
    let site = studio().team();
    assert!(
        site["jobs/nord/index.html"]
            .contains("href=\"https://desk.example.org/desk/batch?numbers=CAM-1+KIT-1&amp;kind=back\"")
    );
    let take = "href=\"https://desk.example.org/desk/batch?numbers=TOL-2&amp;kind=checkout&amp;job=west&amp;to=ben\"";
    assert!(site["jobs/west/index.html"].contains(take), "{}", site["jobs/west/index.html"]);
    let many = |count: usize| {
        let reserve =
            "2026-11-19T08:00:00Z reserve ana for = 'ben' ;; from = 2026-12-07 ;; until = 2026-12-08 ;; job = 'idle'";
        let shelf = (0..count).fold(studio(), |shelf, n| {
            shelf.asset(&format!("X-{n:03}"), "x", "a", "").log(&format!("X-{n:03}"), reserve)
        });
        shelf.team()["jobs/idle/index.html"].contains("/desk/batch?")
    };
    assert!(many(200) && !many(201), "a basket holds 200");
    let without = studio().file("tagbook.toml", "title = 'K'\n").team();
    assert!(!without["jobs/nord/index.html"].contains("batch?"));
}

#[test]
fn packing_lists_and_hand_over_sheets_are_pages_files_and_pdfs() {
    let site = studio().team();
    let list = page(&site, "jobs/nord/packing/").replace('\u{a0}', " ");
    for word in [
        "Packing list",
        "Nord",
        "What goes out: 2 assets.",
        "Led by",
        "Ana Ruiz",
        "with 2 batteries, charger",
        "S-1",
        "10.10 EUR",
        "Total10.10 EUR",
        "Without a value: 1.",
        "Received",
    ] {
        assert!(list.contains(word), "{word}: {list}");
    }
    let csv = &site["jobs/nord/packing.csv"];
    assert!(
        csv.contains("1,KIT-1,Kit,\"2 batteries, charger\",")
            && csv.contains("2,CAM-1,FX3,,,,S-1,10.10,EUR,KIT-1,out,ben"),
        "{csv}"
    );
    let sheet = page(&site, "people/ben/handover/");
    let said = "Ben <b>Okafor</b> has received the following from Kit of Nord.";
    assert!(sheet.contains(said) && sheet.contains("CAM-1") && sheet.contains("until 27 Nov 2026"), "{sheet}");
    assert!(
        site["people/ben/index.html"].contains("handover.pdf") && site["jobs/nord/index.html"].contains("packing.csv")
    );
    for path in ["jobs/nord/packing.pdf", "people/ben/handover.pdf"] {
        let size: usize = site[path].strip_suffix(" bytes").unwrap().parse().unwrap();
        assert!(size > 5000, "{path}");
    }
    // Read from the right, each name keeps its own direction.
    let site_ar = studio().render(Audience::Team, Theme::named("paper", "ar").unwrap());
    let sheet = &site_ar["people/ben/handover/index.html"];
    for apart in ["Okafor&lt;/b&gt;</bdi>: ", "<bdi>Kit of Nord</bdi>.", "<bdi>2 batteries</bdi>"] {
        assert!(sheet.contains(apart), "{apart}: {sheet}");
    }
    // Missing, but in her name.
    assert!(site.contains_key("people/ana/handover.pdf") && !site.contains_key("people/cleo/handover.pdf"));
    assert!(!site["people/cleo/index.html"].contains("handover"));
}

#[test]
fn a_place_says_what_is_there_what_should_be_and_what_should_not() {
    let site = studio().team();
    let sections = |slug: &str| {
        let page = page(&site, &format!("locations/{slug}/"));
        let marks =
            ["Here now", "Here, further inside", "Belongs here, but is elsewhere", "Is here, but belongs elsewhere"];
        let parts = marks.iter().filter_map(|mark| {
            let part = page.split(mark).nth(1)?;
            let end = marks.iter().filter_map(|other| part.find(other)).min().unwrap_or(part.len());
            let numbers: Vec<&str> = ["CAM-1", "KIT-1", "LMP-1", "LNS-1", "TOL-1", "TOL-2"]
                .into_iter()
                .filter(|number| part[..end].contains(number))
                .collect();
            Some(format!("{mark}: {}", numbers.join(" ")))
        });
        parts.collect::<Vec<_>>().join("; ")
    };
    let away = "Belongs here, but is elsewhere: CAM-1 KIT-1";
    assert_eq!(
        sections("studio"),
        format!("Here now: LMP-1 TOL-2; Here, further inside: LNS-1; {away}; Is here, but belongs elsewhere: LMP-1")
    );
    assert_eq!(sections("shelf"), format!("Here now: LNS-1; {away}"));
    assert_eq!(
        sections("hq"),
        format!("Here, further inside: LMP-1 LNS-1 TOL-2; {away}; Is here, but belongs elsewhere: LMP-1")
    );
    assert_eq!(sections("van"), "Belongs here, but is elsewhere: LMP-1 TOL-1", "what is missing is not there");
    let studio = page(&site, "locations/studio/");
    assert!(
        studio.contains("3 assets here and inside; 2 belong here and are elsewhere; 1 belongs elsewhere"),
        "{studio}"
    );
}

/// Events in a feed, as `NUMBER id`.
fn entries(site: &Site, path: &str) -> Vec<String> {
    let ids =
        site[path].split("<entry>").skip(1).map(|entry| entry.split("<id>https://kit.example.org/").nth(1).unwrap());
    ids.map(|id| id.split("</id>").next().unwrap().replace("/#e-e000000", " ")).collect()
}

#[test]
fn people_and_places_have_feeds_of_what_concerns_them() {
    let site = studio().team();
    assert_eq!(
        entries(&site, "people/ben/feed.xml"),
        ["LMP-1 1", "LMP-1 0", "TOL-2 0", "LNS-1 1", "KIT-1 0", "CAM-1 0"],
        "by him and about him"
    );
    assert_eq!(entries(&site, "locations/van/feed.xml"), ["LMP-1 0", "TOL-1 0"], "what left");
    assert_eq!(
        entries(&site, "locations/shelf/feed.xml"),
        ["LMP-1 1", "LMP-1 0", "LNS-1 1", "LNS-1 0", "KIT-1 0", "CAM-1 0"]
    );
    assert_eq!(entries(&site, "locations/hq/feed.xml"), entries(&site, "locations/shelf/feed.xml"), "inside it too");
    assert_eq!(entries(&site, "people/cleo/feed.xml"), Vec::<String>::new());
    let feed = &site["people/ben/feed.xml"];
    assert!(feed.contains("<id>https://kit.example.org/people/ben/feed.xml</id>"), "{feed}");
    assert!(feed.contains(
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"https://kit.example.org/people/ben/feed.xml\"/>"
    ));
    let linked = "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Activity: Studio\" href=\"../../locations/studio/feed.xml\">";
    assert!(site["locations/studio/index.html"].contains(linked), "{}", site["locations/studio/index.html"]);
    let moves = (0..80).map(|n| {
        format!(
            "2026-11-{:02}T{:02}:00:00Z move ben location = '{}'\n",
            n / 20 + 1,
            n % 20,
            if n % 2 == 0 { "van" } else { "shelf" }
        )
    });
    let busy = studio().log("LMP-1", &moves.collect::<String>()).team();
    assert_eq!((entries(&busy, "people/ben/feed.xml").len(), entries(&busy, "locations/van/feed.xml").len()), (50, 50));
}

#[test]
fn entries_of_the_calendar_stay_the_same_whatever_comes_to_them() {
    let uids = |site: &Site| -> Vec<String> {
        site["due.ics"]
            .replace("\r\n ", "")
            .lines()
            .filter(|line| line.starts_with("UID:"))
            .map(str::to_owned)
            .collect()
    };
    let before = uids(&studio().team());
    let renamed = studio()
        .asset("CAM-1", "Another name", "a", "home = 'van'\n[purchase]\nsupplier = 'x'")
        .file("people/ben.toml", "name = 'Benjamin'\n");
    assert_eq!(uids(&renamed.team()), before);
    let one = studio().asset("NEW-1", "New", "a", "in_service = 2026-06-01");
    let alone = uids(&one.team());
    assert!(alone.contains(&"UID:audit-2027-06-01@kit.example.org".to_owned()), "{alone:?}");
    assert_eq!(uids(&one.asset("NEW-2", "New too", "a", "in_service = 2026-06-01").team()), alone, "two on one day");
}
