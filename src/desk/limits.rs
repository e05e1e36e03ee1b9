//! How often one may ask: by person, by address, and by what is asked.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Whom or what a limit counts.
type Counted = DefaultKeyedRateLimiter<String>;

/// The limits of one process. Where several answer, each has its own.
pub(super) struct Limits {
    motions: Counted,
    addresses: Counted,
    codes: Counted,
    reports: Counted,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a person sends: 240 a minute.
    Motion,
    /// What anyone sends from one address: 600 a minute.
    Address,
    /// A code that is tried: 15 in a quarter of an hour.
    Code,
    /// A stranger's report or message: 5 a minute.
    Report,
}

impl Default for Limits {
    fn default() -> Limits {
        let of = |count: u32, within: u64| {
            let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
            let each = Duration::from_secs(within) / count.get();
            Quota::with_period(each).unwrap_or(Quota::per_minute(count)).allow_burst(count)
        };
        Limits {
            motions: RateLimiter::keyed(of(240, 60)),
            addresses: RateLimiter::keyed(of(600, 60)),
            codes: RateLimiter::keyed(of(15, 900)),
            reports: RateLimiter::keyed(of(5, 60)),
        }
    }
}

impl Limits {
    /// Limits that nobody reaches.
    pub(super) fn none() -> Limits {
        let of = || RateLimiter::keyed(Quota::per_second(NonZeroU32::MAX));
        Limits { motions: of(), addresses: of(), codes: of(), reports: of() }
    }

    /// Counts one; the seconds to wait where it was one too many.
    pub(super) fn count(&self, kind: Kind, who: &str) -> Result<(), u64> {
        let counted = match kind {
            Kind::Motion => &self.motions,
            Kind::Address => &self.addresses,
            Kind::Code => &self.codes,
            Kind::Report => &self.reports,
        };
        if counted.len() > 10_000 {
            counted.retain_recent();
        }
        counted
            .check_key(&who.to_owned())
            .map_err(|until| until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }
}

/// What an address counts as: of the newer kind, whoever has one has its whole network (RFC 6177).
pub(super) fn counted(peer: Option<IpAddr>) -> String {
    match peer.map(|peer| peer.to_canonical()) {
        Some(IpAddr::V6(peer)) => format!("{:x?}", &peer.segments()[..4]),
        Some(peer) => peer.to_string(),
        None => "nowhere".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_report_in_a_minute_waits_and_others_do_not() {
        let limits = Limits::default();
        for _ in 0..5 {
            assert_eq!(limits.count(Kind::Report, "a"), Ok(()));
        }
        assert!((1..=61).contains(&limits.count(Kind::Report, "a").unwrap_err()));
        assert_eq!(limits.count(Kind::Report, "b"), Ok(()));
        assert_eq!(limits.count(Kind::Code, "a"), Ok(()));
    }

    #[test]
    fn a_network_counts_as_one() {
        let of = |text: &str| counted(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
