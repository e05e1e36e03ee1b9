//! Repositories of every shape.

use std::fs;

use crate::shop::{Shop, ran};

/// What a page or a file of the site has to say of the head.
fn head(shop: &Shop, root: &str) -> serde_json::Value {
    let text = fs::read_to_string(shop.outside(root).join("site/tagbook.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["commit"].clone()
}

fn builds(shop: &Shop, root: &str) {
    let mut command = shop.tagbook();
    command.arg("-C").arg(shop.outside(root)).arg("build");
    let ran = ran(command);
    assert_eq!(ran.code, Some(0), "{root}: {}", ran.err);
}

#[test]
fn a_register_needs_no_repository() {
    let shop = Shop::stocked();
    builds(&shop, "shop");
    assert_eq!(head(&shop, "shop"), serde_json::Value::Null);
    shop.git("init --quiet");
    builds(&shop, "shop");
    assert_eq!(head(&shop, "shop"), serde_json::Value::Null);
}

#[test]
fn the_site_names_the_head_however_it_is_checked_out() {
    let shop = Shop::stocked();
    let first = shop.commit("first");
    shop.asset("NEW-1", "New", "tool", "");
    let second = shop.commit("second");
    builds(&shop, "shop");
    assert_eq!(head(&shop, "shop"), second.as_str());
    let page = |path: &str| fs::read_to_string(shop.root().join("site").join(path)).unwrap();
    assert!(page("CAM-0001/index.html").contains(&first[..7]) && !page("CAM-0001/index.html").contains(&second[..7]));
    assert!(page("NEW-1/index.html").contains(&second[..7]));

    shop.git("checkout --quiet --detach HEAD~1");
    builds(&shop, "shop");
    assert_eq!(head(&shop, "shop"), first.as_str());
    shop.git("checkout --quiet main");

    let url = format!("file://{}", shop.root().display());
    shop.git(&format!("clone --quiet --depth 1 {url} ../shallow"));
    builds(&shop, "shallow");
    assert_eq!(head(&shop, "shallow"), second.as_str());

    shop.git(&format!("clone --quiet --bare {url} ../bare.git"));
    shop.git("-C ../bare.git worktree add --quiet ../tree main");
    builds(&shop, "tree");
    assert_eq!(head(&shop, "tree"), second.as_str());
    let mut old = shop.tagbook();
    old.arg("-C").arg(shop.outside("tree")).args(["list", "new", "--rev", "HEAD~1", "--format", "json"]);
    assert_eq!(ran(old).out.trim(), "[]");
}

#[test]
fn a_register_may_lie_inside_a_repository() {
    let shop = Shop::empty();
    shop.file("kit/tagbook.toml", "title = \"Kit\"\n[site]\naudience = \"team\"\n");
    shop.file("kit/categories.toml", "[tool]\nname = \"Tools\"\n");
    shop.file("kit/assets/A-1/asset.toml", "name = \"One\"\ncategory = \"tool\"\n");
    shop.file("README.md", "other things");
    let first = shop.commit("first");
    shop.file("kit/assets/A-2/asset.toml", "name = \"Two\"\ncategory = \"tool\"\n");
    shop.file("README.md", "still other things");
    shop.commit("second");
    assert_eq!(shop.json("-C kit list").as_array().map(Vec::len), Some(2));
    assert_eq!(shop.json("-C kit list --rev HEAD~1").as_array().map(Vec::len), Some(1));
    shop.says("-C kit build");
    assert!(fs::read_to_string(shop.root().join("kit/site/A-1/index.html")).unwrap().contains(&first[..7]));
    shop.says("-C kit build --rev HEAD~1 --out ../old");
    assert!(!shop.outside("old/A-2").exists());
}

#[test]
fn times_and_names_of_commits_may_be_odd() {
    let shop = Shop::stocked();
    shop.commit("first");
    for (n, date) in ["1970-01-01T00:00:01Z", "2099-12-31T23:59:59Z"].iter().enumerate() {
        shop.asset(&format!("ODD-{n}"), "Odd", "tool", "");
        shop.git("add --all");
        let mut commit = shop.program("git");
        commit.args(["commit", "--quiet", "--message", "odd <script>", "--author", "&amp; \u{202e}=1+1 <x>"]);
        commit.env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        let ran = ran(commit);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }
    builds(&shop, "shop");
}
