//! A register in memory, rendered into memory.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;

use tagbook::register::{self, Audience, Moment};
use tagbook::site::{self, Body, Build, Commit, Commits, Output, Theme};
use tagbook::tree::{Entry, Facts, Tree};

/// The files of a site by path; of a copied file, where it comes from.
pub type Site = BTreeMap<String, String>;

/// A register that grows file by file.
#[derive(Default, Clone)]
pub struct Shelf {
    tree: Tree,
}

impl Shelf {
    pub fn new() -> Shelf {
        Shelf::default().file(
            "tagbook.toml",
            "title = 'Kit of Nord'\nbase_url = 'https://kit.example.org/'\ncontact = 'kit@example.org, +49 30 5550 123'\ncurrency = 'EUR'\ntimezone = 'Europe/Berlin'\n",
        )
    }

    pub fn file(mut self, path: &str, text: &str) -> Shelf {
        self.tree.insert_toml(path, text.as_bytes().to_vec());
        self
    }

    pub fn bytes(mut self, path: &str, bytes: &[u8]) -> Shelf {
        let facts = Facts { size: bytes.len() as u64, head: bytes.to_vec(), pixels: None };
        self.tree.insert(path, Entry::Other(facts));
        self
    }

    /// An asset with these lines in its record besides name and category.
    pub fn asset(self, number: &str, name: &str, category: &str, more: &str) -> Shelf {
        let record = format!("name = {}\ncategory = {category:?}\n{more}\n", quoted(name));
        self.file(&format!("assets/{number}/asset.toml"), &record)
    }

    /// Events, one a line: `2026-11-23T08:14:00Z checkout ana to = "ana" ;; due = 2026-11-27`.
    pub fn log(self, number: &str, lines: &str) -> Shelf {
        let mut text = String::new();
        for (place, line) in lines.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap_or_default();
            let (at, kind, by, rest) = (word(), word(), word(), word());
            let fields = rest.replace(" ;; ", "\n");
            text.push_str(&format!(
                "[[event]]\nid = \"e000000{place:x}\"\nat = {at}\nkind = \"{kind}\"\nby = \"{by}\"\n{fields}\n"
            ));
        }
        self.file(&format!("assets/{number}/log/events.toml"), &text)
    }

    pub fn team(&self) -> Site {
        self.render(Audience::Team, Theme::embedded())
    }

    pub fn public(&self) -> Site {
        self.render(Audience::Public, Theme::embedded())
    }

    pub fn render(&self, audience: Audience, theme: Theme) -> Site {
        let opened = register::open(&self.tree);
        let unread: Vec<_> = opened.findings.iter().filter(|finding| finding.rule == "syntax").collect();
        assert!(unread.is_empty(), "the test's register cannot be read: {unread:#?}");
        let zone = opened.register.config.timezone;
        let moment = Moment::end_of("2026-11-23".parse().unwrap(), zone);
        let commit = Commit { id: "3f9c21a0aabbccddeeff".into(), at: moment.now };
        let newest = opened.register.assets.keys().map(|number| (number.clone(), commit.clone())).collect();
        let build = Build {
            audience,
            moment,
            commits: Commits { head: Some(commit), newest, ..Commits::default() },
            is_past: false,
            fonts: site::no_fonts,
        };
        let files = Mutex::new(Site::new());
        let sink = |output: Output| -> Result<(), Infallible> {
            let text = match output.body {
                Body::Text(text) => text,
                Body::Bytes(bytes) => format!("{} bytes", bytes.len()),
                Body::File { from, strip } => format!("<- {from}{}", if strip { " stripped" } else { "" }),
            };
            let before = files.lock().unwrap().insert(output.path.clone(), text);
            assert_eq!(before, None, "{} was handed out twice", output.path);
            Ok(())
        };
        site::render(&opened, &self.tree, &theme, &build, &sink).unwrap();
        files.into_inner().unwrap()
    }
}

/// A text on one line: JSON's strings are TOML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Pages of a site with their paths.
pub fn pages(site: &Site) -> impl Iterator<Item = (&str, scraper::Html)> {
    site.iter()
        .filter(|(path, _)| path.ends_with(".html"))
        .map(|(path, text)| (path.as_str(), scraper::Html::parse_document(text)))
}

/// What a page says, with single blanks.
pub fn text(html: &str) -> String {
    let page = scraper::Html::parse_document(html);
    let main = scraper::Selector::parse("main").unwrap();
    let words: String = page.select(&main).flat_map(|main| main.text()).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A register in which every field is written, each as `mark` makes it from the field's name.
pub fn stuffed(mark: impl Fn(&str) -> String) -> Shelf {
    let m = |field: &str| quoted(&mark(field));
    let record = format!(
        "serial = {}\nmanufacturer = {}\nmodel = {}\nhome = 'shelf'\nowner = {}\npart_of = 'KIT-1'\ncontents = [{}]\naliases = ['OLD-1']\n\
         photo = 'files/photo.jpg'\ndocuments = [{{ file = 'files/paper.pdf', title = {} }}]\nnotes = {}\nin_service = 2024-01-15\n\
         replacement_value = '4200.00 EUR'\npolicy = {}\n[purchase]\ndate = 2024-01-12\ncost = '3899.00 EUR'\nsupplier = {}\norder = {}\n\
         invoice = {}\nwarranty_until = 2027-01-12\n[hire]\nfrom = 2026-01-05\nuntil = 2027-12-31\nrate = '12.00 EUR'\nsupplier = {}\n\
         [depreciation]\nmethod = 'straight-line'\nlife = '5y'\nresidual = '400.00 EUR'\n[identifiers]\nrfid = [{}]\ngps = {}\nbarcode = [{}]\n\
         [fields]\nsensor = {}\nlink = 'https://example.org/x'\n",
        m("serial"),
        m("manufacturer"),
        m("model"),
        m("owner"),
        m("contents"),
        m("document"),
        m("notes"),
        m("policy"),
        m("supplier"),
        m("order"),
        m("invoice"),
        m("hirer"),
        m("rfid"),
        m("gps"),
        m("barcode"),
        m("field"),
    );
    let log = format!(
        "2026-02-02T08:00:00Z checkout ben to = 'ana' ;; due = 2026-02-06 ;; job = 'spot' ;; note = {n}\n\
         2026-02-03T09:00:00Z transfer ana to = 'ben'\n2026-02-03T09:01:00Z accept ben \n2026-02-04T09:00:00Z extend ana due = 2026-02-10\n\
         2026-02-09T17:00:00Z return ana location = 'shelf' ;; condition = 'good'\n2026-02-20T10:00:00Z report ben severity = 'minor' ;; note = {n} ;; photos = ['files/fault.jpg', 'files/fault.png', 'files/../../CAM-2/photo-two.jpg', 'files/none.jpg', 'files/paper.pdf']\n\
         2026-02-21T10:00:00Z repair ana vendor = {v} ;; due = 2026-03-01\n2026-02-27T10:00:00Z repaired ana condition = 'good' ;; cost = '89.00 EUR'\n\
         2026-03-03T09:00:00Z sighting import source = 'gps' ;; lat = 52.52 ;; lon = 13.41\n2026-03-04T09:00:00Z missing ana note = {n}\n\
         2026-03-05T09:00:00Z found ben location = 'shelf'\n2026-11-02T14:10:00Z audit ana location = 'shelf' ;; audit = 'q4'\n\
         2026-11-03T08:00:00Z reserve ben for = 'ana' ;; from = 2027-03-01 ;; until = 2027-03-05 ;; job = 'spot'\n\
         2026-11-05T08:00:00Z checkout ben to = 'ben' ;; note = {n}\n2026-11-05T08:05:00Z void ben of = 'e000000d' ;; note = {n}\n\
         2026-11-20T08:00:00Z checkout ben to = 'ben' ;; due = 2026-11-21 ;; job = 'spot'\n",
        n = m("note"),
        v = m("vendor"),
    );
    Shelf::new()
        .file("people/ana.toml", &format!("name = {}\nemail = {}\nteam = {}\nrole = 'keeper'\n", m("ana"), m("email"), m("team")))
        .file("people/ben.toml", &format!("name = {}\nleft = 2026-01-31\n", m("ben")))
        .file("locations.toml", &format!("[house]\nname = {}\n[shelf]\nname = {}\nwithin = 'house'\n", m("house"), m("shelf")))
        .file("jobs/spot.toml", &format!("title = {}\nfrom = 2026-02-02\nuntil = 2026-02-06\nlead = 'ben'\n", m("job")))
        .file("audits/q4.toml", &format!("title = {}\nlocation = 'house'\nopened = 2026-11-02T14:00:00Z\nby = 'ana'\nunknown = [{}]\n", m("audit"), m("unknown")))
        .file("tags/a.toml", "minted = 2026-11-23T09:00:00Z\nby = 'ana'\nnumbers = ['7K3QXJ']\n")
        .file("categories.toml", &format!(
            "[open]\nname = 'Open kind'\naudit_every = '180d'\ninspect_every = '1y'\n[open.fields.sensor]\ntype = 'text'\n[open.fields.link]\ntype = 'link'\n\
             [closed]\nname = {}\npublic = false\n", m("closed")))
        .asset("CAM-1", "Open name", "open", &record)
        .log("CAM-1", &log)
        .asset("CAM-2", &mark("private name"), "open", &format!("private = true\naliases = ['OLD-2']\n{record}").replace("aliases = ['OLD-1']\n", "").replace("files/photo.jpg", "photo-two.jpg"))
        .log("CAM-2", "2026-11-20T08:00:00Z retire ana method = 'sold' ;; proceeds = '77.00 EUR' ;; reference = 'REF-99'\n")
        .asset("CAM-3", &mark("closed name"), "closed", "")
        .log("CAM-3", &format!("2026-11-20T08:00:00Z report ana severity = 'unsafe' ;; note = {}\n2026-11-21T08:00:00Z inspect ana result = 'pass' ;; next = 2026-12-01 ;; certificate = {}\n", m("fault"), m("certificate")))
        .asset("KIT-1", "Open kit", "open", "")
        .log("KIT-1", &format!("2026-11-20T08:00:00Z note ana note = {}\n", m("kit note")))
        .bytes("assets/CAM-1/files/photo.jpg", &[0xFF, 0xD8, 0xFF, 0xE0])
        .bytes("assets/CAM-1/files/fault.jpg", &[0xFF, 0xD8, 0xFF, 0xE0])
        .bytes("assets/CAM-1/files/fault.png", b"<script>alert(1)</script>")
        .bytes("assets/CAM-2/photo-two.jpg", &[0xFF, 0xD8, 0xFF, 0xE0])
        .bytes("assets/CAM-1/files/paper.pdf", b"%PDF-1.7")
}
