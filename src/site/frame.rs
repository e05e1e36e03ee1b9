//! What stands around every page: the bar, the footer, the policy of what a page may load.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::Value;

use super::here::Here;
use super::labels;
use super::lookup::Lookup;
use super::phrase::Phrase;
use super::{Audience, Theme, scan};

/// The frame of all pages of one build.
pub(super) struct Frame {
    pub words: Value,
    site: Value,
    /// What the page of the scanner knows of the site: it alone may compile what reads labels.
    scanner: Value,
    /// The headers that a host may send along with every file.
    pub headers: String,
    title: String,
    state: Option<Phrase>,
}

/// What templates know of the site.
#[derive(Serialize)]
struct Site<'a> {
    title: &'a str,
    /// That it is a look back, and at what.
    past: Option<Phrase>,
    /// Where the desk is.
    desk: Option<&'a str>,
    language: &'a str,
    team: bool,
    csp: &'a str,
    /// The style that an asset's page has in itself.
    first: Value,
    /// Fingerprints of the files in `static/`.
    versions: BTreeMap<&'static str, String>,
    /// Whether a worker of ours stands before the site and the desk, for where there is no network.
    worker: bool,
    nav: Vec<Link>,
    more: Vec<Link>,
}

/// A part of the site, by its path from the root.
#[derive(Serialize)]
struct Link {
    path: &'static str,
    word: String,
}

impl Frame {
    pub fn new(site: &Lookup, theme: &Theme) -> Frame {
        let config = site.config();
        let words = theme.words();
        let team = site.build.audience == Audience::Team;
        let links = |parts: &[(&'static str, &str)]| {
            parts.iter().map(|(path, word)| Link { path, word: words.word(word).to_owned() }).collect()
        };
        let mut nav = vec![("categories/", "categories"), ("locations/", "locations"), ("people/", "people")];
        nav.extend((!site.register().jobs.is_empty()).then_some(("jobs/", "jobs")));
        nav.push(("activity/", "activity"));
        let mut more = vec![("overdue/", "overdue"), ("faults/", "faults"), ("audits/", "audits")];
        more.extend(labels::has_pages(site).then_some(("labels/", "labels")));
        let first = theme.inline_style();
        let has_scanner = scan::has_page(site);
        let policy =
            |reads_labels| policy(config.desk_url.as_deref(), config.base_url.as_deref(), &first, reads_labels);
        let (csp, scanner_csp) = (policy(false), policy(true));
        let mut about = Site {
            title: &config.title,
            past: past(site),
            desk: config.desk_url.as_deref(),
            language: if config.language.starts_with(words.word("lang")) {
                &config.language
            } else {
                words.word("lang")
            },
            team,
            csp: &csp,
            first: Value::safe_string(&first),
            versions: theme.versions(),
            worker: has_worker(site),
            nav: links(&nav),
            more: links(&more),
        };
        let plain = Value::from_serializable(&about);
        about.csp = &scanner_csp;
        Frame {
            words: Value::from_serializable(words),
            site: plain,
            scanner: Value::from_serializable(&about),
            headers: headers(if has_scanner { &scanner_csp } else { &csp }, has_scanner),
            title: config.title.clone(),
            state: team
                .then(|| words.say("state_on", &[("day", Some(site.dates.long(site.dates.today))), ("commit", None)])),
        }
    }

    /// What the pages of a template know of the site.
    pub fn site(&self, template: &str) -> Value {
        if template == scan::TEMPLATE { self.scanner.clone() } else { self.site.clone() }
    }

    pub fn state(&self) -> Option<&Phrase> {
        self.state.as_ref()
    }

    /// `CAM-0001 Sony FX3 · Kit of Nord`.
    pub fn page_title(&self, title: &str) -> String {
        if title.is_empty() { self.title.clone() } else { format!("{title} · {}", self.title) }
    }
}

/// What every page of a look back says: the day, and the commit where that is known.
fn past(site: &Lookup) -> Option<Phrase> {
    let commit = site.build.commits.head.as_ref().map(Here::commit);
    let day = Some(site.dates.long(site.dates.today));
    site.build.is_past.then(|| site.words.say("past", &[("day", day), ("commit", commit)]))
}

/// Whether the desk lies below the site, so that one worker can stand before both.
pub(super) fn has_worker(site: &Lookup) -> bool {
    let config = site.config();
    let is_below = |desk: &str| {
        let base = config.base_url.as_deref().map(|base| base.trim_end_matches('/'));
        desk.starts_with('/')
            || base.is_some_and(|base| desk.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')))
    };
    site.build.audience == Audience::Team && config.desk_url.as_deref().is_some_and(is_below)
}

/// What a page may load and where its forms may lead: itself and the desk. The only style in a page is `first`; one that
/// reads labels may compile what does.
fn policy(desk_url: Option<&str>, base_url: Option<&str>, first: &str, reads_labels: bool) -> String {
    let desk = desk_url.and_then(origin);
    let connect = desk.as_ref().filter(|desk| *desk != "'self'").map(|desk| format!(" {desk}")).unwrap_or_default();
    // Pages of the site and of a desk on another host show each other's pictures.
    let site = base_url.and_then(origin);
    let far = desk.iter().filter(|desk| desk.starts_with("http") && Some(*desk) != site.as_ref());
    let images: String =
        far.flat_map(|desk| [Some(desk), site.as_ref()]).flatten().map(|from| format!(" {from}")).collect();
    let forms = desk.unwrap_or_else(|| "'none'".to_owned());
    let first = BASE64_STANDARD.encode(Sha256::digest(first.as_bytes()));
    let compiles = if reads_labels { " 'wasm-unsafe-eval'" } else { "" };
    format!(
        "default-src 'none'; style-src 'self' 'sha256-{first}'; font-src 'self'; script-src 'self'{compiles}; \
         img-src 'self' data:{images}; \
         connect-src 'self'{connect}; form-action {forms}; base-uri 'none'"
    )
}

/// `https://kit.example.org` of `https://kit.example.org/desk`.
fn origin(url: &str) -> Option<String> {
    if url.starts_with('/') {
        return Some("'self'".to_owned());
    }
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c)) && !host.is_empty();
    (plain && matches!(scheme, "http" | "https")).then(|| format!("{scheme}://{host}"))
}

/// The `_headers` file that Cloudflare Pages, Netlify and others read. It can only narrow what a page says of itself, so it
/// lets all pages do what the scanner must.
fn headers(csp: &str, has_scanner: bool) -> String {
    let camera = if has_scanner { "(self)" } else { "()" };
    format!(
        "/*\n  Content-Security-Policy: {csp}; frame-ancestors 'none'\n  Referrer-Policy: strict-origin\n  \
         X-Content-Type-Options: nosniff\n  X-Frame-Options: DENY\n  \
         Permissions-Policy: camera={camera}, geolocation=(), microphone=()\n\
         /static/*\n  Cache-Control: public, max-age=31536000, immutable\n\
         /sw.js\n  Cache-Control: no-cache\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_desk_is_let_in() {
        assert!(
            policy(None, None, "", false).contains("form-action 'none'")
                && policy(None, None, "", false).contains("connect-src 'self';")
        );
        let with_desk = policy(Some("https://desk.example.org:8443/x"), Some("https://kit.example.org/"), "", false);
        assert!(with_desk.contains("connect-src 'self' https://desk.example.org:8443;"), "{with_desk}");
        assert!(with_desk.contains("form-action https://desk.example.org:8443;"), "{with_desk}");
        assert!(
            with_desk.contains("img-src 'self' data: https://desk.example.org:8443 https://kit.example.org;"),
            "{with_desk}"
        );
        let own = policy(Some("/desk"), Some("https://kit.example.org/"), "", false);
        assert!(own.contains("connect-src 'self'; form-action 'self';") && own.contains("data:;"), "{own}");
        assert!(policy(Some("https://a;script-src *"), None, "", false).contains("form-action 'none'"));
    }

    #[test]
    fn only_the_scanner_compiles_and_sees() {
        assert!(policy(Some("/desk"), None, "", true).contains("script-src 'self' 'wasm-unsafe-eval';"));
        assert!(policy(Some("/desk"), None, "", false).contains("script-src 'self';"));
        assert!(headers("", true).contains("camera=(self)") && headers("", false).contains("camera=(),"));
    }
}
