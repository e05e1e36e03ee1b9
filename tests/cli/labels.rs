//! `tagbook label` and `tagbook tags`.

use std::fs;

use crate::shop::Shop;

/// A workshop whose site stands somewhere.
fn printing() -> Shop {
    let shop = Shop::workshop();
    let settings = fs::read_to_string(shop.root().join("tagbook.toml")).unwrap();
    let settings = settings.lines().filter(|line| !line.starts_with("base_url")).collect::<Vec<_>>().join("\n");
    shop.file("tagbook.toml", format!("base_url = \"https://kit.nord.test/\"\n{settings}\n"));
    shop.commit("base");
    shop
}

/// What a decoder reads from a picture that was printed.
fn decoded(shop: &Shop, picture: &str) -> Vec<String> {
    let file = std::io::BufReader::new(fs::File::open(shop.outside(picture)).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let size = reader.next_frame(&mut grey).unwrap();
    let (width, height) = (size.width as usize, size.height as usize);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    image.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
}

fn print(shop: &Shop, words: &str) -> Vec<String> {
    let out = shop.outside("l.png");
    let _ = fs::remove_file(&out);
    let ran = shop.run(&format!("label {words} --stock zebra-2x1-300 --format png --output {}", out.display()));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    if out.is_file() {
        decoded(shop, "l.png")
    } else {
        (1..)
            .map_while(|n| {
                let name = format!("l-{n}.png");
                shop.outside(&name).is_file().then(|| {
                    let read = decoded(shop, &name).remove(0);
                    fs::remove_file(shop.outside(&name)).unwrap();
                    read
                })
            })
            .collect()
    }
}

fn address(number: &str) -> String {
    format!("https://KIT.NORD.TEST/{number}")
}

#[test]
fn labels_are_printed_for_what_is_named() {
    let shop = printing();
    assert_eq!(print(&shop, "CAM-0001"), [address("CAM-0001")]);
    assert_eq!(print(&shop, "cam0001"), [address("CAM-0001")]);
    let kit = print(&shop, "KIT-1");
    assert!(kit.len() > 2 && kit.contains(&address("KIT-1")) && kit.contains(&address("LMP-1")), "{kit:?}");
    let before = shop.git("rev-parse HEAD");
    let ran = shop.run("add --name New --category camera --by ana");
    let new = ran.out.split(' ').next().unwrap().to_owned();
    assert_eq!(print(&shop, &format!("--new-since {before}")), [address(&new)]);
    let ran = shop.run("label NONE-1");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no asset `NONE-1`"), "{}", ran.err);
}

#[test]
fn minted_tags_are_printed_and_tied_once() {
    let shop = printing();
    let before = shop.git("rev-parse HEAD");
    let ran = shop.run(&format!("tags mint 3 --by ana --output {}", shop.outside("tags.pdf").display()));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(fs::read(shop.outside("tags.pdf")).unwrap().starts_with(b"%PDF"));
    assert_eq!(shop.git("rev-parse HEAD~1"), before);
    let file = shop.git("show --format= --name-only HEAD");
    let text = fs::read_to_string(shop.root().join(file.trim())).unwrap();
    let minted: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    assert_eq!(minted.len(), 3);
    let (tag, batch) = (minted[0], file.trim().trim_start_matches("tags/").trim_end_matches(".toml"));
    assert_eq!(print(&shop, tag), [address(tag)]);
    assert_eq!(print(&shop, batch).len(), 3);
    let tied = shop.run(&format!("tags tie {} CAM-0001 --by ana", tag.to_lowercase()));
    assert_eq!(tied.code, Some(0), "{}", tied.err);
    assert!(shop.run(&format!("show {tag}")).out.contains("CAM-0001"));
    assert_eq!(print(&shop, tag), [address(tag)], "the number that is asked for");
    let again = shop.run(&format!("tags tie {tag} CAM-0002 --by ana"));
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("is on CAM-0001"), "{}", again.err);
    assert!(shop.run("tags list").out.contains(batch));
    assert_eq!(shop.run("tags mint 1 --by ben").code, Some(1), "only keepers mint");
    shop.is_sound();
}

#[test]
fn a_label_that_is_replaced_has_a_fresh_number_and_the_old_one_goes_on() {
    let shop = printing();
    let out = shop.outside("r.png");
    let line =
        format!("label --replace CAM-0001 --by ana --stock zebra-2x1-300 --format png --output {}", out.display());
    let ran = shop.run(&line);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let tag = ran.out.split(' ').next().unwrap().to_owned();
    assert_eq!(decoded(&shop, "r.png"), [address(&tag)]);
    for number in ["CAM-0001", &tag] {
        assert!(shop.run(&format!("show {number}")).out.contains("CAM-0001"), "{number}");
    }
    shop.is_sound();
}

#[test]
fn what_cannot_be_printed_is_not_recorded() {
    let shop = printing();
    let before = shop.git("rev-parse HEAD");
    for line in [
        "tags mint 3 --by ana --output nowhere/t.pdf".to_owned(),
        format!("tags mint 3 --by ana --output {}", shop.root().display()),
        "tags mint 3 --by ana --format svg --stock zebra-2x1 --output -".to_owned(),
        "tags mint 3 --by ana --dpi 9".to_owned(),
        "tags mint 3 --by ana --calibrate".to_owned(),
        "tags mint 3 --by ana --stock avery-l7610".to_owned(),
        "label --replace CAM-0001 --by ana --layout flag --stock avery-l4731rev".to_owned(),
        "label --replace CAM-0001 --by ana --output nowhere/t.pdf".to_owned(),
        "label --replace NONE-1 --by ana".to_owned(),
    ] {
        assert_ne!(shop.run(&line).code, Some(0), "{line}");
        assert_eq!(shop.git("rev-parse HEAD"), before, "{line}");
    }
    shop.file("tags/broken.toml", "x = [");
    shop.commit("broken");
    let ran = shop.run(&format!("tags mint 1 --by ana --output {}", shop.outside("t.pdf").display()));
    assert!(ran.err.contains("`tags/broken.toml` cannot be read"), "{}", ran.err);
}

#[test]
fn what_goes_to_standard_output_is_nothing_but_the_label() {
    let shop = printing();
    for (format, end) in [("zpl", "^XZ"), ("svg", "</svg>")] {
        let ran = shop.run(&format!("label CAM-0001 --stock zebra-2x1 --format {format} --output -"));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out.trim_end().ends_with(end), "{format}");
    }
}

#[test]
fn stock_of_ones_own_is_checked_and_printed_on() {
    let shop = printing();
    let settings = fs::read_to_string(shop.root().join("tagbook.toml")).unwrap();
    let with = |stock: &str| shop.file("tagbook.toml", format!("{settings}\n[labels.stocks.{stock}\n"));
    with("ours]\npage = \"A4\"\ncolumns = 3\nrows = 8\nwidth = 70\nheight = 36\nleft = 0\ntop = 4.5\npitch = [70, 36]");
    let out = shop.outside("l.pdf");
    assert_eq!(shop.run(&format!("label CAM-0001 --stock ours --output {}", out.display())).code, Some(0));
    for (stock, wrong) in [
        (
            "ours]\npage = \"A4\"\ncolumns = 3\nrows = 8\nwidth = 70\nheight = 36\nleft = 0\ntop = 4.5\npitch = [60, 36]",
            "overlap",
        ),
        (
            "ours]\npage = \"A4\"\ncolumns = 3\nrows = 9\nwidth = 70\nheight = 36\nleft = 0\ntop = 4.5\npitch = [70, 36]",
            "labels end at",
        ),
        ("ours]\npage = \"A99\"\nwidth = 70\nheight = 36", "is not one of A4, Letter"),
        ("ours]\nwidth = 70\nheight = 36\ndpi = 7", "dots an inch"),
        ("ours]\nwidth = 70\nheight = 36\nmargin = -20", "margin"),
        ("ours]\nwidth = 70", "height"),
        ("avery-l7160]\nwidth = 20\nheight = 20", "known already"),
    ] {
        with(stock);
        let ran = shop.run("check");
        assert_eq!(ran.code, Some(1), "{stock}");
        assert!(format!("{}{}", ran.out, ran.err).contains(wrong), "{stock}\n{}{}", ran.out, ran.err);
    }
}
