//! Who is asking: a phone that was enrolled, a counter where anyone may say who they are, or a stranger.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::asked::Asked;
use crate::register::{Moment, Opened, Phone, Role, Slug};

/// The cookie of a phone's token, over https and without.
pub(super) const COOKIES: [&str; 2] = ["__Host-tagbook", "tagbook"];

/// The cookie in which a counter keeps who spoke last.
pub(super) const SPEAKER: &str = "tagbook_by";

/// Whose devices stand at the counter: under this name there is no person.
pub(super) const COUNTER: &str = "desk";

/// Who may act without an enrolled phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nobody.
    Enrolled,
    /// Whoever sits at this machine.
    Here,
    /// Everybody: a register to play with.
    Everybody,
}

/// Whoever asks.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Who it is; at a counter, who spoke last.
    pub person: Option<Slug>,
    /// Whether they may speak for anyone.
    pub is_counter: bool,
    /// Whether that person runs the register.
    pub is_keeper: bool,
    /// The file of the phone, as `phones/ana/7k2m.toml`.
    pub phone: Option<String>,
}

impl Caller {
    /// Whoever asks, as far as the register knows them.
    pub(super) fn of(asked: &Asked, opened: &Opened, moment: &Moment, trust: Trust, usual: Option<&Slug>) -> Caller {
        let spoke = || {
            let said = asked.cookie(SPEAKER).map(Slug::referred);
            said.or_else(|| usual.cloned()).filter(|slug| is_here(opened, slug, moment))
        };
        let keeps = |slug: &Slug| keeps(opened, slug);
        let counter = |phone: Option<String>| {
            let person = spoke();
            // A device at the counter says who speaks, and that is no proof: it records for anyone, and neither approves nor ends
            // a phone.
            let is_keeper = phone.is_none() && person.as_ref().is_some_and(keeps);
            Caller { person, is_counter: true, is_keeper, phone }
        };
        let token = asked.bearer().or_else(|| COOKIES.iter().find_map(|name| asked.cookie(name)));
        if let Some(phone) = token.and_then(|token| phone(opened, token)) {
            let file = phone.source.path().to_owned();
            if phone.person.as_str() == COUNTER {
                return counter(Some(file));
            }
            if is_here(opened, &phone.person, moment) {
                let (person, is_keeper) = (Some(phone.person.clone()), keeps(&phone.person));
                return Caller { person, is_counter: false, is_keeper, phone: Some(file) };
            }
        }
        match trust {
            Trust::Everybody => counter(None),
            Trust::Here if is_at_this_machine(asked) => counter(None),
            Trust::Enrolled | Trust::Here => Caller::default(),
        }
    }
}

impl Caller {
    /// The same on another commit, the one that is decided on; `None` where their phone counts no more, or they have left.
    pub(super) fn again(&self, opened: &Opened, moment: &Moment) -> Option<Caller> {
        let own = self.person.as_ref().filter(|_| !self.is_counter);
        let is_enrolled = |path: &String| opened.register.phones.iter().any(|phone| phone.source.path() == path);
        if !self.phone.iter().all(is_enrolled) || !own.is_none_or(|own| is_here(opened, own, moment)) {
            return None;
        }
        let is_keeper = self.is_keeper && self.person.as_ref().is_some_and(|person| keeps(opened, person));
        Some(Caller { is_keeper, ..self.clone() })
    }
}

fn keeps(opened: &Opened, slug: &Slug) -> bool {
    opened.register.people.get(slug).is_some_and(|person| person.role == Role::Keeper)
}

/// Whether a request comes from this machine, and not through a proxy that stands on it.
fn is_at_this_machine(asked: &Asked) -> bool {
    !asked.headers.is_forwarded && asked.peer.is_some_and(|peer| peer.to_canonical().is_loopback())
}

/// Whether someone is a person of the register who has not left.
pub(super) fn is_here(opened: &Opened, slug: &Slug, moment: &Moment) -> bool {
    opened.register.people.get(slug).is_some_and(|person| !person.has_left(moment))
}

fn phone<'o>(opened: &'o Opened, token: &str) -> Option<&'o Phone> {
    let hash = hashed(token);
    // Every one is compared, and every one as long as any other.
    let mut found = None;
    for phone in &opened.register.phones {
        if phone.token_sha256.as_ref().is_some_and(|known| bool::from(known.as_bytes().ct_eq(hash.as_bytes()))) {
            found = Some(phone);
        }
    }
    found
}

/// SHA-256 as the register has it: 64 small hexadecimal digits.
#[must_use]
pub fn hashed(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two origins are the same: scheme, host in any case, port.
pub(super) fn same_origin(one: &str, other: &str) -> bool {
    let plain = |origin: &str| {
        let origin = origin.trim_end_matches('/').to_ascii_lowercase();
        let usual = if origin.starts_with("https:") { ":443" } else { ":80" };
        origin.strip_suffix(usual).map(str::to_owned).unwrap_or(origin)
    };
    plain(one) == plain(other)
}

/// Whether a host is an address or a name of a machine in the same network. Any other may be a stranger's site that has
/// its own name resolved to this machine, to read the pages.
#[must_use]
pub fn is_near(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.parse::<IpAddr>().is_ok() || !name.contains('.') || name.ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_whole() {
        assert!(same_origin("https://KIT.example.org", "https://kit.example.org:443"));
        for other in [
            "https://kit.example.org.evil.example",
            "http://kit.example.org",
            "https://kit.example.org:8443",
            "https://kit.example",
            "null",
            "",
        ] {
            assert!(!same_origin(other, "https://kit.example.org"), "{other}");
        }
    }

    #[test]
    fn machines_nearby_are_told_from_the_rest_of_the_world() {
        for near in ["127.0.0.1:8080", "[::1]:8080", "192.168.1.4", "localhost:1", "studio.local", "studio"] {
            assert!(is_near(near), "{near}");
        }
        assert!(!is_near("evil.example:8080"));
    }
}
