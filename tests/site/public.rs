//! A public site says what is on the allow-list and nothing else.

use crate::harness::{Site, stuffed, text};

fn secret() -> Site {
    let secrets = stuffed(|field| format!("SECRET {field}"));
    secrets.public()
}

#[test]
fn no_public_file_says_what_is_not_for_strangers() {
    let amounts = ["3899", "3,899", "4200", "400.00", "89.00", "77.00", "12.00", "REF-99", "2024", "2027", "52.52"];
    let people_and_places = [
        "\"ana\"",
        "\"ben\"",
        "people/",
        "locations/",
        "jobs/",
        "audits/",
        "activity/",
        "spot",
        "shelf",
        "paper",
        // `default-src` is a word of the policy.
        " fault",
        "photos",
    ];
    for (path, contents) in secret().iter().filter(|(path, _)| !path.starts_with("static/")) {
        for word in ["SECRET"].iter().chain(&amounts).chain(&people_and_places) {
            assert!(!contents.contains(word), "{path} says {word}");
            assert!(!path.contains(word), "{path} is called {word}");
        }
    }
}

#[test]
fn a_public_site_has_these_files_and_no_others() {
    let paths: Vec<String> = secret().into_keys().collect();
    assert_eq!(
        paths,
        [
            ".nojekyll",
            ".well-known/tagbook.json",
            "404.html",
            "7K3QXJ/index.html",
            "CAM-1/asset.json",
            "CAM-1/index.html",
            "CAM-2/asset.json",
            "CAM-2/index.html",
            "CAM-3/asset.json",
            "CAM-3/index.html",
            "KIT-1/asset.json",
            "KIT-1/index.html",
            "OLD-1/index.html",
            "OLD-2/index.html",
            "_headers",
            "index.html",
            "static/first.css",
            "static/pages.css",
            "static/photo.js",
            "static/script.js",
            "static/search.js",
            "static/style.css",
            "static/tag.svg",
            "static/words.js",
            "tagbook.json",
        ]
    );
}

#[test]
fn a_finder_is_told_whose_it_is_and_whom_to_tell() {
    let site = secret();
    let open = text(&site["CAM-1/index.html"]);
    assert!(
        open.contains("Open name") && open.contains("Open kind") && open.contains("This belongs to Kit of Nord."),
        "{open}"
    );
    assert!(site["CAM-1/index.html"].contains("href=\"mailto:kit@example.org\""));
    let hidden = text(&site["CAM-2/index.html"]);
    assert!(hidden.contains("CAM-2") && hidden.contains("kit@example.org, +49 30 5550 123"), "{hidden}");
    assert!(!hidden.contains("Open kind"), "{hidden}");
}

#[test]
fn the_photo_is_shown_where_the_register_says_so() {
    let with = stuffed(|_| "x".into())
        .file("tagbook.toml", "title = 'K'\nbase_url = 'https://kit.example.org/'\n[site]\npublic = ['photo']\n");
    let site = with.public();
    assert_eq!(site["CAM-1/photo.jpg"], "<- assets/CAM-1/files/photo.jpg stripped");
    assert!(!site.contains_key("CAM-2/photo.jpg"), "a private asset shows none");
    let told = |(path, text): (&String, &String)| path.contains("photos/") || text.contains("fault.jpg");
    assert!(!site.iter().any(told), "those of its events are nobody else's");
    assert_eq!(with.team()["CAM-1/photos/e0000005-1.jpg"], "<- assets/CAM-1/files/fault.jpg stripped");
}
