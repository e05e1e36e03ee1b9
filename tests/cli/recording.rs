//! How what happened gets into repositories of every shape, and what is left alone there.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use serde_json::Value;

use crate::shop::{Ran, Shop, ran};

/// Runs tagbook in a folder beside the register.
fn run_in(shop: &Shop, folder: &str, line: &str) -> Ran {
    let mut command = shop.tagbook();
    command.args(line.split_whitespace()).current_dir(shop.outside(folder));
    ran(command)
}

/// The kinds of events in the log of an asset, as its files are named.
fn logged(shop: &Shop, folder: &str) -> Vec<String> {
    let files = crate::shop::files(&shop.outside(folder).join("log"));
    files.keys().map(|name| name.split("Z-").last().unwrap().split('-').next().unwrap().to_owned()).collect()
}

#[test]
fn without_commit_the_files_are_left_and_seen_by_the_next() {
    let shop = Shop::workshop();
    let head = shop.git("rev-parse HEAD");
    let said = shop.says("have CAM-0001 --to ben --no-commit");
    assert_eq!(said, "CAM-0001 is with Ben Adler\n");
    assert_eq!(shop.git("rev-parse HEAD"), head);
    let status = shop.git("status --porcelain --untracked-files=all");
    assert!(status.starts_with("?? assets/CAM-0001/log/") && status.lines().count() == 1, "{status}");
    shop.refuses("checkout CAM-0001 --to ana --no-commit", "`ben` has it since");
    let answer = shop.json("return CAM-0001 --no-commit");
    assert_eq!(
        (&answer["ok"], &answer["commit"], &answer["state"]["custodian"]),
        (&true.into(), &Value::Null, &Value::Null)
    );
    assert_eq!(logged(&shop, "shop/assets/CAM-0001"), ["checkout", "return"]);

    let said = shop.refuses("note CAM-0001 --note hello", "has changes that are not committed");
    assert!(said.contains("assets/CAM-0001/log/") && said.contains("hint: commit them first, or"), "{said}");
    shop.refuses("have CAM-0002 CAM-0001", "has changes that are not committed");
    shop.says("note CAM-0002 --note hello");
    assert_eq!(shop.git("show --format= --name-only HEAD").lines().count(), 1);
    shop.commit("by-hand");
    shop.did("note CAM-0001 --note hello");
    shop.is_sound();
}

#[test]
fn a_record_or_a_log_that_was_changed_by_hand_is_committed_first() {
    let shop = Shop::workshop();
    shop.did("note CAM-0001 --note one");
    let log = shop.git("show --format= --name-only HEAD");
    let changes: [&dyn Fn(); 3] = [
        &|| shop.asset("CAM-0001", "Another name", "camera", ""),
        &|| fs::remove_file(shop.root().join(log.trim())).unwrap(),
        &|| drop(shop.event("CAM-0001", "2024-03-02T09:00:00Z", "note", "note = \"by hand\"")),
    ];
    for change in changes {
        change();
        shop.refuses("note CAM-0001 --note two", "has changes that are not committed");
        shop.git("checkout --quiet -- .");
        shop.git("clean --quiet -d --force");
    }
    shop.did("note CAM-0001 --note two");
}

#[test]
fn what_stands_in_the_folder_only_is_said_to_be_uncommitted() {
    let shop = Shop::workshop();
    shop.asset("CAM-0003", "New", "camera", "");
    shop.file("people/dora.toml", "name = \"Dora\"\nemail = \"dora@example.org\"\n");
    shop.file(
        "locations.toml",
        format!("{}[vat]\nname = \"Vat\"\n", fs::read_to_string(shop.root().join("locations.toml")).unwrap()),
    );
    let not_yet = "hint: it stands in the folder, but is not committed yet";
    for line in ["have CAM-0003", "have CAM-0001 --to dora", "have CAM-0001 --by dora", "move CAM-0001 --location vat"]
    {
        let said = shop.refuses(line, "there is no ");
        assert!(said.contains(not_yet), "{line}: {said}");
    }
    shop.git("config user.email Dora@example.org");
    let said = shop.refuses("have CAM-0001", "nobody in people/ has the e-mail address");
    assert!(said.contains(not_yet), "{said}");
}

#[test]
fn what_somebody_is_working_on_survives_a_commit() {
    let shop = Shop::workshop();
    shop.file("notes/a.txt", "one\n");
    shop.file("notes/b.txt", "one\n");
    shop.file("notes/gone.txt", "one\n");
    shop.file("notes/moved.txt", "moved\n");
    shop.file("notes/run.sh", "#!/bin/sh\n");
    shop.program("chmod").args(["+x", "notes/run.sh"]).status().unwrap();
    std::os::unix::fs::symlink("run.sh", shop.root().join("notes/link")).unwrap();
    fs::write(shop.root().join(std::ffi::OsStr::from_bytes(b"odd \xff \n")), "odd").unwrap();
    shop.commit("notes");
    shop.file("notes/a.txt", "staged\n");
    shop.git("add notes/a.txt");
    shop.file("notes/a.txt", "staged, then changed\n");
    shop.file("notes/b.txt", "changed\r\n");
    shop.git("rm --quiet --cached notes/gone.txt");
    shop.git("mv notes/moved.txt notes/here.txt");
    shop.file("notes/new.txt", "new and staged\n");
    shop.git("add notes/new.txt");
    shop.file("assets/TOL-0001/asset.toml", "name = \"Half a na");
    shop.file("untracked.txt", "\u{0}bytes");
    let state = |shop: &Shop| {
        let all = ["status --porcelain", "diff --cached", "diff", "ls-files --stage notes untracked.txt"];
        let files = crate::shop::files(&shop.root().join("notes"));
        (all.map(|line| shop.git(line)), files, fs::read(shop.root().join("untracked.txt")).unwrap())
    };
    let before = state(&shop);
    let ran = shop.run("have CAM-0001 CAM-0002");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(state(&shop), before);
    let committed = shop.git("show --format= --name-only HEAD");
    assert!(committed.lines().all(|path| path.contains("/log/")) && committed.lines().count() == 2, "{committed}");
    shop.refuses("note TOL-0001 --note hello", "has changes that are not committed");
    shop.git("fsck --strict");
}

#[test]
fn a_register_in_a_folder_of_a_repository_writes_only_there() {
    let shop = Shop::empty();
    for kit in ["kit", "branch/kit"] {
        shop.file(&format!("{kit}/tagbook.toml"), "title = \"Kit\"\ntimezone = \"UTC\"\n");
        shop.file(
            &format!("{kit}/people/ana.toml"),
            "name = \"Ana\"\nemail = \"ana@example.org\"\nrole = \"keeper\"\n",
        );
        shop.file(&format!("{kit}/categories.toml"), "[tool]\nname = \"Tools\"\nprefix = \"T\"\n");
        shop.file(&format!("{kit}/assets/A-1/asset.toml"), "name = \"One\"\ncategory = \"tool\"\n");
    }
    shop.file("README.md", "other things");
    shop.commit("first");
    shop.did("-C kit have A-1");
    let path = shop.git("show --format= --name-only HEAD");
    assert!(path.starts_with("kit/assets/A-1/log/"), "{path}");
    assert_eq!(shop.json("-C branch/kit show A-1")["status"], "available");
    shop.did("-C branch/kit have A-1");
    assert!(shop.git("show --format= --name-only HEAD").starts_with("branch/kit/assets/A-1/log/"));
    let inside = run_in(&shop, "shop/branch/kit/assets", "back a-1");
    assert_eq!(inside.code, Some(0), "{}", inside.err);
    assert_eq!(shop.json("-C branch/kit show A-1")["status"], "available");
    assert_eq!(shop.json("-C kit show A-1")["custodian"], "ana");
    shop.says("-C kit add --category tool --name Two");
    assert_eq!(shop.git("show --format= --name-only HEAD").trim(), "kit/assets/T-00xx/T-0001/asset.toml");
    assert_eq!(shop.git("status --porcelain"), "");
    for kit in ["kit", "branch/kit"] {
        assert_eq!(shop.run(&format!("-C {kit} check")).code, Some(0));
    }
}

#[test]
fn a_folder_in_no_repository_gets_files() {
    let shop = Shop::new();
    shop.asset("CAM-0001", "Sony FX3", "camera", "");
    let ran = shop.run("have CAM-0001 --by ben");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "CAM-0001 is with Ben Adler\n"));
    assert_eq!(ran.err, "note: this folder is in no git repository: the files are written, and there is no commit\n");
    assert_eq!(logged(&shop, "shop/assets/CAM-0001"), ["checkout"]);
    assert_eq!(shop.run("checkout CAM-0001 --to ana").code, Some(1));
    let quiet = shop.run("back CAM-0001 --no-commit");
    assert_eq!((quiet.code, quiet.err.as_str()), (Some(0), ""));
    assert!(!shop.root().join(".git").exists());
    shop.is_sound();
}

#[test]
fn the_first_commit_takes_the_register_along_and_nothing_else() {
    let shop = Shop::new();
    shop.asset("CAM-0001", "Sony FX3", "camera", "");
    shop.git("init --quiet");
    shop.file("private.txt", "mine");
    shop.file("staged.txt", "not yet");
    shop.git("add staged.txt");
    assert_eq!(shop.run("checkout CAM-0001 --to nobody").code, Some(1));
    let answer = shop.json("have CAM-0001");
    assert_eq!(answer["commit"].as_str(), Some(shop.git("rev-parse HEAD").trim()));
    assert_eq!(shop.git("rev-list --count HEAD").trim(), "1");
    assert_eq!(shop.git("log -1 --format=%s").trim(), "check out CAM-0001 to ana");
    let event = answer["event"].as_str().unwrap();
    assert_eq!(shop.git("log -1 --format=%(trailers:only)").trim(), format!("Tagbook-Event: CAM-0001/{event}"));
    assert_eq!(shop.git("status --porcelain"), "A  staged.txt\n?? private.txt\n");
    shop.says("back CAM-0001");
    assert_eq!(shop.git("status --porcelain"), "A  staged.txt\n?? private.txt\n");
}

#[test]
fn what_is_recorded_is_committed_even_where_git_ignores_logs() {
    let shop = Shop::new();
    shop.asset("CAM-0001", "Sony FX3", "camera", "");
    shop.file(".gitignore", "log/\n");
    shop.git("init --quiet");
    shop.says("have CAM-0001");
    assert!(shop.git("show --format= --name-only HEAD").contains("assets/CAM-0001/log/"));
    shop.did("back CAM-0001");
    assert_eq!(shop.kinds("CAM-0001"), ["checkout", "return"]);
}

#[test]
fn a_first_commit_that_fails_leaves_no_event() {
    let shop = Shop::new();
    shop.asset("CAM-0001", "Sony FX3", "camera", "");
    shop.git("init --quiet");
    shop.file(".git/hooks/pre-commit", "#!/bin/sh\necho not today >&2\nexit 1\n");
    shop.program("chmod").args(["+x", ".git/hooks/pre-commit"]).status().unwrap();
    let ran = shop.run("have CAM-0001");
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(ran.err.contains("not today"), "{}", ran.err);
    assert_eq!(logged(&shop, "shop/assets/CAM-0001"), Vec::<String>::new());
    fs::remove_file(shop.root().join(".git/hooks/pre-commit")).unwrap();
    shop.says("checkout CAM-0001 --to ben");
    assert_eq!(shop.git("status --porcelain"), "");
}

#[test]
fn what_is_half_done_is_finished_first() {
    let shop = Shop::workshop();
    shop.git("checkout --quiet --detach");
    let said = shop.refuses("have CAM-0001", "no branch is checked out");
    assert!(said.contains("hint: `git switch` to one, or leave the files uncommitted with --no-commit"), "{said}");
    shop.git("checkout --quiet -b other");
    shop.file("note.txt", "theirs");
    shop.commit("theirs");
    shop.git("checkout --quiet main");
    shop.file("note.txt", "ours");
    shop.commit("ours");
    assert!(!shop.program("git").args(["merge", "--quiet", "other"]).output().unwrap().status.success());
    let said = shop.refuses("have CAM-0001", "a merge is going on in this repository");
    assert!(said.contains("--no-commit"), "{said}");
    shop.says("have CAM-0001 --no-commit");
    shop.file("note.txt", "both");
    shop.git("add --all");
    shop.git("commit --quiet --no-edit");
    assert_eq!(shop.did("back CAM-0001")["state"]["custodian"], Value::Null);
}

#[test]
fn linked_work_trees_write_to_their_own_branch() {
    let shop = Shop::workshop();
    shop.git("worktree add --quiet -b side ../side");
    let main = shop.git("rev-parse main");
    let said = run_in(&shop, "side", "have CAM-0001 --to ben");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(shop.git("rev-parse main"), main);
    assert_eq!(shop.git("rev-parse side~1"), main);
    assert_eq!(shop.git("-C ../side status --porcelain") + &shop.git("status --porcelain"), "");
    assert_eq!(logged(&shop, "side/assets/CAM-0001"), ["checkout"]);
    assert_eq!(logged(&shop, "shop/assets/CAM-0001"), Vec::<String>::new());
    shop.did("have CAM-0001");
    let merged = shop.git("merge --quiet side");
    assert_eq!(merged, "");
    assert!(shop.run("check").out.contains("refused-event"));
}

#[test]
fn commands_at_once_wait_for_each_other() {
    let shop = Shop::workshop();
    let numbers = ["CAM-0001", "CAM-0001", "CAM-0001", "CAM-0002", "TOL-0001", "CAM-0001"];
    let start = |number: &&str| {
        shop.tagbook().args(["note", number, "--note", "at once"]).stdout(Stdio::null()).spawn().unwrap()
    };
    let all: Vec<_> = numbers.iter().map(start).collect();
    for mut one in all {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(shop.git("rev-list --count HEAD").trim(), "7");
    assert_eq!(shop.git("status --porcelain"), "");
    assert_eq!(shop.json("log").as_array().map(Vec::len), Some(6));
    shop.git("fsck --strict");

    let start = |_| {
        let mut command = shop.tagbook();
        command
            .args(["checkout", "CAM-0002", "--to", "ben"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let all: Vec<_> = (0..4).map(start).collect();
    let all: Vec<_> = all.into_iter().map(|mut one| one.wait().unwrap().code()).collect();
    assert_eq!(all.iter().filter(|code| **code == Some(0)).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|code| **code == Some(1)).count(), 3, "{all:?}");
    shop.is_sound();
}

#[test]
fn a_file_that_stands_in_the_way_is_left() {
    let shop = Shop::workshop();
    shop.file("assets/CAM-0001/log", "a file where a folder should be");
    let ran = shop.run("have CAM-0001");
    assert_ne!(ran.code, Some(0));
    assert_eq!(shop.git("rev-list --count HEAD").trim(), "1");
    fs::remove_file(shop.root().join("assets/CAM-0001/log")).unwrap();
    shop.did("have CAM-0001");
}

#[test]
fn repositories_may_be_packed_and_have_line_ends_of_their_own() {
    let shop = Shop::workshop();
    shop.git("gc --quiet");
    shop.git("pack-refs --all");
    shop.git("config core.autocrlf true");
    shop.did("have CAM-0001");
    let file = shop.git("show --format= --name-only HEAD");
    assert!(fs::read_to_string(shop.root().join(file.trim())).unwrap().contains("\r\n"));
    assert!(!shop.git(&format!("cat-file blob HEAD:{}", file.trim())).contains('\r'));
    shop.did("back CAM-0001");
    shop.git("config core.splitIndex true");
    shop.git("update-index --split-index");
    shop.did("have CAM-0001");
    shop.git("config index.version 4");
    shop.did("back CAM-0001");
    shop.is_sound();
}

#[test]
fn logs_that_cannot_be_read_take_nothing_more() {
    let shop = Shop::workshop();
    shop.file("assets/CAM-0001/log/broken.toml", "<<<<<<< HEAD\n[[event]]\n");
    shop.commit("broken");
    let said = shop.refuses("have CAM-0001", "not all that is written about `CAM-0001` can be read");
    assert!(said.contains("hint: `tagbook check` says where"), "{said}");
    shop.refuses("have CAM-0002 CAM-0001", "can be read");
    shop.did("have CAM-0002");
    let packed =
        "[[event]]\nid = \"a0000001\"\nat = 2024-01-02T09:00:00Z\nkind = \"checkout\"\nby = \"ana\"\nto = \"ben\"\n";
    shop.file("assets/TOL-0001/log/2024.toml", packed);
    shop.commit("packed");
    shop.refuses("checkout TOL-0001 --to ana", "by event `a0000001`");
    shop.did("back TOL-0001");
}

#[test]
fn files_need_no_identity_of_gits_and_no_straight_path() {
    let shop = Shop::workshop();
    fs::write(shop.outside("home/.gitconfig"), "[user]\nuseConfigOnly = true\n").unwrap();
    shop.says("have CAM-0001 --by ana --no-commit");
    assert_eq!(logged(&shop, "shop/assets/CAM-0001"), ["checkout"]);
    shop.git("clean --quiet -d --force");
    shop.git("config user.email ana@example.org");
    shop.git("config user.name Ana");
    std::os::unix::fs::symlink(shop.root(), shop.outside("link")).unwrap();
    shop.did("-C ../link have CAM-0001");
    let inside = run_in(&shop, "link/assets/CAM-0001", "back CAM-0001");
    assert_eq!(inside.code, Some(0), "{}", inside.err);
    assert_eq!(shop.git("status --porcelain"), "");
    assert_eq!(run_in(&shop, "home", "have CAM-0001").code, Some(1));
    assert_eq!(run_in(&shop, "home", "-C nowhere have CAM-0001").code, Some(3));
}

#[test]
fn a_first_addition_that_is_refused_leaves_nothing() {
    let shop = Shop::new();
    shop.git("init --quiet");
    for line in ["add --category camera --name Body", "add --category tool --name Drill --number T-1 --home nowhere"] {
        let ran = shop.run(line);
        assert_eq!(ran.code, Some(1), "{line}: {}", ran.err);
    }
    assert!(!shop.root().join("assets").exists());
    assert_eq!(shop.git("for-each-ref"), "");
}

#[test]
fn a_group_may_have_any_name() {
    let shop = Shop::workshop();
    for folder in ["assets/Ünï group \"x\"/X-1", "assets/[a]*/Y-1"] {
        shop.file(&format!("{folder}/asset.toml"), "name = \"X\"\ncategory = \"tool\"\n");
    }
    shop.commit("groups");
    for number in ["X-1", "Y-1"] {
        let ran = shop.run(&format!("have {number}"));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let ran = shop.run(&format!("back {number}"));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_eq!(shop.git("status --porcelain"), "");
    }
    assert_eq!(logged(&shop, "shop/assets/[a]*/Y-1"), ["checkout", "return"]);
    assert_eq!(shop.git("log -1 --format=%(trailers:only)").trim().split('/').next(), Some("Tagbook-Event: Y-1"));
}
