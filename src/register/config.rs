//! `tagbook.toml`: whose register this is, and how it is shown.

use chrono_tz::Tz;
use iso_currency::Currency;
use toml::de::DeValue;

use super::event::one_of;
use super::finding::{Finding, Severity, did_you_mean};
use super::reader::{Source, Table, Value, Wrong, file};
use super::rules;
use super::stock::{Stock, stocks};
use crate::tree::Tree;

/// The settings of a register, with defaults for what is not said.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whose register it is.
    pub title: String,
    /// Where the site stands, ending in `/`.
    pub base_url: Option<String>,
    /// Where the desk stands, without a `/` at its end.
    pub desk_url: Option<String>,
    /// Where the site once stood; labels with these addresses are still about.
    pub former_base_urls: Vec<String>,
    /// Whom a finder tells.
    pub contact: Option<String>,
    /// What amounts are in where nothing else is said.
    pub currency: Option<Currency>,
    /// Where days begin and end.
    pub timezone: Tz,
    /// A BCP 47 tag.
    pub language: String,
    /// `[site]`
    pub site: SiteConfig,
    /// `[labels]`
    pub labels: LabelConfig,
    /// `[desk]`
    pub desk: DeskConfig,
    /// `[rules]`: severities by rule; `None` is off.
    pub rules: Vec<(&'static str, Option<Severity>)>,
    /// Where the settings stand.
    pub source: Source,
}

/// What a build shows, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteConfig {
    /// Whom the site is for.
    pub audience: Audience,
    /// What a public page may show besides number, name and category.
    pub public: Vec<Shown>,
    /// The theme of its pages.
    pub theme: String,
}

impl Default for SiteConfig {
    fn default() -> SiteConfig {
        SiteConfig { audience: Audience::default(), public: Vec::new(), theme: "paper".into() }
    }
}

/// Whom a site is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// Everything, for hosting behind access control.
    Team,
    /// What a finder may see.
    #[default]
    Public,
}

/// What a public page may show besides number, name and category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The asset's photo.
    Photo,
}

/// How labels are printed.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelConfig {
    /// The slug of the stock they are printed on.
    pub stock: String,
    /// Whether the contact stands on them.
    pub contact: bool,
    /// Stock of one's own.
    pub stocks: Vec<Stock>,
}

/// How the desk behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskConfig {
    /// Whether commits carry people's names.
    pub names: bool,
    /// Whether strangers may report a fault.
    pub anonymous_reports: bool,
    /// Bytes of files of all assets beyond which the desk takes no more photos.
    pub files_total: Size,
}

impl Config {
    /// Whether the register wants to know of a finding, which gets the severity that it has here.
    pub fn wants(&self, finding: &mut Finding) -> bool {
        match self.rules.iter().find(|(rule, _)| *rule == finding.rule) {
            None => true,
            Some((_, severity)) => {
                finding.severity = severity.unwrap_or(finding.severity);
                severity.is_some()
            }
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            title: "Register".into(),
            base_url: None,
            desk_url: None,
            former_base_urls: Vec::new(),
            contact: None,
            currency: None,
            timezone: Tz::UTC,
            language: "en".into(),
            site: SiteConfig::default(),
            labels: LabelConfig { stock: "avery-l7160".into(), contact: true, stocks: Vec::new() },
            desk: DeskConfig::default(),
            rules: Vec::new(),
            source: Source::default(),
        }
    }
}

/// Reads `tagbook.toml`; a register without one has the defaults.
pub(super) fn read(tree: &Tree, findings: &mut Vec<Finding>) -> Config {
    file(tree, "tagbook.toml", findings, |top| {
        let usual = Config::default();
        let mut config = Config {
            title: top.need_words("title").unwrap_or(usual.title),
            base_url: top.take::<Address>("base_url").map(|url| format!("{}/", url.0)),
            desk_url: top.take::<Address>("desk_url").map(|url| url.0),
            former_base_urls: addresses(top),
            contact: top.take("contact"),
            currency: top.take("currency"),
            timezone: top.take("timezone").unwrap_or(usual.timezone),
            language: top.take("language").unwrap_or(usual.language),
            site: top.table("site", site).unwrap_or_default(),
            labels: top.table("labels", labels).unwrap_or(usual.labels),
            desk: top.table("desk", desk).unwrap_or_default(),
            rules: top.table("rules", severities).unwrap_or_default(),
            source: Source::default(),
        };
        config.source = top.finish();
        config
    })
    .unwrap_or_default()
}

fn addresses(top: &mut Table) -> Vec<String> {
    let list = top.list::<Address>("former_base_urls").unwrap_or_default();
    list.into_iter().map(|url| format!("{}/", url.0)).collect()
}

fn site(table: &mut Table) -> SiteConfig {
    let usual = SiteConfig::default();
    let site = SiteConfig {
        audience: table.take("audience").unwrap_or_default(),
        public: table.list("public").unwrap_or_default(),
        theme: table.take("theme").unwrap_or(usual.theme),
    };
    table.nothing_else();
    site
}

fn labels(table: &mut Table) -> LabelConfig {
    let usual = Config::default().labels;
    let labels = LabelConfig {
        stock: table.take("stock").unwrap_or(usual.stock),
        contact: table.take("contact").unwrap_or(usual.contact),
        stocks: table.table("stocks", stocks).unwrap_or_default(),
    };
    for own in labels.stocks.iter().filter(|own| Stock::known().iter().any(|known| known.slug == own.slug)) {
        let why = format!("`{}` is stock that is known already; call your own otherwise", own.slug);
        table.found(Finding::new("bad-field-value", why).at(table.place("stocks")));
    }
    if let Err(why) = Stock::called(&labels.stock, &labels.stocks) {
        table.found(Finding::new("bad-field-value", why).at(table.place("stock")));
    }
    table.nothing_else();
    labels
}

fn desk(table: &mut Table) -> DeskConfig {
    let desk = DeskConfig {
        names: table.take("names").unwrap_or_default(),
        anonymous_reports: table.take("anonymous_reports").unwrap_or_default(),
        files_total: table.take("files_total").unwrap_or_default(),
    };
    table.nothing_else();
    desk
}

fn severities(table: &mut Table) -> Vec<(&'static str, Option<Severity>)> {
    let named = table.named(|table, name, span, value| {
        let Some(rule) = rules::rule(name) else {
            let hint = did_you_mean(name, rules::RULES.iter().map(|rule| rule.name));
            let finding = Finding::new("unknown-key", format!("there is no rule `{}`", name.escape_debug()));
            table.found(finding.at(table.at(span)).maybe_hint(hint));
            return None;
        };
        let wish: Wish = table.read(rule.name.into(), value)?;
        if rule.is_structural() && wish.0 != Some(Severity::Error) {
            let message = format!("`{}` is always an error: what is not read cannot be shown or decided on", rule.name);
            table.found(Finding::new("bad-field-value", message).at(table.at(span)));
            return None;
        }
        Some((rule.name, wish.0))
    });
    named.into_iter().map(|(_, severity)| severity).collect()
}

/// `"off" | "warning" | "error"`.
struct Wish(Option<Severity>);

impl Value for Wish {
    fn read(value: &DeValue) -> Result<Wish, Wrong> {
        match String::read(value)?.as_str() {
            "off" => Ok(Wish(None)),
            "warning" => Ok(Wish(Some(Severity::Warning))),
            "error" => Ok(Wish(Some(Severity::Error))),
            other => Err(one_of(other, &["off", "warning", "error"])),
        }
    }
}

/// So many bytes, as people write it: `500 MB`, `2 GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Default for Size {
    fn default() -> Size {
        Size(500_000_000)
    }
}

impl Value for Size {
    fn read(value: &DeValue) -> Result<Size, Wrong> {
        let text = String::read(value)?;
        let (number, unit) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let unit = match unit.trim() {
            "kB" => Some(1000),
            "MB" => Some(1_000_000),
            "GB" => Some(1_000_000_000_u64),
            _ => None,
        };
        let bytes = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
        bytes.map(Size).ok_or_else(|| {
            Wrong::new("bad-field-value", format!("`{}` is not a size", text.escape_debug()))
                .hint("write a whole number and kB, MB or GB, such as \"500 MB\"")
        })
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let whole = |unit: u64| self.0.is_multiple_of(unit);
        match self.0 {
            0 => write!(f, "0 MB"),
            bytes if whole(1_000_000_000) => write!(f, "{} GB", bytes / 1_000_000_000),
            bytes if whole(1_000_000) => write!(f, "{} MB", bytes / 1_000_000),
            bytes => write!(f, "{} kB", bytes / 1000),
        }
    }
}

/// An `http` or `https` address, without a `/` at its end.
pub(super) struct Address(pub(super) String);

impl Value for Address {
    fn read(value: &DeValue) -> Result<Address, Wrong> {
        let text = String::read(value)?;
        let hint = "write an address such as \"https://kit.example.org/\"";
        let wrong = |why: &str| Wrong::new("bad-url", format!("`{}` {why}", text.escape_debug())).hint(hint);
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or_else(|| wrong("is not an http or https address"))?;
        let host = rest.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if name.is_empty()
            || !host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
        {
            return Err(wrong("has no host that one can print"));
        }
        if rest.contains(['?', '#', '"', '\'', '<', '>', '\\', '@', ';', ','])
            || rest.chars().any(char::is_whitespace)
            || !rest.is_ascii()
        {
            return Err(wrong("has characters that have no place in a site's address"));
        }
        Ok(Address(text.trim_end_matches('/').to_owned()))
    }
}

impl Value for Audience {
    fn read(value: &DeValue) -> Result<Audience, Wrong> {
        match String::read(value)?.as_str() {
            "team" => Ok(Audience::Team),
            "public" => Ok(Audience::Public),
            other => Err(one_of(other, &["team", "public"])),
        }
    }
}

impl Value for Shown {
    fn read(value: &DeValue) -> Result<Shown, Wrong> {
        match String::read(value)?.as_str() {
            "photo" => Ok(Shown::Photo),
            other => Err(one_of(other, &["photo"])),
        }
    }
}

impl Value for Currency {
    fn read(value: &DeValue) -> Result<Currency, Wrong> {
        let text = String::read(value)?;
        Currency::from_code(&text).ok_or_else(|| {
            Wrong::new("bad-money", format!("`{}` is not an ISO 4217 currency", text.escape_debug()))
                .hint("write a code such as \"EUR\"")
        })
    }
}

impl Value for Tz {
    fn read(value: &DeValue) -> Result<Tz, Wrong> {
        let text = String::read(value)?;
        text.parse().map_err(|_| {
            let wrong = Wrong::new("bad-field-value", format!("`{}` is not a timezone", text.escape_debug()));
            match did_you_mean(&text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
                Some(hint) => wrong.hint(hint),
                None => wrong.hint("write a name of the IANA database such as \"Europe/Berlin\""),
            }
        })
    }
}
