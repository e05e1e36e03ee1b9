//! `tagbook jobs` and `tagbook schema`.

use std::fs;

use crate::shop::Shop;

/// A job under way: a kit out with a part in it, one thing back, one missing; and one that is to come.
fn studio() -> Shop {
    let shop = Shop::new();
    shop.file("jobs/nord.toml", "title = \"Nord, Zażółć\"\nfrom = 2024-03-04\nuntil = 2024-03-08\nlead = \"ben\"\n");
    shop.file("jobs/west.toml", "title = \"West\"\nfrom = 2024-04-01\n");
    shop.file("jobs/idle.toml", "title = \"Idle\"\n");
    shop.asset("KIT-1", "Interview kit", "camera", "home = \"studio\"");
    shop.asset(
        "CAM-0001",
        "=Sony FX3",
        "camera",
        "part_of = \"KIT-1\"\nserial = \"@S-4471\"\nreplacement_value = \"3899.10 EUR\"\ncontents = [\"2 batteries\", \"charger\"]",
    );
    shop.asset("LNS-1", "Lens", "camera", "[purchase]\ncost = \"0.20 EUR\"");
    shop.asset("TOL-1", "Drill", "tool", "replacement_value = \"12000 JPY\"");
    shop.asset("TOL-2", "Saw", "tool", "");
    for number in ["KIT-1", "CAM-0001", "LNS-1", "TOL-1"] {
        shop.event(number, "2024-03-03T08:00:00Z", "checkout", "to = \"ben\"\njob = \"nord\"");
    }
    shop.event("LNS-1", "2024-03-05T08:00:00Z", "return", "");
    shop.event("TOL-1", "2024-03-06T08:00:00Z", "missing", "note = \"not in the van\"");
    let days = "for = \"ben\"\nfrom = 2024-04-01\nuntil = 2024-04-02\njob = \"west\"";
    shop.event("TOL-2", "2024-03-03T08:00:00Z", "reserve", days);
    shop
}

/// What stands where in `nord`, as `number stage` in order.
fn standing(shop: &Shop, at: &str) -> Vec<String> {
    let json = shop.json(&format!("jobs show nord --at {at}"));
    let of = |asset: &serde_json::Value| {
        format!("{} {}", asset["number"].as_str().unwrap(), asset["stage"].as_str().unwrap())
    };
    json["assets"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_job_says_what_is_packed_out_back_and_missing() {
    let shop = studio();
    assert_eq!(standing(&shop, "2024-03-02"), Vec::<String>::new());
    assert_eq!(standing(&shop, "2024-03-03"), ["KIT-1 packed", "CAM-0001 packed", "LNS-1 packed", "TOL-1 packed"]);
    let at_last = ["TOL-1 missing", "KIT-1 out", "CAM-0001 out", "LNS-1 back"];
    assert_eq!(standing(&shop, "2024-03-07"), at_last);
    let table = shop.says("jobs show NORD --at 2024-03-07");
    assert!(table.contains("led by Ben Adler") && table.contains("1 back, 2 out, 1 missing"), "{table}");
    assert!(table.contains("  CAM-0001"), "a part is set in below its kit: {table}");
    let csv = shop.says("jobs show nord --at 2024-03-07 --format csv");
    assert!(csv.starts_with("stage,number,name,status,custodian,part_of\nmissing,TOL-1,Drill,missing,ben,\n"), "{csv}");
    assert!(csv.contains("out,CAM-0001,'=Sony FX3,checked-out,ben,KIT-1"), "{csv}");
}

#[test]
fn all_jobs_are_listed_the_newest_first() {
    let shop = studio();
    let all = shop.json("jobs --at 2024-03-07");
    let jobs: Vec<_> = all.as_array().unwrap().iter().map(|job| job["job"].as_str().unwrap()).collect();
    assert_eq!(jobs, ["west", "nord", "idle"]);
    assert_eq!(all, shop.json("jobs list --at 2024-03-07"));
    let counts = serde_json::json!({"missing": 1, "out": 2, "packed": 0, "reserved": 0, "back": 1});
    assert_eq!(all[1]["counts"], counts);
    assert_eq!(all[0]["counts"]["reserved"], 1);
    let table = shop.says("jobs --at 2024-03-07");
    assert!(table.lines().next().unwrap().starts_with("JOB"), "{table}");
    assert!(
        shop.says("jobs --format csv --at 2024-03-07")
            .contains("\nnord,\"Nord, Zażółć\",2024-03-04,2024-03-08,ben,1,2,0,0,1\n")
    );
    let none = Shop::new().run("jobs");
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""));
    assert!(none.err.contains("there are no jobs"), "{}", none.err);
}

#[test]
fn a_packing_list_is_a_table_a_csv_and_a_pdf() {
    let shop = studio();
    let table = shop.says("jobs packing nord --at 2024-03-03 --format table");
    assert!(table.contains("=Sony FX3") && table.contains("3,899.10\u{a0}EUR"), "{table}");
    assert!(table.contains("Total 3,899.30\u{a0}EUR") && table.contains("Total 12,000\u{a0}JPY"), "{table}");
    let csv = shop.says("jobs packing nord --at 2024-03-03 --format csv");
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[2], "2,CAM-0001,'=Sony FX3,\"2 batteries, charger\",,,'@S-4471,3899.10,EUR,KIT-1,packed,ben");
    assert!(lines[3].starts_with("3,LNS-1,Lens,,,,,0.20,EUR,,packed"), "{csv}");
    let pdf = shop.outside("list.pdf");
    let line = format!("jobs packing nord --at 2024-03-03 --output {}", pdf.display());
    shop.says(&line);
    let first = fs::read(&pdf).unwrap();
    assert!(first.starts_with(b"%PDF-1.7") && first.len() > 5000);
    shop.says(&line);
    assert!(fs::read(&pdf).unwrap() == first, "the same list is the same bytes");
    shop.says("jobs packing nord");
    assert!(shop.root().join("packing-nord.pdf").is_file());
    let out = shop.tagbook().args(["jobs", "packing", "nord", "--output", "-"]).output().unwrap();
    assert!(out.stdout.starts_with(b"%PDF"), "to standard output");
}

#[test]
fn a_packing_list_is_of_what_goes_and_later_of_what_went() {
    let shop = studio();
    let packs = |at: &str| {
        let csv = shop.says(&format!("jobs packing nord --format csv --at {at}"));
        csv.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(packs("2024-03-03"), "KIT-1 CAM-0001 LNS-1 TOL-1");
    assert_eq!(packs("2024-03-07"), "KIT-1 CAM-0001", "neither what is back nor what is missing");
    shop.event("KIT-1", "2024-03-08T08:00:00Z", "return", "");
    shop.event("CAM-0001", "2024-03-08T08:00:00Z", "return", "");
    assert_eq!(packs("2024-03-09"), "KIT-1 CAM-0001 LNS-1 TOL-1");
}

#[test]
fn what_cannot_be_packed_is_said() {
    let shop = studio();
    let ran = shop.run("jobs show nrod");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no job `nrod`") && ran.err.contains("nord"), "{}", ran.err);
    let ran = shop.run("jobs packing idle");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("nothing was reserved or taken for `idle`") && ran.err.contains("--job idle"),
        "{}",
        ran.err
    );
    assert_eq!(shop.run("jobs packing nord --format table --output x").code, Some(2));
    assert_eq!(shop.run("jobs packing nord --output nonesuch/x.pdf").code, Some(3));
    assert_eq!(shop.run("jobs packing").code, Some(2));
    let empty = shop.says("jobs show idle");
    assert!(empty.contains("Idle"), "{empty}");
}

#[test]
fn a_job_is_as_it_was_recorded() {
    let shop = studio();
    let before = shop.commit("first");
    shop.event("KIT-1", "2024-03-08T08:00:00Z", "return", "");
    shop.commit("second");
    let kit = |flags: &str| shop.json(&format!("jobs show nord {flags}"))["counts"]["out"].clone();
    assert_eq!((kit("--at 2024-03-09"), kit(&format!("--at 2024-03-09 --rev {before}"))), (1.into(), 2.into()));
}

#[test]
fn the_schema_names_every_key_of_a_summary() {
    let shop = studio();
    let schema: serde_json::Value = serde_json::from_str(&shop.says("schema register")).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let required = schema["$defs"]["Summary"]["required"].as_array().unwrap();
    let shown = shop.json("show KIT-1");
    let keys: Vec<&String> = shown.as_object().unwrap().keys().collect();
    let missing: Vec<_> =
        required.iter().filter(|key| !keys.iter().any(|known| *known == key.as_str().unwrap())).collect();
    assert!(missing.is_empty() && required.len() > 20, "{missing:?}");
    shop.says("build --audience team");
    let built = fs::read_to_string(shop.root().join("site/register.schema.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&built).unwrap(), schema);
    assert_eq!(shop.run("schema nonesuch").code, Some(2));
}
