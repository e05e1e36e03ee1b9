//! What happened, newest first. Older pages are numbered from the beginning, so that they stay as they are.

use super::here::Here;
use super::listing::{Listing, Nothing, Section};
use super::lookup::{Happened, Lookup};
use super::press::Sheet;
use super::rows::Pager;

/// Events on a page.
const PAGE: usize = 100;

/// One page of activity: a stretch of all events, oldest first, and its place.
pub(super) struct Stretch {
    path: String,
    from: usize,
    until: usize,
    older: Option<String>,
    newer: Option<String>,
}

/// Where the pages are cut: whole hundreds from the oldest on; what is left over and the last hundred are the first page.
pub(super) fn stretches(count: usize) -> Vec<Stretch> {
    let whole = (count / PAGE).saturating_sub(1);
    let path = |n: usize| if n < whole { format!("activity/{}/", n + 1) } else { "activity/".to_owned() };
    let stretch = |n: usize| Stretch {
        path: path(n),
        from: n * PAGE,
        until: if n < whole { (n + 1) * PAGE } else { count },
        older: n.checked_sub(1).map(path),
        newer: (n < whole).then(|| path(n + 1)),
    };
    (0..=whole).map(stretch).collect()
}

/// One page of activity.
pub(super) fn page(site: &Lookup, stretch: &Stretch) -> Sheet<Listing> {
    let here = Here::at(site, &stretch.path);
    let events: &[Happened] = &site.events[stretch.from..stretch.until];
    let told = events.iter().rev().filter_map(|happened| site.told(happened));
    let log: Vec<_> = told.map(|(thing, told)| here.item_of(thing, told)).collect();
    let pager = Pager {
        label: site.words.word("pager").to_owned(),
        place: here.say(
            "range",
            &[("from", Some(here.number(stretch.from + 1))), ("until", Some(here.number(stretch.until)))],
        ),
        before: stretch.newer.clone(),
        before_word: site.words.word("newer").to_owned(),
        after: stretch.older.clone(),
        after_word: site.words.word("older").to_owned(),
    };
    let nothing = Nothing { title: here.word("activity_none"), line: here.word("activity_none_line") };
    let is_part = stretch.older.is_some() || stretch.newer.is_some();
    let view = Listing {
        title: site.words.word("activity_title").to_owned(),
        nothing: log.is_empty().then_some(nothing),
        sections: vec![Section { log, pager: is_part.then_some(pager), ..Section::default() }],
        ..Listing::default()
    };
    Sheet {
        title: site.words.word("activity").to_owned(),
        path: stretch.path.clone(),
        template: "activity.html",
        name: "list",
        view,
        state: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_pages_stay_as_they_are() {
        let cut = |count| stretches(count).iter().map(|s| (s.path.clone(), s.from, s.until)).collect::<Vec<_>>();
        assert_eq!(cut(0), [("activity/".to_owned(), 0, 0)]);
        assert_eq!(cut(199), [("activity/".to_owned(), 0, 199)]);
        assert_eq!(cut(200), [("activity/1/".to_owned(), 0, 100), ("activity/".to_owned(), 100, 200)]);
        assert_eq!(cut(250)[0], cut(299)[0]);
        assert_eq!(cut(350)[..2], cut(399)[..2]);
    }
}
