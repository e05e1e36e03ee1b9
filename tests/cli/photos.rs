//! `--photo`: a picture is committed with what it shows, without what it says about place and person.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::shop::Shop;

/// What no register should keep of a photo.
const SECRET: &[u8] = b"N 52.5200 E 13.4050";

/// A photo as a phone makes it, beside the register, with an EXIF block and a film behind its end.
fn photo(shop: &Shop, name: &str) -> PathBuf {
    let camera = Path::new(env!("CARGO_MANIFEST_DIR")).join("register/assets/CAM-00xx/CAM-0001/files/photo.jpg");
    let jpeg = fs::read(camera).unwrap();
    let exif = [b"Exif\0\0MM\0*\0\0\0\x08\0\0".as_slice(), SECRET].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let path = shop.outside(name);
    fs::write(&path, [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..], SECRET].concat()).unwrap();
    path
}

fn run(shop: &Shop, line: &str, photos: &[PathBuf]) -> crate::shop::Ran {
    let photos = photos.iter().flat_map(|path| ["--photo".to_owned(), path.display().to_string()]);
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).chain(photos).collect();
    shop.run_words(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The files that the newest commit brought, by path.
fn brought(shop: &Shop) -> Vec<String> {
    let mut paths: Vec<_> = shop.git("show --format= --name-only HEAD").lines().map(str::to_owned).collect();
    paths.sort();
    paths
}

fn is_clean(shop: &Shop, path: &str) -> bool {
    let bytes = fs::read(shop.root().join(path)).unwrap();
    bytes.starts_with(&[0xFF, 0xD8])
        && bytes.ends_with(&[0xFF, 0xD9])
        && !bytes.windows(8).any(|part| part == &SECRET[..8])
}

#[test]
fn photos_of_an_event_are_committed_with_it() {
    let shop = Shop::workshop();
    let before = shop.git("rev-parse HEAD");
    let ran = run(
        &shop,
        "report CAM-0001 --note scratched --severity minor",
        &[photo(&shop, "a.jpg"), photo(&shop, "b.png")],
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert_eq!((shop.git("rev-parse HEAD~1"), shop.git("status --porcelain")), (before, String::new()));
    let event = shop.newest("CAM-0001");
    let (id, day) = (event["id"].as_str().unwrap(), &event["at"].as_str().unwrap()[..10]);
    let names = brought(&shop);
    // The name says what is in it, whatever it was called before; its day is the register's, and may be the next one.
    let (first, second) = (format!("-{id}.jpg"), format!("-{id}-2.jpg"));
    assert!(names[1].ends_with(&first) || names[0].ends_with(&first), "{names:?} {day}");
    assert!(names.iter().any(|path| path.ends_with(&second)), "{names:?}");
    for path in names.iter().filter(|path| path.ends_with(".jpg")) {
        assert!(path.starts_with("assets/CAM-0001/files/2") && is_clean(&shop, path), "{path}");
    }
    let photos: Vec<_> = event["photos"].as_array().unwrap().iter().map(|photo| photo.as_str().unwrap()).collect();
    assert!(photos.len() == 2 && photos[0].ends_with(&first) && photos[1].ends_with(&second), "{photos:?}");
    assert!(photos.iter().all(|photo| names.contains(&format!("assets/CAM-0001/{photo}"))));
    shop.is_sound();
}

#[test]
fn a_photo_is_of_what_is_named_and_not_of_every_part_of_a_kit() {
    let shop = Shop::workshop();
    shop.says("have KIT-1 CAM-0001");
    let ran = run(&shop, "back KIT-1 LMP-1 CAM-0001", &[photo(&shop, "a.jpg")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let photos = brought(&shop).into_iter().filter(|path| path.ends_with(".jpg"));
    let folders: Vec<_> = photos.map(|path| path.split('/').nth(1).unwrap().to_owned()).collect();
    assert_eq!(folders, ["CAM-0001", "KIT-1"]);
    // Nobody had the kit itself: what came back of it has the photo.
    shop.says("checkout MIC-1 --to ben");
    assert_eq!(run(&shop, "return KIT-1 --by ben", &[photo(&shop, "a.jpg")]).code, Some(0));
    assert!(brought(&shop).iter().any(|path| path.starts_with("assets/MIC-1/files/")), "{:?}", brought(&shop));
    for number in ["KIT-1", "CAM-0001", "LMP-1"] {
        assert_eq!(shop.newest(number)["kind"], "return");
        assert_eq!(shop.newest(number)["photos"].is_array(), number != "LMP-1", "{number}");
    }
    shop.is_sound();
}

#[test]
fn every_kind_of_event_may_have_photos_and_the_last_of_several_has_them() {
    let shop = Shop::workshop();
    shop.says("missing CAM-0002");
    for line in ["have CAM-0002", "return CAM-0002", "audit CAM-0002", "note CAM-0002 --note x"] {
        let ran = run(&shop, line, &[photo(&shop, "a.jpg")]);
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.err);
    }
    let log = shop.json("log CAM-0002");
    let with: Vec<_> = log.as_array().unwrap().iter().filter(|event| event["photos"].is_array()).collect();
    let kinds: Vec<_> = with.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["checkout", "return", "audit", "note"]);
    shop.is_sound();
}

#[test]
fn without_a_commit_both_files_are_left() {
    let shop = Shop::workshop();
    let before = shop.git("rev-parse HEAD");
    let ran = run(&shop, "back CAM-0001 --no-commit", &[photo(&shop, "a.jpg")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(shop.git("rev-parse HEAD"), before);
    let left = shop.git("status --porcelain --untracked-files=all");
    let endings: Vec<_> = left.lines().map(|line| line.rsplit('.').next().unwrap()).collect();
    assert_eq!(endings, ["jpg", "toml"]);
    shop.is_sound();
}

#[test]
fn what_is_no_photo_records_nothing() {
    let shop = Shop::workshop();
    let jpeg = fs::read(photo(&shop, "whole.jpg")).unwrap();
    for (name, bytes, why) in [
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), "save it as JPEG"),
        ("b.jpg", b"<svg onload=alert(1)>".to_vec(), "not a JPEG, PNG or WebP picture"),
        ("c.jpg", jpeg[..jpeg.len() / 2].to_vec(), "not all there"),
        ("d.jpg", [jpeg.clone(), vec![0; 9 << 20]].concat(), "more than 8 MiB"),
    ] {
        let path = shop.outside(name);
        fs::write(&path, bytes).unwrap();
        let path = path.display();
        for line in ["report CAM-0001 --note x --severity minor", "add --category camera --name X"] {
            let said = shop.refuses(&format!("{line} --photo {path}"), why);
            assert!(said.contains(name), "{said}");
        }
    }
    let ran = run(&shop, "back CAM-0001", &[shop.outside("none.jpg")]);
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert_eq!(shop.json("log"), json!([]));
}

#[test]
fn a_new_record_has_its_photo() {
    let shop = Shop::workshop();
    let ran = run(&shop, "add --category camera --name Body --cost 3899 --count 2", &[photo(&shop, "a.jpg")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let paths = brought(&shop);
    assert_eq!(paths.len(), 4);
    for path in paths.iter().filter(|path| path.ends_with("/files/photo.jpg")) {
        assert!(is_clean(&shop, path), "{path}");
    }
    let record = fs::read_to_string(shop.root().join(&paths[0])).unwrap();
    assert!(record.contains("\nphoto = \"files/photo.jpg\"\n"), "{record}");
    shop.is_sound();
}

#[test]
fn photos_of_events_are_for_the_team_alone() {
    let shop = Shop::workshop();
    let settings = "title = \"K\"\nbase_url = \"https://kit.example.org/\"\n[site]\npublic = [\"photo\"]\n";
    shop.file("tagbook.toml", settings);
    shop.file("assets/CAM-0001/files/photo.jpg", fs::read(photo(&shop, "own.jpg")).unwrap());
    shop.asset("CAM-0001", "Sony FX3", "camera", "photo = \"files/photo.jpg\"");
    shop.commit("photo");
    assert_eq!(run(&shop, "report CAM-0001 --note x --severity minor", &[photo(&shop, "a.jpg")]).code, Some(0));
    let id = shop.newest("CAM-0001")["id"].as_str().unwrap().to_owned();
    let pictures = |audience: &str| {
        let out = shop.outside(audience);
        shop.says(&format!("build --audience {audience} --out {}", out.display()));
        let all = crate::shop::files(&out);
        assert!(all.values().all(|bytes| !bytes.windows(8).any(|part| part == &SECRET[..8])));
        all.into_keys().filter(|path| path.ends_with(".jpg")).collect::<Vec<_>>()
    };
    assert_eq!(pictures("team"), ["CAM-0001/photo.jpg".to_owned(), format!("CAM-0001/photos/{id}-1.jpg")]);
    assert_eq!(pictures("public"), ["CAM-0001/photo.jpg"]);
}
