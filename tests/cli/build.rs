//! `tagbook build` where all goes well, and where it is refused.

use std::collections::BTreeMap;
use std::fs;
use std::time::SystemTime;

use crate::shop::{Shop, assert_same, ran};

fn text(shop: &Shop, path: &str) -> String {
    fs::read_to_string(shop.root().join("site").join(path)).unwrap()
}

#[test]
fn a_site_is_built_beside_the_register_and_only_changes_are_written() {
    let shop = Shop::stocked();
    let said = shop.says("build");
    assert!(said.starts_with("7 assets · ") && said.contains("for the team in "), "{said}");
    for page in
        ["index.html", "CAM-0001/index.html", "people/ana/index.html", "OLD-17/index.html", "404.html", "register.json"]
    {
        assert!(shop.site().contains_key(page), "{page}");
    }
    let manifest = fs::read_to_string(shop.root().join("site/.tagbook-manifest")).unwrap();
    assert_eq!(manifest.lines().map(str::to_owned).collect::<Vec<_>>(), shop.site().into_keys().collect::<Vec<_>>());

    let times = || -> BTreeMap<String, SystemTime> {
        let time = |path: &String| fs::metadata(shop.root().join("site").join(path)).unwrap().modified().unwrap();
        shop.site().keys().map(|path| (path.clone(), time(path))).collect()
    };
    let before = times();
    shop.says("build");
    assert_eq!(times(), before);

    shop.asset("TOL-0002", "Circular saw", "tool", "home = \"van\"");
    fs::remove_dir_all(shop.root().join("assets/TOL-0003")).unwrap();
    shop.says("build");
    assert!(text(&shop, "TOL-0002/index.html").contains("Circular saw"));
    assert!(!shop.root().join("site/TOL-0003").exists());
    assert_eq!(times()["CAM-0003/qr.svg"], before["CAM-0003/qr.svg"]);
    assert_same(&shop.site(), &shop.fresh_site());
}

#[test]
fn the_audience_and_the_folder_may_be_named() {
    let shop = Shop::stocked();
    shop.says("build --audience public --out ../public");
    let public = crate::shop::files(&shop.outside("public"));
    assert!(public.contains_key("CAM-0001/index.html") && !public.contains_key("people/ana/index.html"));
    assert!(!public.values().any(|bytes| String::from_utf8_lossy(bytes).contains("Ana Ruiz")));
    assert!(!shop.root().join("site").exists());
    assert_eq!(shop.run("build --audience everyone").code, Some(2));
    // Who sees what is the audience of this build, not of the one before.
    shop.says("build --out ../public");
    assert!(shop.outside("public/people/ana/index.html").is_file());
    shop.says("build --audience public --out ../public");
    assert_same(&public, &crate::shop::files(&shop.outside("public")));
}

#[test]
fn foreign_folders_are_refused_and_foreign_files_stay() {
    let shop = Shop::stocked();
    shop.file("site/thesis.txt", "mine");
    let refused = shop.run("build");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("`thesis.txt`"), "{}", refused.err);
    assert_eq!(shop.site().len(), 1);

    fs::remove_file(shop.root().join("site/thesis.txt")).unwrap();
    shop.says("build");
    shop.file("site/CNAME", "kit.example.org");
    shop.says("build");
    assert_eq!(text(&shop, "CNAME"), "kit.example.org");
}

#[test]
fn folders_that_hold_something_dear_are_refused() {
    let shop = Shop::stocked();
    shop.commit("first");
    std::os::unix::fs::symlink(shop.root(), shop.outside("link")).unwrap();
    let before = crate::shop::files(&shop.root());
    for out in [
        ".",
        "..",
        "/",
        "assets",
        "assets/CAM-0001",
        "people",
        "people/site",
        "audits",
        "theme/x",
        ".git",
        ".git/site",
        "../link",
        "../home",
        "tagbook.toml",
    ] {
        let refused = shop.run(&format!("build --out {out}"));
        assert_eq!(refused.code, Some(1), "{out}: {}", refused.err);
        assert!(refused.err.starts_with("error: "), "{out}: {}", refused.err);
    }
    assert_same(&before, &crate::shop::files(&shop.root()));
    assert!(!shop.root().join("audits").exists() && !shop.root().join("theme").exists());
}

#[test]
fn a_broken_register_leaves_the_old_site() {
    let shop = Shop::stocked();
    shop.says("build");
    let before = shop.site();
    shop.file("assets/CAM-0002/asset.toml", "name = \n");
    let refused = shop.run("build");
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    assert!(
        refused.err.contains("assets/CAM-0002/asset.toml:1:8") && refused.err.contains("the old site stands"),
        "{}",
        refused.err
    );
    assert_same(&before, &shop.site());
}

#[test]
fn a_broken_template_leaves_the_old_site() {
    let shop = Shop::stocked();
    shop.says("build");
    let before = shop.site();
    for broken in ["{% if %}", "{{ nonesuch.thing }}"] {
        shop.file("theme/asset.html", broken);
        let refused = shop.run("build");
        assert_eq!(refused.code, Some(1), "{}", refused.err);
        assert!(refused.err.contains("theme/asset.html"), "{}", refused.err);
        assert_same(&before, &shop.site());
    }
}

/// The files of a site, but for the word of each page that it is a look back.
fn without_bands(mut site: crate::shop::Files) -> crate::shop::Files {
    for (_, bytes) in site.iter_mut().filter(|(path, _)| path.ends_with(".html")) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let kept: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.contains("class=\"past\"")).collect();
        *bytes = kept.concat().into_bytes();
    }
    site
}

#[test]
fn the_same_moment_gives_the_same_bytes() {
    let shop = Shop::stocked();
    shop.commit("first");
    shop.says("build --at 2024-06-01");
    let at = shop.site();
    let mut epoch = shop.tagbook();
    // Late in the evening of that day in Berlin.
    epoch.args(["build", "--out", "../epoch"]).env("SOURCE_DATE_EPOCH", "1717275600");
    assert_eq!(ran(epoch).code, Some(0));
    assert_same(&without_bands(at.clone()), &crate::shop::files(&shop.outside("epoch")));
    shop.says("build --at 2024-06-01 --out ../again");
    assert_same(&at, &crate::shop::files(&shop.outside("again")));
    let mut wrong = shop.tagbook();
    wrong.arg("build").env("SOURCE_DATE_EPOCH", "soon");
    assert_eq!(ran(wrong).code, Some(1));
}

#[test]
fn a_commit_is_built_as_it_was() {
    let shop = Shop::stocked();
    shop.file("theme/style.css", "body { color: teal }\n");
    shop.file("assets/CAM-0002/files/manual.pdf", "%PDF-1.7 old");
    shop.asset("CAM-0002", "Sony FX6", "camera", "documents = [{ file = \"files/manual.pdf\" }]");
    shop.commit("first");
    shop.says("build --at 2024-06-01");
    let old = shop.site();
    shop.file("theme/style.css", "body { color: red }\n");
    shop.file("assets/CAM-0002/files/manual.pdf", "%PDF-1.7 new");
    shop.asset("CAM-0003", "Bolex H16", "camera", "");
    shop.asset("NEW-1", "New", "tool", "");
    shop.commit("second");
    shop.file("assets/CAM-0001/asset.toml", "not = = toml");
    shop.says("build --at 2024-06-01 --rev HEAD~1");
    assert_same(&without_bands(old), &without_bands(shop.site()));
}

#[test]
fn a_site_of_a_past_day_says_so_on_every_page_and_leads_to_no_desk() {
    let shop = Shop::workshop();
    shop.file(
        "tagbook.toml",
        "title = \"Kit\"\ntimezone = \"Europe/Berlin\"\nbase_url = \"https://kit.example.org\"\ndesk_url = \"https://kit.example.org/desk\"\n[site]\naudience = \"team\"\n",
    );
    shop.event("CAM-0001", "2024-03-02T10:00:00Z", "checkout", "to = \"ben\"");
    shop.event("CAM-0001", "2024-03-05T10:00:00Z", "return", "location = \"van\"");
    let first = shop.commit("log");
    let pages = |shop: &Shop| -> Vec<String> {
        let site = shop.site();
        let pages = site.iter().filter(|(path, _)| path.ends_with(".html") && !path.contains("/desk/"));
        pages
            .map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap())
            .filter(|page| page.contains("<main"))
            .collect()
    };
    let band = "class=\"past\"";
    shop.says("build --at 2024-03-03");
    assert!(text(&shop, "CAM-0001/index.html").contains("Ben"), "he had it then");
    let marked = pages(&shop);
    assert!(
        marked.len() > 10 && marked.iter().all(|page| page.contains(band) && !page.contains("/desk")),
        "{marked:?}"
    );
    assert!(
        marked[0].contains("as it was on <time datetime=\"2024-03-03\">3 March 2024</time>, as recorded at commit")
    );
    shop.says("build --at 2024-03-03 --audience public");
    assert!(pages(&shop).iter().all(|page| page.contains(band)));
    // As it is, it may be recorded on.
    shop.says("build");
    assert!(pages(&shop).iter().all(|page| !page.contains(band)));
    assert!(text(&shop, "CAM-0001/index.html").contains("/desk/CAM-0001"));
    // As it was recorded: another commit than the newest is a look back, too.
    shop.did("note CAM-0001 --note later");
    shop.says("build --rev HEAD");
    assert!(!text(&shop, "index.html").contains(band));
    shop.says("build --rev HEAD~1");
    assert!(text(&shop, "index.html").contains(&format!("as recorded at commit <code>{}</code>", &first.trim()[..7])));
}

#[test]
fn an_empty_register_says_so() {
    let shop = Shop::empty();
    shop.file("tagbook.toml", "title = \"Empty\"\n");
    for audience in ["team", "public"] {
        shop.says(&format!("build --audience {audience}"));
        let page = text(&shop, "index.html");
        let page = scraper::Html::parse_document(&page);
        let main =
            page.select(&scraper::Selector::parse("main").unwrap()).flat_map(|main| main.text()).collect::<String>();
        let says = ["no asset", "nothing", "empty"].iter().any(|word| main.to_lowercase().contains(word));
        assert!(says || audience == "public", "{main}");
    }
}

#[test]
fn places_lie_as_deep_as_they_like() {
    let shop = Shop::new();
    let mut places = String::from("[p0]\nname = \"P0\"\n");
    for n in 1..10_000 {
        places.push_str(&format!("[p{n}]\nname = \"P{n}\"\nwithin = \"p{}\"\n", n - 1));
    }
    shop.file("locations.toml", places);
    shop.asset("CAM-1", "Body", "camera", "home = \"p9999\"");
    shop.says("check");
    assert_eq!(shop.json("list --location p0")[0]["location"], "p9999");
    shop.says("build");
    assert!(text(&shop, "locations/p9999/index.html").contains("P9998"));
}
