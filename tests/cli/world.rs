//! `tagbook build` where the world fails: the old site stays whole, and what failed is named.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::shop::{Shop, assert_same, ran};

const TAGBOOK: &str = env!("CARGO_BIN_EXE_tagbook");

/// A register with a site, then changed so that every page would change.
fn changed() -> Shop {
    let shop = Shop::stocked();
    shop.says("build");
    change(&shop, "Another title");
    shop
}

fn change(shop: &Shop, title: &str) {
    shop.file(
        "tagbook.toml",
        format!("title = \"{title}\"\ntimezone = \"Europe/Berlin\"\n[site]\naudience = \"team\"\n"),
    );
    shop.asset("NEW-1", title, "tool", "");
}

#[test]
fn a_folder_that_is_read_only_is_named() {
    let shop = changed();
    let before = shop.site();
    let site = shop.root().join("site");
    fs::set_permissions(&site, fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = shop.tagbook_without_rights();
    command.arg("build");
    let ran = ran(command);
    fs::set_permissions(&site, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    let site = site.canonicalize().unwrap();
    assert!(ran.err.contains(site.to_str().unwrap()) && ran.err.contains("ermission denied"), "{}", ran.err);
    assert_same(&before, &shop.site());
}

#[test]
fn what_stands_in_the_way_is_named() {
    for folder in [false, true] {
        let shop = changed();
        let foreign = shop.root().join("site").join(if folder { "NEW-1/index.html" } else { "NEW-1" });
        if folder { fs::create_dir_all(&foreign) } else { fs::write(&foreign, "mine") }.unwrap();
        let before = shop.site();
        let ran = shop.run("build");
        assert_eq!(ran.code, Some(3), "{}", ran.err);
        assert!(ran.err.contains(foreign.to_str().unwrap()), "{}", ran.err);
        assert_same(&before, &shop.site());
        assert!(!shop.root().join("site/.tagbook-next").exists());
        if folder { fs::remove_dir(&foreign) } else { fs::remove_file(&foreign) }.unwrap();
        shop.says("build");
        assert_same(&shop.site(), &shop.fresh_site());
    }
}

#[test]
fn a_file_that_may_not_be_read_is_a_finding() {
    let shop = Shop::stocked();
    shop.file("assets/CAM-0002/files/x.pdf", "%PDF-1.7");
    let closed = ["assets/CAM-0001/asset.toml", "assets/CAM-0002/files/x.pdf", "locations.toml"];
    for path in closed {
        fs::set_permissions(shop.root().join(path), fs::Permissions::from_mode(0o0)).unwrap();
    }
    let mut command = shop.tagbook_without_rights();
    command.args(["check", "--format", "json"]);
    let ran = ran(command);
    for path in closed {
        fs::set_permissions(shop.root().join(path), fs::Permissions::from_mode(0o644)).unwrap();
    }
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    for path in closed {
        let about = |line: &&str| line.contains("\"unreadable\"") && line.contains(path);
        assert!(ran.out.lines().any(|line| about(&line)), "{path}: {}", ran.out);
    }
}

#[test]
fn a_register_that_may_not_be_read_is_named() {
    let shop = Shop::stocked();
    fs::set_permissions(shop.root(), fs::Permissions::from_mode(0o0)).unwrap();
    let mut command = shop.tagbook_without_rights();
    command.args(["-C", shop.root().to_str().unwrap(), "check"]).current_dir(shop.outside("home"));
    let ran = ran(command);
    fs::set_permissions(shop.root(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(ran.err.contains(shop.root().to_str().unwrap()), "{}", ran.err);
}

#[test]
fn files_that_may_not_grow_leave_the_old_site() {
    let shop = changed();
    let before = shop.site();
    let mut shell = shop.program("sh");
    // No file of more than 4 KiB; without the trap the program would be killed and could not say so.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f 8; exec {TAGBOOK} build")]);
    let ran = ran(shell);
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(ran.err.contains("cannot write `") && ran.err.contains("File too large"), "{}", ran.err);
    assert_same(&before, &shop.site());
    shop.says("build");
    assert_same(&shop.site(), &shop.fresh_site());
}

/// Builds on a disk of its own, fills it up to some room, builds what has changed, and compares.
const FULL_DISK: &str = r#"
set -eu
tagbook=$1 out=$2
mkdir "$out"
mount -t tmpfs -o size=8m tmpfs "$out"
sums() { (cd "$out/site" && find . -type f ! -path './.tagbook-*' | LC_ALL=C sort | xargs sha256sum); }
"$tagbook" build --out "$out/site" > /dev/null
old=$(sums)
printf 'title = "Another title"\n[site]\naudience = "team"\n' > tagbook.toml
for room in 0 4 8 16 32 64 128 256 512; do
    rm -f "$out/fill"
    cat /dev/zero > "$out/fill" 2> /dev/null || true
    size=$(($(stat -c %s "$out/fill") - room * 1024))
    truncate -s "$size" "$out/fill"
    code=0
    "$tagbook" build --out "$out/site" > /dev/null 2> "$out.err" || code=$?
    echo "$room $code $([ "$old" = "$(sums)" ] && echo old || echo new) $(cat "$out.err")"
    [ "$code" = 3 ] || break
done
rm "$out/fill"
"$tagbook" build --out "$out/site" > /dev/null
"$tagbook" build --out "$out.fresh" > /dev/null
[ "$(sums)" = "$(cd "$out.fresh" && find . -type f ! -path './.tagbook-*' | LC_ALL=C sort | xargs sha256sum)" ] && echo whole
"#;

/// A shell in which no file may grow past a block, and a write that would is refused instead of fatal.
const NO_ROOM: &str = r#"trap '' XFSZ; ulimit -f 1; exec "$0" -C "$1" build --audience team"#;

#[test]
fn a_write_that_is_refused_leaves_the_old_site() {
    let shop = Shop::stocked();
    shop.says("build --audience public");
    let before = shop.site();
    let mut shell = shop.program("sh");
    shell.args(["-c", NO_ROOM, TAGBOOK, shop.root().to_str().unwrap()]);
    let ran = ran(shell);
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.out, ran.err);
    assert!(ran.err.contains("error: cannot write `"), "{}", ran.err);
    assert_same(&before, &shop.site());
    shop.says("build --audience team");
}

/// The same at every fill of a real disk, where a small one may be mounted (a container may forbid that).
#[test]
fn a_full_disk_leaves_the_old_site() {
    let shop = Shop::stocked();
    let may_mount = shop.program("unshare").args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !may_mount.is_ok_and(|output| output.status.success()) {
        eprintln!("not tried: nothing may be mounted here");
        return;
    }
    let mut shell = shop.program("unshare");
    shell.args(["-rm", "sh", "-c", FULL_DISK, "sh", TAGBOOK, shop.outside("disk").to_str().unwrap()]);
    let ran = ran(shell);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    let lines: Vec<_> = ran.out.lines().collect();
    let (whole, tries) = lines.split_last().unwrap();
    assert_eq!(*whole, "whole", "{}", ran.out);
    assert!(tries[0].starts_with("0 3 old error: cannot "), "{}", ran.out);
    for line in tries {
        let words: Vec<_> = line.split(' ').collect();
        let expected = if words[1] == "0" { "new" } else { "old" };
        assert_eq!(words[2], expected, "{}", ran.out);
        assert!(words[1] == "0" || line.contains("/disk/site"), "{line}");
    }
}

#[test]
fn a_build_that_is_killed_is_made_whole_by_the_next() {
    let shop = Shop::stocked();
    for n in 0..60 {
        shop.asset(&format!("LOT-{n}"), "One of many", "tool", "");
    }
    shop.says("build");
    for delay in [20, 60, 120, 200, 300, 420] {
        let before = shop.site();
        change(&shop, &format!("Title {delay}"));
        let mut build = shop.tagbook().arg("build").stdout(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        build.kill().unwrap();
        build.wait().unwrap();
        let moving = shop.root().join("site/.tagbook-next/.tagbook-manifest").exists();
        let after = shop.site();
        let fresh = shop.fresh_site();
        if !moving && after != fresh {
            assert_same(&before, &after);
        }
        shop.says("build");
        assert_same(&shop.site(), &fresh);
        assert!(!shop.root().join("site/.tagbook-next").exists());
    }
}

#[test]
fn two_builds_at_once_do_not_mix() {
    let shop = Shop::stocked();
    let build = |audience: &str| -> Command {
        let mut command = shop.tagbook();
        command.args(["build", "--audience", audience]).stdout(Stdio::null());
        command
    };
    for _ in 0..3 {
        let _ = fs::remove_dir_all(shop.root().join("site"));
        let mut all: Vec<_> =
            ["team", "public", "team", "public"].map(|audience| build(audience).spawn().unwrap()).into();
        assert!(all.iter_mut().all(|build| build.wait().unwrap().success()));
        let audience = if shop.site().contains_key("people/ana/index.html") { "team" } else { "public" };
        shop.says(&format!("build --audience {audience} --out ../{audience}"));
        assert_same(&shop.site(), &crate::shop::files(&shop.outside(audience)));
    }
}
