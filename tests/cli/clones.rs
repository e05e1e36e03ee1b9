//! Clones of one register: what is recorded in one is in all, and who comes second is told who came first.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::shop::Shop;

/// A register that is shared through `hub.git`, and a second clone `other` of it, which is ben's.
fn shared() -> Shop {
    let shop = Shop::workshop();
    shop.git("clone --quiet --bare . ../hub.git");
    shop.git("remote add origin ../hub.git");
    shop.git("fetch --quiet origin");
    shop.git("branch --quiet --set-upstream-to origin/main");
    shop.git("clone --quiet ../hub.git ../other");
    shop.git("-C ../other config user.email ben@example.org");
    shop
}

/// The newest commits here, in the other clone, and in the hub.
fn heads(shop: &Shop) -> [String; 3] {
    ["rev-parse HEAD", "-C ../other rev-parse HEAD", "-C ../hub.git rev-parse main"].map(|line| shop.git(line))
}

/// Whether all have the same newest commit, with nothing left over.
fn agree(shop: &Shop) -> bool {
    let [here, other, hub] = heads(shop);
    let left = shop.git("status --porcelain") + &shop.git("-C ../other status --porcelain");
    assert_eq!(left, "");
    here == other && other == hub
}

/// What a command that must not go through says; it changes nothing here and nothing in the hub.
fn fails(shop: &Shop, line: &str, code: i32) -> String {
    let state = || {
        let folder = |folder: &str| {
            let own = |line: &str| shop.git(&format!("-C {folder} {line}"));
            [own("rev-parse HEAD"), own("branch --list"), own("status --porcelain"), own("diff HEAD")]
        };
        let hub = shop.outside("hub.git").exists().then(|| shop.git("-C ../hub.git rev-parse main"));
        (folder("."), folder("../other"), hub, shop.git("for-each-ref refs/tagbook"), logs(shop))
    };
    let before = state();
    let ran = shop.run(line);
    assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{line}: {}", ran.err);
    assert_eq!(state(), before, "{line}");
    ran.err
}

fn logs(shop: &Shop) -> Vec<String> {
    let here = crate::shop::files(&shop.root().join("assets")).into_keys();
    here.chain(crate::shop::files(&shop.outside("other/assets")).into_keys()).collect()
}

fn hook(shop: &Shop, path: &str, script: &str) {
    let path = shop.outside(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_is_recorded_is_on_the_remote() {
    let shop = shared();
    let said = shop.says("have CAM-0001");
    assert!(said.starts_with("CAM-0001 is with Ana Ruiz") && said.ends_with(", on origin\n"), "{said}");
    assert_eq!(heads(&shop)[0], heads(&shop)[2]);
    assert_eq!(shop.git("status --porcelain --branch"), "## main...origin/main\n");
    assert_eq!(shop.git("for-each-ref refs/tagbook"), "");
    assert_eq!(shop.git("-C ../hub.git for-each-ref --format=%(refname)").trim(), "refs/heads/main");
}

#[test]
fn a_stale_clone_decides_on_the_newest() {
    let shop = shared();
    shop.did("have CAM-0001");
    // Nobody told the other clone: it does not fetch before it asks.
    shop.says("-C ../other note CAM-0002 --note hello");
    assert_eq!(heads(&shop)[1], heads(&shop)[2]);
    assert_eq!(shop.json("-C ../other show CAM-0001")["custodian"], "ana");
    let said = fails(&shop, "checkout CAM-0001 --to ben", 1);
    assert!(said.contains("`ana` has it since"), "{said}");

    shop.says("-C ../other transfer CAM-0001 --to ben");
    let said = fails(&shop, "extend CAM-0001 --due 2024-01-01", 1);
    assert!(said.contains("before the day"), "{said}");
    // Here it is still with ana: the refusal names who has it on the remote.
    assert_eq!(shop.json("show CAM-0001")["custodian"], "ana");
    let said = fails(&shop, "transfer CAM-0001 --to ben", 1);
    assert!(said.contains("`ben` has it since"), "{said}");
    let said = fails(&shop, "accept CAM-0001", 1);
    assert!(said.contains("`ben` has it since"), "{said}");

    shop.says("back CAM-0001");
    shop.says("-C ../other note CAM-0001 --note seen");
    shop.git("pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.kinds("CAM-0001"), ["checkout", "transfer", "return", "note"]);
    shop.is_sound();
}

#[test]
fn two_who_take_the_same_thing_are_told_apart() {
    let shop = shared();
    shop.did("checkout CAM-0001 --to ana");
    let ran = shop.run("-C ../other checkout CAM-0001 --to ben");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("`ana` has it since") && ran.err.contains("hint: `have` takes it over"), "{}", ran.err);
    shop.says("-C ../other have CAM-0001");
    shop.says("back CAM-0001");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.kinds("CAM-0001"), ["checkout", "transfer", "return"]);
}

#[test]
fn new_records_in_two_clones_have_two_numbers() {
    let shop = shared();
    shop.says("add --category camera --name First");
    let said = shop.says("-C ../other add --category camera --name Second --by ana");
    assert!(said.starts_with("CAM-0004 Second is in the register"), "{said}");
    shop.git("pull --quiet");
    assert!(agree(&shop));
    shop.is_sound();
}

#[test]
fn a_remote_that_declines_leaves_everything_as_it_was() {
    let shop = shared();
    hook(&shop, "hub.git/hooks/pre-receive", "#!/bin/sh\necho 'no pushes on Sundays' >&2\nexit 1\n");
    let said = fails(&shop, "have CAM-0001", 1);
    assert!(said.contains("`origin` does not take it") && said.contains("no pushes on Sundays"), "{said}");
    assert!(said.contains("nothing was recorded") && said.contains("hint: ") && said.contains("--no-push"), "{said}");
    fs::remove_file(shop.outside("hub.git/hooks/pre-receive")).unwrap();
    shop.did("have CAM-0001");
}

#[test]
fn a_hook_that_declines_before_the_push_is_heard() {
    let shop = shared();
    hook(&shop, "shop/.git/hooks/pre-push", "#!/bin/sh\necho pushed >> ../pushes\necho 'not from here' >&2\nexit 1\n");
    let said = fails(&shop, "have CAM-0001", 1);
    assert!(said.contains("`origin` does not take it") && said.contains("not from here"), "{said}");
    assert!(fs::read_to_string(shop.outside("pushes")).unwrap().lines().count() <= 3);
    shop.says("have CAM-0001 --no-push");
}

#[test]
fn a_remote_that_is_gone_leaves_everything_as_it_was() {
    let shop = shared();
    fs::rename(shop.outside("hub.git"), shop.outside("away.git")).unwrap();
    let said = fails(&shop, "have CAM-0001", 3);
    assert!(said.contains("`origin`") && said.contains("--no-push"), "{said}");
    let said = fails(&shop, "return CAM-0001", 3);
    assert!(said.contains("`origin`"), "{said}");

    let said = shop.says("have CAM-0001 --no-push");
    assert!(!said.contains("origin"), "{said}");
    fs::rename(shop.outside("away.git"), shop.outside("hub.git")).unwrap();
    shop.says("note CAM-0001 --note hello");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.git("rev-list --count HEAD").trim(), "3");
}

#[test]
fn what_was_not_pushed_goes_along_with_the_next() {
    let shop = shared();
    let first = shop.json("have CAM-0001 --no-push")["commit"].as_str().unwrap().to_owned();
    shop.git("config tagbook.push false");
    shop.says("have CAM-0002");
    shop.git("config tagbook.push true");
    assert_eq!(shop.git("rev-list --count origin/main..main").trim(), "2");
    shop.says("note TOL-0001 --note hello");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.git("-C ../hub.git rev-parse main~2").trim(), first);
    // Neither does it ask a remote that it does not push to.
    fs::rename(shop.outside("hub.git"), shop.outside("away.git")).unwrap();
    shop.git("config tagbook.push false");
    shop.did("back CAM-0001");
}

#[test]
fn commits_of_ones_own_are_not_pushed_along() {
    let shop = shared();
    shop.file("README.md", "a draft");
    shop.commit("draft");
    let said = fails(&shop, "have CAM-0001", 1);
    assert!(said.contains("commits of yours that `origin` does not have (1)"), "{said}");
    assert!(said.contains("hint: share them with `git push`"), "{said}");
    shop.says("have CAM-0001 --no-push");
    fails(&shop, "have CAM-0002", 1);
    shop.git("push --quiet");
    shop.says("have CAM-0002");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
}

#[test]
fn branches_that_parted_are_brought_together_first() {
    let shop = shared();
    shop.says("have CAM-0001 --no-push");
    shop.says("-C ../other have CAM-0002");
    let said = fails(&shop, "have TOL-0001", 1);
    assert!(said.contains("each gone their own way") && said.contains("git pull --rebase"), "{said}");
    shop.git("pull --quiet --rebase");
    shop.says("have TOL-0001");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
    shop.is_sound();
}

#[test]
fn a_file_that_somebody_works_on_is_not_overwritten_by_what_others_did() {
    let shop = shared();
    shop.file("people/ben.toml", "name = \"Benjamin Adler\"\nemail = \"Ben@Example.org\"\n");
    shop.commit("rename");
    shop.git("push --quiet");
    let text = "name = \"Ben, as he is being changed\"\n";
    fs::write(shop.outside("other/people/ben.toml"), text).unwrap();
    let before = heads(&shop);
    let ran = shop.run("-C ../other have CAM-0001");
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("people/ben.toml") && ran.err.contains("nothing was recorded"), "{}", ran.err);
    assert!(ran.err.contains("hint: commit them or move them away"), "{}", ran.err);
    assert_eq!(heads(&shop), before);
    assert_eq!(fs::read_to_string(shop.outside("other/people/ben.toml")).unwrap(), text);
    shop.git("-C ../other checkout --quiet people/ben.toml");

    // Neither is a file that git does not know yet.
    shop.file("jobs/new.toml", "title = \"New\"\n");
    shop.commit("job");
    shop.git("push --quiet");
    fs::write(shop.outside("other/jobs/new.toml"), "mine").unwrap();
    let ran = shop.run("-C ../other have CAM-0001");
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("jobs/new.toml"), "{}", ran.err);
    assert_eq!(fs::read_to_string(shop.outside("other/jobs/new.toml")).unwrap(), "mine");
    fs::remove_file(shop.outside("other/jobs/new.toml")).unwrap();
    shop.says("-C ../other have CAM-0001");
    shop.git("pull --quiet");
    assert!(agree(&shop));
}

#[test]
fn a_branch_that_cannot_follow_is_told_to() {
    let shop = shared();
    shop.file("people/ben.toml", "name = \"Benjamin Adler\"\nemail = \"Ben@Example.org\"\n");
    shop.commit("rename");
    shop.git("push --quiet");
    // Somebody begins to work on a file that has to change, when the hub has all but taken it.
    let file = shop.outside("other/people/ben.toml");
    hook(&shop, "hub.git/hooks/pre-receive", &format!("#!/bin/sh\necho '# mine' >> '{}'\n", file.display()));
    let head = shop.git("-C ../other rev-parse HEAD");
    let ran = shop.run("-C ../other have CAM-0001");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("note: `origin` has it, but your branch could not follow"), "{}", ran.err);
    assert!(ran.out.trim_end().ends_with(", on origin"), "{}", ran.out);
    assert_eq!(shop.git("-C ../other rev-parse HEAD"), head);
    assert_eq!(shop.git("-C ../other status --porcelain"), " M people/ben.toml\n");
    assert!(fs::read_to_string(&file).unwrap().ends_with("# mine\n"));
    shop.git("-C ../other checkout --quiet people/ben.toml");
    fs::remove_file(shop.outside("hub.git/hooks/pre-receive")).unwrap();
    shop.says("-C ../other note CAM-0001 --note hello");
    shop.git("pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.kinds("CAM-0001"), ["checkout", "note"]);
}

#[test]
fn a_remote_with_a_work_tree_of_its_own_takes_no_pushes() {
    let shop = Shop::workshop();
    shop.git("clone --quiet . ../other");
    let head = shop.git("rev-parse HEAD");
    for line in ["-C ../other have CAM-0001", "-C ../other back CAM-0001"] {
        let ran = shop.run(line);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(!ran.out.contains("origin"), "{}", ran.out);
        assert!(ran.err.contains("note: recorded here only: `origin` has a work tree on this branch"), "{}", ran.err);
    }
    assert_eq!(shop.git("rev-parse HEAD"), head);
    assert_eq!(shop.git("status --porcelain"), "");
    assert_eq!(shop.git("-C ../other rev-list --count HEAD").trim(), "3");
    assert_eq!(shop.git("-C ../other status --porcelain"), "");
    shop.git("pull --quiet ../other main");
    assert_eq!(shop.json("log CAM-0001").as_array().map(Vec::len), Some(2));
}

#[test]
fn a_branch_of_ones_own_stays_here() {
    let shop = shared();
    shop.git("switch --quiet --create mine");
    let said = shop.says("have CAM-0001");
    assert!(!said.contains("origin"), "{said}");
    shop.git("switch --quiet main");
    assert_eq!(shop.json("show CAM-0001")["status"], "available");
    assert!(agree(&shop));
}

#[test]
fn the_branch_may_have_another_name_there() {
    let shop = shared();
    shop.git("push --quiet origin main:trunk");
    shop.git("branch --quiet --set-upstream-to origin/trunk");
    let main = shop.git("-C ../hub.git rev-parse main");
    shop.says("have CAM-0001");
    assert_eq!(shop.git("-C ../hub.git rev-parse trunk"), shop.git("rev-parse HEAD"));
    assert_eq!(shop.git("-C ../hub.git rev-parse main"), main);
}

#[test]
fn clones_that_record_at_once_lose_nothing() {
    let shop = shared();
    let start = |n: usize| {
        let clone = if n.is_multiple_of(2) { "." } else { "../other" };
        let number = ["CAM-0001", "CAM-0002", "TOL-0001"][n % 3];
        let mut command = shop.tagbook();
        command.args(["-C", clone, "note", number, "--note", "at once"]);
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let all: Vec<_> = (0..6).map(start).collect();
    for mut one in all {
        assert!(one.wait().unwrap().success());
    }
    shop.git("pull --quiet");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.json("log").as_array().map(Vec::len), Some(6));
    assert_eq!(shop.git("rev-list --count --no-merges HEAD").trim(), "7");
    assert_eq!(shop.git("for-each-ref refs/tagbook") + &shop.git("-C ../other for-each-ref refs/tagbook"), "");
    shop.is_sound();
}

/// A hook that ends the program whose git program runs it.
const DEADLY: &str =
    "#!/bin/sh\nread -r pid name state parent rest < /proc/$PPID/stat\nrm -f \"$0\"\nkill -9 \"$parent\"\n";

#[test]
fn a_writer_that_is_killed_while_it_pushes_loses_nothing() {
    let shop = shared();
    hook(&shop, "shop/.git/hooks/pre-push", DEADLY);
    assert_eq!(shop.run("have CAM-0001").code, None);
    // Git may go on alone, or not: whoever asks next sees what the hub has.
    let said = shop.run("checkout CAM-0001 --to ana");
    assert!(matches!(said.code, Some(0 | 1)), "{}", said.err);
    shop.git("-C ../other pull --quiet");
    shop.git("pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.json("log").as_array().map(Vec::len), Some(1));
    shop.did("note CAM-0001 --note hello");
}

#[test]
fn a_writer_that_is_killed_before_the_branch_moves_has_done_nothing() {
    for commands in [["have CAM-0001", "have CAM-0001"], ["add --category camera --name Body", "have CAM-0002"]] {
        let shop = Shop::workshop();
        let before = shop.git("rev-parse HEAD");
        hook(&shop, "shop/.git/hooks/post-index-change", DEADLY);
        assert_eq!(shop.run(commands[0]).code, None);
        assert_eq!(shop.git("rev-parse HEAD"), before);
        shop.did(commands[1]);
        assert_eq!(shop.git("rev-parse HEAD~1"), before);
        assert_eq!(shop.json("log").as_array().map(Vec::len), Some(1));
        shop.is_sound();
    }
}

#[test]
fn a_shallow_clone_and_a_remote_without_a_name_will_do() {
    let shop = shared();
    shop.did("note CAM-0002 --note one");
    shop.git(&format!("clone --quiet --depth 1 file://{} ../shallow", shop.outside("hub.git").display()));
    shop.says("-C ../shallow have CAM-0001");
    shop.says("note CAM-0001 --note two");
    shop.says("-C ../shallow note CAM-0001 --note three");

    shop.git("config branch.main.remote ../hub.git");
    shop.says("back CAM-0001");
    let said = fails(&shop, "return CAM-0001", 1);
    assert!(!said.contains("faster"), "{said}");
    shop.git("-C ../other pull --quiet");
    assert!(agree(&shop));
    assert_eq!(shop.json("log CAM-0001").as_array().map(Vec::len), Some(4));
}
