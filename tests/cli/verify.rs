//! `tagbook verify`: what it finds in histories that were tampered with, and what it lets be.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::shop::Shop;

/// A workshop in which things happened, one commit each.
fn busy() -> Shop {
    let shop = Shop::workshop();
    shop.did("checkout CAM-0001 --to ben");
    shop.did("return CAM-0001");
    shop.did("report TOL-0001 --severity minor --note loose");
    shop
}

/// Everything that is found, as programs read it.
fn found(shop: &Shop, more: &str) -> Vec<Value> {
    let ran = shop.run(&format!("verify --format json {more}"));
    assert!(ran.code.is_some_and(|code| code < 2), "{}{}", ran.out, ran.err);
    let found: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let has_errors = found.iter().any(|finding| finding["severity"] == "error");
    assert_eq!(ran.code, Some(i32::from(has_errors)), "{}", ran.out);
    found
}

/// The rules that are broken, and by which commits.
fn broken(shop: &Shop, more: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    found(shop, more).iter().map(|finding| (text(&finding["rule"]), text(&finding["commit"]))).collect()
}

fn head(shop: &Shop) -> String {
    shop.git("rev-parse HEAD").trim().to_owned()
}

/// The files of an asset's log, in order.
fn log(shop: &Shop, number: &str) -> Vec<String> {
    let listed = shop.git(&format!("ls-files assets/{number}/log assets/*/{number}/log"));
    listed.lines().map(str::to_owned).collect()
}

fn replace(shop: &Shop, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(shop.root().join(path)).unwrap();
    assert!(text.contains(from), "{text}");
    shop.file(path, text.replace(from, to));
}

fn rule(name: &str, commit: &str) -> (String, String) {
    (name.to_owned(), commit.to_owned())
}

#[test]
fn a_history_that_only_grew_is_verified() {
    let shop = busy();
    let said = shop.says("verify");
    assert!(said.contains("verified · 4 commits, 3 events"), "{said}");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());
}

#[test]
fn an_event_that_was_altered_is_named_with_what_was_changed_and_by_whom() {
    let shop = busy();
    let path = log(&shop, "CAM-0001")[0].clone();
    replace(&shop, &path, "\"ben\"", "\"ana\"");
    shop.git("-c user.name=Mallory -c user.email=mallory@example.org commit -qam tidy");
    let commit = head(&shop);
    shop.did("note CAM-0001 --note later");
    let found = found(&shop, "");
    assert_eq!(found.len(), 1, "{found:?}");
    let finding = &found[0];
    assert_eq!(
        (finding["rule"].as_str(), finding["commit"].as_str(), finding["number"].as_str(), finding["path"].as_str()),
        (Some("altered-event"), Some(commit.as_str()), Some("CAM-0001"), Some(path.as_str()))
    );
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("Mallory") && message.contains("`to` was \"ben\", is \"ana\""), "{message}");
    let ran = shop.run("verify");
    assert!(
        ran.code == Some(1) && ran.out.contains("error[altered-event]") && ran.out.contains("1 error"),
        "{}",
        ran.out
    );
    assert!(shop.run("verify --format github").out.starts_with(&format!("::error file={path},title=altered-event::")));

    // Put back, it is said no more than once, and as a warning.
    replace(&shop, &path, "\"ana\"", "\"ben\"");
    // Who recorded it is ana, and stays so.
    replace(&shop, &path, "by = \"ben\"", "by = \"ana\"");
    let back = shop.commit("back");
    let again = self::found(&shop, "");
    assert_eq!((again.len(), again[0]["severity"].as_str()), (1, Some("warning")), "{again:?}");
    assert!(again[0]["message"].as_str().unwrap().contains(&format!("{} put it back", &back.trim()[..8])), "{again:?}");
}

#[test]
fn an_event_that_was_removed_is_found_wherever_it_went() {
    let shop = busy();
    let files = log(&shop, "CAM-0001");
    shop.git(&format!("rm -q {}", files[0]));
    let removed = shop.commit("tidy");
    assert_eq!(broken(&shop, ""), [rule("removed-event", removed.trim())]);
    // To another asset it may not go by itself.
    fs::create_dir_all(shop.root().join("assets/CAM-0002/log")).unwrap();
    shop.git(&format!("mv {} assets/CAM-0002/log/", files[1]));
    let moved = shop.commit("move");
    assert_eq!(broken(&shop, ""), [rule("removed-event", removed.trim()), rule("removed-event", moved.trim())]);
    // And a file that cannot be read any more has none.
    shop.file(&log(&shop, "TOL-0001")[0], "[[event]]\nid = ");
    let spoilt = shop.commit("spoilt");
    assert_eq!(broken(&shop, "").last(), Some(&rule("removed-event", spoilt.trim())));
}

#[test]
fn packing_moving_and_renumbering_alter_nothing() {
    let shop = busy();
    // Two events in one file, written otherwise, with a comment.
    let files = log(&shop, "CAM-0001");
    let texts: Vec<String> = files.iter().map(|path| fs::read_to_string(shop.root().join(path)).unwrap()).collect();
    for path in &files {
        shop.git(&format!("rm -q {path}"));
    }
    shop.file("assets/CAM-0001/log/2024.toml", format!("# packed\n{}", texts.join("\n").replace(" = ", "=")));
    shop.commit("pack");
    fs::create_dir(shop.root().join("assets/cameras")).unwrap();
    shop.git("mv assets/CAM-0001 assets/cameras/CAM-0001");
    shop.commit("group");
    shop.git("mv assets/cameras/CAM-0001 assets/cameras/CAM-0009");
    shop.commit("renumber");
    shop.git("mv assets/cameras/CAM-0009/log/2024.toml assets/cameras/CAM-0009/log/old.toml");
    shop.commit("rename");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());
}

#[test]
fn merges_are_answered_for_by_whoever_did_it() {
    let shop = busy();
    shop.git("checkout -q -b side");
    shop.did("report CAM-0002 --severity minor --note scratched");
    shop.git("checkout -q main");
    shop.did("report CAM-0001 --severity minor --note dusty");
    shop.git("merge -q --no-edit side");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());

    // Altered on a branch, it is that commit's doing, not the merge's.
    shop.git("checkout -q -b liar");
    let path = log(&shop, "CAM-0002")[0].clone();
    replace(&shop, &path, "scratched", "fine");
    let altered = shop.commit("tidy");
    shop.git("checkout -q main");
    shop.did("note TOL-0001 --note x");
    shop.git("merge -q --no-edit liar");
    assert_eq!(broken(&shop, ""), [rule("altered-event", altered.trim())]);

    // A merge that leaves out what the branch had is its own doing.
    shop.git("checkout -q -b lost");
    shop.did("report TOL-0001 --severity minor --note rusty");
    shop.git("checkout -q main");
    shop.did("note CAM-0001 --note y");
    shop.git("merge -q --no-edit -s ours lost");
    let merge = head(&shop);
    assert_eq!(broken(&shop, ""), [rule("altered-event", altered.trim()), rule("removed-event", &merge)]);
}

#[test]
fn a_head_that_was_kept_is_part_of_the_history() {
    let shop = busy();
    let kept = head(&shop);
    shop.says("build");
    fs::copy(shop.root().join("site/tagbook.json"), shop.outside("kept.json")).unwrap();
    shop.did("note CAM-0001 --note x");
    let file = shop.outside("kept.json").display().to_string();
    // A reader's copy of the feed has heads, too, as the front page has.
    let text = |path: &str| fs::read_to_string(shop.root().join(path)).unwrap();
    let feed = text("site/feed.xml").split(" · commit ").nth(1).unwrap()[..12].to_owned();
    assert!(kept.starts_with(&feed), "the newest event was recorded by the head: {feed}");
    assert!(text("site/index.html").contains(&format!("<code>{}</code>", &kept[..7])));
    for since in [kept.as_str(), &kept[..7], &feed, "HEAD~1", &file] {
        assert_eq!(found(&shop, &format!("--since {since}")), Vec::<Value>::new(), "{since}");
    }
    shop.git("reset -q --hard HEAD~2");
    shop.did("note CAM-0001 --note z");
    for since in [kept.as_str(), &feed, &file] {
        assert_eq!(broken(&shop, &format!("--since {since}")), [rule("rewritten-history", &kept)]);
    }
    let nowhere = "0123456789012345678901234567890123456789";
    assert_eq!(broken(&shop, &format!("--since {nowhere}")), [rule("rewritten-history", nowhere)]);
    assert_eq!(shop.run("verify --since no-such-branch").code, Some(1));
    assert_eq!(shop.run(&format!("verify --since {}", shop.root().join("people/ana.toml").display())).code, Some(1));
}

#[test]
fn what_was_kept_of_the_history_is_no_more_than_a_help() {
    let shop = busy();
    assert_eq!(found(&shop, ""), Vec::<Value>::new());
    let kept = shop.root().join(".git/tagbook/trail");
    let before = fs::read(&kept).unwrap();
    let path = log(&shop, "CAM-0001")[0].clone();
    replace(&shop, &path, "\"ben\"", "\"cleo\"");
    let altered = shop.commit("tidy");
    let expected = [rule("altered-event", altered.trim())];
    assert_eq!(broken(&shop, ""), expected, "with what was kept before");
    for bytes in [&b""[..], b"tagbook trail 3\n", &before[..before.len() / 2], &[0xff; 4096]] {
        fs::write(&kept, bytes).unwrap();
        assert_eq!(broken(&shop, ""), expected, "with what is no trail");
    }
    assert_eq!(broken(&shop, "--afresh"), expected);
    // A look back finds what was there then, and spoils nothing.
    assert_eq!(found(&shop, "--rev HEAD~1"), Vec::<Value>::new());
    assert_eq!(broken(&shop, ""), expected);
    // A history that was rewritten is read anew.
    shop.git("reset -q --hard HEAD~1");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());
}

#[test]
fn a_shallow_clone_says_that_it_is_one() {
    let shop = busy();
    let path = log(&shop, "CAM-0001")[0].clone();
    replace(&shop, &path, "\"ben\"", "\"cleo\"");
    shop.commit("tidy");
    shop.did("note CAM-0001 --note x");
    let from = format!("file://{}", shop.root().display());
    let clone = shop.outside("clone");
    shop.git(&format!("clone -q --depth 1 {from} {}", clone.display()));
    let verify = || {
        let mut command = shop.tagbook();
        command.arg("-C").arg(&clone).arg("verify");
        crate::shop::ran(command)
    };
    let ran = verify();
    assert!(ran.code == Some(0) && ran.out.contains("shallow clone") && ran.out.contains("1 commit"), "{}", ran.out);
    let mut command = shop.tagbook();
    command.arg("-C").arg(&clone).args(["verify", "--format", "github"]);
    let ran = crate::shop::ran(command);
    let name = "shallow-history";
    assert!(ran.out.starts_with(&format!("::warning title={name}::")), "{}", ran.out);
    let mut command = shop.tagbook();
    command.arg("-C").arg(&clone).args(["show", "CAM-0001", "--certificate=html", "--output", "-"]);
    let ran = crate::shop::ran(command);
    assert!(
        ran.out.contains("Only a part of the history is here") && !ran.out.contains("was ever altered"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("recorded before the part of the history that is here"), "{}", ran.out);
    shop.git(&format!("-C {} fetch -q --unshallow", clone.display()));
    let ran = verify();
    assert!(ran.code == Some(1) && ran.out.contains("altered-event") && !ran.out.contains("shallow"), "{}", ran.out);
}

#[test]
fn times_and_names_have_to_fit() {
    let shop = busy();
    // Later than its commit; long before it; brought from elsewhere; by somebody else; by the desk, for the right one and not.
    let file = |id: &str, at: &str, by: &str| {
        let text = format!("[[event]]\nid = \"{id}\"\nat = {at}\nkind = \"note\"\nby = \"{by}\"\nnote = \"x\"\n");
        shop.file(&format!("assets/TOL-0001/log/{id}.toml"), text);
    };
    let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    file("aaaaaaaa", "2099-01-01T10:00:00Z", "ana");
    let early = shop.commit("early");
    file("bbbbbbbb", "2024-01-01T10:00:00Z", "ana");
    file("cccccccc", "2023-01-01T10:00:00Z", "ana");
    let late = shop.commit("late");
    file("dddddddd", "2020-01-01T10:00:00Z", "import");
    shop.commit("import");
    file("eeeeeeee", &now, "ben");
    let other = shop.commit("other");
    let desk = |author: &str| {
        shop.git("add --all");
        let mut command = shop.program("git");
        command.env("GIT_COMMITTER_NAME", "desk").env("GIT_COMMITTER_EMAIL", "desk@kit.example.org");
        command.args(["commit", "-qm", "tap", "--author", &format!("{author} <{author}@kit.example.org>")]);
        assert!(command.status().unwrap().success());
        head(&shop)
    };
    file("ffffffff", &now, "cleo");
    desk("cleo");
    file("gggggggg", &now, "cleo");
    let wrong = desk("ben");
    let expected = [
        rule("early-event", early.trim()),
        rule("late-event", late.trim()),
        rule("other-author", other.trim()),
        rule("other-author", &wrong),
    ];
    assert_eq!(broken(&shop, ""), expected);
    let found = found(&shop, "");
    assert!(found[1]["message"].as_str().unwrap().contains("`cccccccc`"), "{found:?}");
    assert!(found[1]["message"].as_str().unwrap().contains("and 1 more"), "{found:?}");
    assert_eq!(shop.run("verify --deny-warnings").code, Some(1));
    // What matters how much is the register's to say.
    replace(&shop, "tagbook.toml", "[site]", "[rules]\nlate-event = \"off\"\nother-author = \"error\"\n[site]");
    shop.commit("rules");
    let severities: Vec<_> = self::found(&shop, "").iter().map(|finding| finding["severity"].clone()).collect();
    assert_eq!(severities, ["error", "error", "error"]);
}

/// What the log says of the commit that recorded each event, oldest first: its id, who made it, the merge, the signer.
fn recorded(shop: &Shop, line: &str) -> Vec<[Option<String>; 4]> {
    let log = shop.json(&format!("log {line}"));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let told = |event: &Value| ["commit", "author", "merge", "signed"].map(|key| text(&event["recorded"][key]));
    log.as_array().unwrap().iter().map(told).collect()
}

#[test]
fn every_event_names_the_commit_that_recorded_it_wherever_it_went_since() {
    let shop = busy();
    let ana = |commit: &str, merge: Option<&str>| {
        [Some(commit.trim().to_owned()), Some("Ana Ruiz".to_owned()), merge.map(str::to_owned), None]
    };
    let (first, second) = (shop.git("rev-parse HEAD~2"), shop.git("rev-parse HEAD~1"));
    assert_eq!(recorded(&shop, "CAM-0001"), [ana(&first, None), ana(&second, None)]);
    // On a branch, in two steps, that a merge brought.
    shop.git("checkout -q -b side");
    shop.did("note CAM-0001 --note one");
    let one = head(&shop);
    shop.git("-c user.name=Ben -c user.email=ben@example.org commit -q --allow-empty -m nothing");
    shop.git("checkout -q main");
    shop.did("note CAM-0001 --note two");
    let two = head(&shop);
    shop.git("merge -q --no-edit side");
    let merge = head(&shop);
    let told = recorded(&shop, "CAM-0001");
    assert_eq!(told[2..], [ana(&one, Some(&merge)), ana(&two, None)]);
    // Packed, and moved into a group.
    let files = log(&shop, "CAM-0001");
    let texts = files.iter().map(|path| fs::read_to_string(shop.root().join(path)).unwrap());
    shop.file("assets/CAM-0001/log/2026.toml", texts.collect::<Vec<_>>().join("\n"));
    files.iter().for_each(|path| fs::remove_file(shop.root().join(path)).unwrap());
    shop.commit("pack");
    fs::create_dir(shop.root().join("assets/cameras")).unwrap();
    shop.git("mv assets/CAM-0001 assets/cameras/CAM-0001");
    shop.commit("group");
    assert_eq!(recorded(&shop, "CAM-0001"), told);
    // What is not committed yet was recorded by nobody; looked at as it was, all the same.
    shop.file(
        "assets/cameras/CAM-0001/log/new.toml",
        "[[event]]\nid = \"aaaaaaaa\"\nat = 2024-01-01T08:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n",
    );
    assert_eq!(recorded(&shop, "CAM-0001")[0], [None, None, None, None]);
    assert_eq!(recorded(&shop, "CAM-0001 --rev HEAD~2"), told);
    // Nor is a commit the witness of what somebody has written over it since.
    let packed = "assets/cameras/CAM-0001/log/2026.toml";
    replace(&shop, packed, "\"ben\"", "\"cleo\"");
    assert!(recorded(&shop, "CAM-0001").iter().all(|commit| commit[0].is_none()));
    replace(&shop, packed, "\"cleo\"", "\"ben\"");
    let shown = shop.says("log CAM-0001");
    assert!(shown.contains("COMMIT") && shown.contains(&one[..8]), "{shown}");
    let csv = shop.says("log CAM-0001 --format csv");
    assert!(csv.lines().any(|line| line.contains(&format!("{one},")) && line.contains(&merge)), "{csv}");
    // The page says it, too.
    shop.git("checkout -q -- .");
    shop.git("clean -qfd assets");
    shop.says("build");
    let page = fs::read_to_string(shop.root().join("site/CAM-0001/index.html")).unwrap();
    let said = format!("<code>{}</code>, merged in <code>{}</code>", &one[..7], &merge[..7]);
    assert!(page.contains(&said), "{page}");
}

/// A key of ssh's, and git told to sign with it.
fn signing(shop: &Shop, name: &str) -> String {
    let key = shop.outside(name);
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key).status();
    assert!(made.unwrap().success());
    for setting in ["gpg.format ssh", "commit.gpgsign true", &format!("user.signingkey {}", key.display())] {
        shop.git(&format!("config {setting}"));
    }
    fs::read_to_string(key.with_extension("pub")).unwrap()
}

#[test]
fn signatures_are_checked_against_those_who_may_sign_at_the_base() {
    let shop = busy();
    let unsigned = shop.git("rev-list --count HEAD").trim().parse::<usize>().unwrap();
    let key = signing(&shop, "ana-key");
    shop.file("allowed_signers", format!("ana@example.org {key}"));
    shop.commit("signers");
    shop.git("tag base");
    // The commands write commits of their own: the git program signs.
    let note = |id: &str| {
        let text = format!(
            "[[event]]\nid = \"{id}\"\nat = 2024-05-05T08:00:00Z\nkind = \"note\"\nby = \"import\"\nnote = \"x\"\n"
        );
        shop.file(&format!("assets/TOL-0001/log/{id}.toml"), text);
        shop.commit("note")
    };
    note("aaaaaaaa");
    let said = shop.says("verify");
    assert!(said.contains("verified") && said.contains("2 signed"), "{said}");
    let without = broken(&shop, "--require-signatures");
    assert_eq!(without.len(), unsigned - 1, "all that recorded before");
    assert!(without.iter().all(|(rule, _)| rule == "unsigned-commit"), "{without:?}");
    assert_eq!(recorded(&shop, "TOL-0001").first().unwrap()[3].as_deref(), Some("ana@example.org"));

    // A stranger's key, who vouches for themselves on the same branch.
    let strange = signing(&shop, "mallory-key");
    shop.file("allowed_signers", format!("ana@example.org {key}mallory@example.org {strange}"));
    let second = shop.commit("too");
    let third = note("bbbbbbbb");
    let unknown = [rule("unknown-signer", second.trim()), rule("unknown-signer", third.trim())];
    assert_eq!(broken(&shop, "--base base"), unknown);
    let other = [rule("other-signer", second.trim()), rule("other-signer", third.trim())];
    assert_eq!(broken(&shop, ""), other, "once it is merged, they are vouched for, not for what ana made");
    assert_eq!(broken(&shop, "--base base"), unknown, "whatever was kept");
    // From a head that was kept on, all have to be signed.
    assert_eq!(broken(&shop, "--since base --require-signatures"), other);

    // A signature that is not of this commit.
    let text = shop.git("cat-file commit HEAD").replace("\n\nnote", "\n\nnothing");
    let object = shop.outside("forged");
    fs::write(&object, text).unwrap();
    let forged = shop.git(&format!("hash-object -t commit -w {}", object.display()));
    shop.git(&format!("reset -q --hard {}", forged.trim()));
    assert_eq!(broken(&shop, "").last(), Some(&rule("bad-signature", forged.trim())));
}

#[test]
fn without_a_history_there_is_nothing_to_verify() {
    let shop = Shop::new();
    let ran = shop.run("verify");
    assert!(ran.code == Some(1) && ran.err.contains("no git repository"), "{}", ran.err);
    assert!(!Path::new(&shop.root().join(".git")).exists());
}

#[test]
fn a_register_in_a_folder_of_its_repository_has_its_own_history() {
    let shop = busy();
    fs::create_dir_all(shop.outside("both")).unwrap();
    let both = shop.outside("both").display().to_string();
    shop.git(&format!("clone -q {} {both}", shop.root().display()));
    let git = |line: &str| shop.git(&format!("-C {both} {line}"));
    fs::create_dir(shop.outside("both/kit")).unwrap();
    for name in ["assets", "people", "tagbook.toml", "locations.toml", "categories.toml", "audits", "jobs"] {
        git(&format!("mv {name} kit/{name}"));
    }
    git("commit -qm inside");
    let mut command = shop.tagbook();
    command.args(["-C", &format!("{both}/kit"), "verify"]);
    let ran = crate::shop::ran(command);
    assert!(ran.code == Some(0) && ran.out.contains("3 events"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_number_that_another_thing_gets_is_named() {
    let shop = Shop::workshop();
    shop.asset("CAM-0003", "Bolex", "camera", "serial = \"S-1\"");
    shop.asset("CAM-0004", "Slider", "camera", "");
    shop.commit("two");
    shop.did("retire CAM-0003 --method sold");
    // What changes beside the thing itself is no other thing.
    shop.asset("CAM-0003", "Bolex H16", "camera", "serial = \"S-1\"\nnotes = \"Sold.\"");
    shop.git("rm -qr assets/CAM-0004");
    shop.commit("tidy");
    shop.asset("CAM-0004", "Slider", "camera", "");
    shop.commit("back");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());

    shop.asset("CAM-0003", "Bolex H16", "camera", "serial = \"S-2\"");
    shop.git("rm -qr assets/CAM-0004");
    let retired = shop.commit("again");
    shop.asset("CAM-0004", "Dolly", "camera", "");
    let removed = shop.commit("dolly");
    let numbers = [rule("reused-number", removed.trim()), rule("reused-number", retired.trim())];
    assert_eq!(broken(&shop, ""), numbers);
    let said: Vec<String> = found(&shop, "").iter().map(|finding| finding["message"].to_string()).collect();
    assert!(said[0].contains("CAM-0004 was Slider until it was removed by commit"), "{said:?}");
    assert!(said[0].contains("and is Dolly since it came back by commit"), "{said:?}");
    assert!(said[1].contains("CAM-0003 was Bolex, serial S-1 when it was retired"), "{said:?}");
    assert!(said[1].contains("and is Bolex H16, serial S-2 now"), "{said:?}");
    shop.says("verify --deny-warnings --rev HEAD~2");
}

#[test]
fn what_was_removed_on_one_branch_was_on_the_other_all_the_while() {
    let shop = Shop::workshop();
    shop.git("checkout -q -b side");
    shop.git("rm -qr assets/CAM-0002");
    shop.commit("gone");
    shop.git("checkout -q main");
    shop.asset("CAM-0002", "Sony FX6 with a new name", "camera", "");
    shop.commit("name");
    shop.git("checkout -q side");
    shop.git("merge -q -X ours --no-edit main -s ours");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());
}

#[test]
fn what_was_recorded_too_early_is_corrected_by_a_void() {
    let shop = busy();
    let text = "[[event]]\nid = \"aaaaaaaa\"\nat = 2099-01-01T10:00:00Z\nkind = \"note\"\nby = \"ana\"\nnote = \"x\"\n";
    shop.file("assets/TOL-0001/log/early.toml", text);
    let early = shop.commit("early");
    assert_eq!(broken(&shop, ""), [rule("early-event", early.trim())]);
    shop.did("void TOL-0001 --of aaaaaaaa");
    assert_eq!(found(&shop, ""), Vec::<Value>::new());
}

#[test]
fn a_chain_of_custody_names_every_hand_and_every_commit_and_can_be_checked_with_git() {
    let shop = busy();
    let key = signing(&shop, "ana-key");
    shop.file("allowed_signers", format!("ana@example.org {key}"));
    shop.commit("signers");
    let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ");
    shop.file(
        "assets/CAM-0001/log/signed.toml",
        format!("[[event]]\nid = \"aaaaaaaa\"\nat = {now}\nkind = \"note\"\nby = \"ana\"\nnote = \"<b>& more</b>\"\n"),
    );
    let signed = shop.commit("note");
    let page = |more: &str| shop.says(&format!("show CAM-0001 --certificate=html --output - {more}"));
    let text = page("");
    assert!(text.starts_with("<!DOCTYPE html>") && !text.contains("<script") && !text.contains("src="), "{text}");
    for commit in log(&shop, "CAM-0001").iter().map(|path| shop.git(&format!("log --format=%H -- {path}"))) {
        assert!(text.contains(commit.trim()), "{commit}");
    }
    assert!(text.contains("Ana Ruiz gave it to Ben Adler") && text.contains("&lt;b&gt;&amp; more&lt;"), "{text}");
    assert!(text.contains(&format!("commit {}", signed.trim())) && text.contains("signed by "), "{text}");
    assert!(text.contains("no event of this thing was ever altered or removed"), "{text}");
    assert!(!page("--at 2024-01-01").contains("gave it to Ben Adler"));

    // What it says can be done is done, as it is written there.
    let head = head(&shop);
    let commands: Vec<&str> =
        text.split("<bdi>git ").skip(1).map(|rest| rest.split("</bdi>").next().unwrap()).collect();
    assert_eq!(commands.len(), 4, "{text}");
    let git = |command: &str| {
        let line =
            format!("git {}", command.replace("&amp;", "&").replace("&#39;", "'").replace("COMMIT", signed.trim()));
        let mut shell = shop.program("sh");
        shell.args(["-c", &line]);
        let ran = crate::shop::ran(shell);
        assert_eq!(ran.code, Some(0), "{line}\n{}", ran.err);
        format!("{}{}", ran.out, ran.err)
    };
    assert!(commands[0].contains(&head) && git(commands[0]).contains("yes"));
    assert!(git(commands[1]).contains("aaaaaaaa"));
    assert_eq!(git(commands[2]), "");
    assert!(git(commands[3]).contains("Good"), "{}", commands[3]);
    // What lies in the folder and is not committed is no part of it.
    shop.git("config commit.gpgsign false");
    let first = log(&shop, "CAM-0001")[0].clone();
    fs::remove_file(shop.root().join(&first)).unwrap();
    let ran = shop.run("show CAM-0001 --certificate --output other.html");
    assert!(ran.err.contains("not committed; a certificate is of what is"), "{}", ran.err);
    assert_eq!(fs::read_to_string(shop.root().join("other.html")).unwrap(), text);
    fs::remove_file(shop.root().join("other.html")).unwrap();
    shop.git("checkout -q -- .");
    // Under another number, it is the same chain.
    shop.says("renumber CAM-0001 CAM-0009");
    let moved = shop.says("show CAM-0009 --certificate=html --output -");
    assert!(moved.contains("-- &#39;*/CAM-0009/log/*&#39; &#39;*/CAM-0001/log/*&#39;"), "{moved}");
    assert!(moved.contains(&format!("commit {}", signed.trim())) && !moved.contains("until it was removed"), "{moved}");
    shop.says("renumber CAM-0009 CAM-0001");

    // What speaks against it is said; what is not committed proves nothing.
    shop.git("config commit.gpgsign false");
    replace(&shop, "assets/CAM-0001/log/signed.toml", "\"aaaaaaaa\"", "\"aaaaaaab\"");
    shop.commit("tidy");
    let text = page("");
    assert!(text.contains("event `aaaaaaaa` of CAM-0001 was removed by commit"), "{text}");
    assert_ne!(git(commands[2]), "", "git shows it, too");
    shop.says("renumber CAM-0001 CAM-0009");
    let moved = shop.says("show CAM-0009 --certificate=html --output -");
    assert!(moved.contains("event `aaaaaaaa` of CAM-0001 was removed by commit"), "{moved}");
    let said = shop.says("show CAM-0009 CAM-0002 --certificate");
    assert_eq!(said, "certificate-CAM-0009.pdf\ncertificate-CAM-0002.pdf\n");
    assert!(fs::read(shop.root().join("certificate-CAM-0009.pdf")).unwrap().starts_with(b"%PDF-1."));
    assert_eq!(shop.run("show CAM-0009 CAM-0002 --certificate --output x.pdf").code, Some(2));
}

#[test]
fn without_a_history_a_chain_of_custody_says_so() {
    let shop = Shop::stocked();
    let text = shop.says("show CAM-0001 --certificate=html --output -");
    assert!(text.contains("in no commit yet") && !text.contains("git show"), "{text}");
}

/// An event about a drill, as a file has it.
fn note(id: &str, at: &str, note: &str) -> String {
    format!("[[event]]\nid = \"{id}\"\nat = {at}\nkind = \"note\"\nby = \"ana\"\nnote = \"{note}\"\n")
}

/// Now, less so many minutes.
fn ago(minutes: i64) -> String {
    (chrono::Utc::now() - chrono::Duration::minutes(minutes)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[test]
fn events_are_guarded_wherever_the_register_reads_them() {
    let shop = Shop::workshop();
    // In a folder of the log.
    shop.file("assets/TOL-0001/log/old/x.toml", note("aaaaaaaa", &ago(9), "x"));
    shop.commit("nested");
    replace(&shop, "assets/TOL-0001/log/old/x.toml", "\"x\"", "\"forged\"");
    let nested = shop.commit("tidy");
    assert_eq!(broken(&shop, ""), [rule("altered-event", nested.trim())]);
    // Under the id of one that is there, and before it.
    shop.file("assets/TOL-0001/log/y.toml", note("aaaaaaaa", &ago(20), "other"));
    let second = shop.commit("second");
    assert_eq!(broken(&shop, ""), [rule("altered-event", nested.trim()), rule("altered-event", second.trim())]);
    assert!(found(&shop, "")[1]["message"].as_str().unwrap().contains("was recorded again, otherwise"));
}

#[test]
fn an_event_is_moved_with_its_asset_or_not_at_all() {
    for away in ["assets/attic/CAM-0001/log", "assets/CAM-0001/files/CAM-0001/log"] {
        let shop = busy();
        let path = log(&shop, "CAM-0001")[0].clone();
        fs::create_dir_all(shop.root().join(away)).unwrap();
        shop.git(&format!("mv {path} {away}/"));
        let moved = shop.commit("tidy");
        assert_eq!(broken(&shop, ""), [rule("removed-event", moved.trim())], "{away}");
    }
    // Nor to an asset that has a past of its own.
    let shop = busy();
    fs::create_dir_all(shop.root().join("assets/CAM-0002/log")).unwrap();
    for path in log(&shop, "CAM-0001") {
        shop.git(&format!("mv {path} assets/CAM-0002/log/"));
    }
    shop.git("rm -qr assets/CAM-0001");
    let moved = shop.commit("one");
    let removed = rule("removed-event", moved.trim());
    assert_eq!(broken(&shop, ""), [removed.clone(), removed]);
}

#[test]
fn what_is_put_back_and_lost_again_is_not_put_back() {
    let shop = busy();
    let path = log(&shop, "CAM-0001")[0].clone();
    shop.git(&format!("rm -q {path}"));
    let removed = shop.commit("tidy");
    shop.git("checkout -q -b side");
    shop.git("revert --no-edit HEAD");
    shop.git("checkout -q main");
    shop.did("note TOL-0001 --note x");
    shop.git("merge -q --no-edit -s ours side");
    let merge = head(&shop);
    let expected = [rule("removed-event", removed.trim()), rule("removed-event", &merge)];
    assert_eq!(broken(&shop, ""), expected);
    assert_eq!(shop.run("verify").code, Some(1));
    // However git is told to show merges, and whatever parents are made up.
    for how in ["first-parent", "off", "combined"] {
        shop.git(&format!("config log.diffMerges {how}"));
        assert_eq!(broken(&shop, "--afresh"), expected, "{how}");
    }
    fs::create_dir_all(shop.root().join(".git/info")).unwrap();
    fs::write(shop.root().join(".git/info/grafts"), format!("{merge}\n")).unwrap();
    assert_eq!(broken(&shop, "--afresh"), expected, "with a graft");
}

#[test]
fn a_photo_of_an_event_is_a_part_of_it() {
    let shop = Shop::workshop();
    let event = note("aaaaaaaa", &ago(9), "x") + "photos = [\"files/a.jpg\"]\n";
    shop.file("assets/TOL-0001/log/x.toml", event);
    shop.file("assets/TOL-0001/files/a.jpg", b"\xff\xd8\xff\xe0 one");
    shop.file("assets/TOL-0001/files/b.jpg", b"\xff\xd8\xff\xe0 of no event");
    shop.commit("photo");
    shop.file("assets/TOL-0001/files/b.jpg", b"\xff\xd8\xff\xe0 other");
    shop.file("assets/TOL-0001/files/a.jpg", b"\xff\xd8\xff\xe0 two");
    let replaced = shop.commit("tidy");
    assert_eq!(broken(&shop, ""), [rule("altered-event", replaced.trim())]);
    shop.git("rm -q assets/TOL-0001/files/a.jpg");
    let removed = shop.commit("gone");
    assert_eq!(broken(&shop, "").last(), Some(&rule("altered-event", removed.trim())));
    shop.file("assets/TOL-0001/files/a.jpg", b"\xff\xd8\xff\xe0 one");
    shop.commit("back");
    assert_eq!(broken(&shop, ""), []);
    shop.says("renumber TOL-0001");
    assert_eq!(broken(&shop, ""), []);
}

#[test]
fn a_clock_that_was_put_back_shows() {
    let shop = busy();
    shop.file("assets/TOL-0001/log/x.toml", note("aaaaaaaa", "2025-03-02T09:14:00Z", "x"));
    shop.git("add --all");
    let mut command = shop.program("git");
    let time = "2025-03-02T09:14:00Z";
    command.env("GIT_AUTHOR_DATE", time).env("GIT_COMMITTER_DATE", time).args(["commit", "-qm", "backdated"]);
    assert!(command.status().unwrap().success());
    let backdated = head(&shop);
    assert_eq!(broken(&shop, ""), [rule("backdated-commit", &backdated)]);
    // No time is too far away to be read.
    let text = shop.git("cat-file commit HEAD").replace("1740906840", "8210266876799");
    let object = shop.outside("far");
    fs::write(&object, text).unwrap();
    let far = shop.git(&format!("hash-object -t commit -w {}", object.display()));
    shop.git(&format!("reset -q --hard {}", far.trim()));
    assert!(shop.run("verify").code.is_some_and(|code| code < 2));
    assert_eq!(shop.run("show TOL-0001 --certificate=html --output -").code, Some(0));
}
