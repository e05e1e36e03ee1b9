//! How a trail takes a commit: what that recorded, what it lost of what its parents have, and what it put back.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::event::Told;
use super::{Breach, Commit, Id, LogFile, Name, Paper, Recorded, Step, Touched, Trail, verify};

/// Commits among which another is looked for before all are.
const NEAR: usize = 256;

impl Trail {
    /// Takes the next commit; `read` gives the content of a file.
    ///
    /// # Errors
    /// What `read` says.
    pub fn take<E>(&mut self, step: &Step, read: &mut dyn FnMut(&Id) -> Result<Vec<u8>, E>) -> Result<(), E> {
        let commit = u32::try_from(self.commits.len()).unwrap_or(u32::MAX);
        let (author, committer) = (self.name(&step.author), self.name(&step.committer));
        let parents: Vec<u32> = step.parents.iter().filter_map(|id| self.place_of(id)).collect();
        let subject = if parents.len() > 1 { step.subject.clone() } else { String::new() };
        let is_signed = step.is_signed;
        let (id, at, is_whole) = (step.id, step.at.timestamp(), step.is_whole);
        self.commits.push(Commit { id, parents, is_whole, author, committer, at, is_signed, subject });
        if let Some(known) = &mut self.known.commits {
            known.insert(id, commit);
        }
        let Some((first, others)) = step.sides.split_first() else { return Ok(()) };
        let gone: Vec<&str> =
            first.iter().filter(|touched| touched.is_gone).map(|touched| touched.number.as_str()).collect();
        let (is_merge, mut own) = (!others.is_empty(), Vec::new());
        for touched in first {
            let others: Vec<Option<&Touched>> = others.iter().map(|side| of_number(side, &touched.number)).collect();
            if others.iter().all(Option::is_some) {
                let past = self.assets.entry(touched.number.clone()).or_default();
                past.newest = Some(commit);
                if touched.is_gone {
                    past.gone = Some(commit);
                } else if let Some(gone) = past.gone.take() {
                    self.again.push((touched.number.clone(), gone, commit));
                }
            }
            // What a merge brings from another parent was recorded there.
            let is_new =
                |file: &&LogFile| others.iter().all(|other| other.is_some_and(|other| other.gained.contains(file)));
            for file in touched.gained.iter().filter(is_new) {
                for told in Told::all_in(&read(&file.id)?) {
                    self.record(&touched.number, &told, commit, if touched.is_new { &gone } else { &[] });
                    own.push((&touched.number, told));
                }
            }
            for (path, was, is) in touched.papers.iter().filter(|_| !touched.is_gone) {
                let is_own = |other: Option<&Touched>| {
                    other.is_some_and(|other| other.papers.iter().any(|paper| paper.0 == *path && paper.2 == *is))
                };
                if others.iter().copied().all(is_own) {
                    self.paper(&touched.number, path, *was, is.as_ref(), commit);
                }
            }
        }
        for side in &step.sides {
            self.compare(side, commit, read)?;
            // What a merge has from one of its parents was never gone there.
            for touched in side.iter().filter(|touched| is_merge && touched.is_new) {
                self.assets.entry(touched.number.clone()).or_default().gone = None;
            }
        }
        for (number, told) in own {
            self.find_second(number, &told, commit);
        }
        Ok(())
    }

    /// Notes that an event says something else than the one that was recorded under its id, where that is not known.
    fn find_second(&mut self, number: &str, told: &Told, commit: u32) {
        let known = self.assets.get(number).and_then(|past| past.events.get(&told.id));
        let is = told.as_toml();
        let names: Vec<&str> = self.names_of(number).collect();
        let is_told = |breach: &Breach| {
            names.contains(&breach.number.as_str())
                && breach.event == told.id
                && (breach.commit == commit || breach.is.as_ref() == Some(&is) || breach.was == is)
        };
        if known.is_some_and(|known| known.print != print(&is)) && !self.breaches.iter().any(is_told) {
            let (number, event) = (number.to_owned(), told.id.clone());
            let path = format!("assets/{number}/log");
            let was = String::new();
            self.breaches.push(Breach { number, event, commit, path, was, is: Some(is), restored: None });
        }
    }

    /// Notes that a photo of an event was replaced or removed, or is again what it was.
    fn paper(&mut self, number: &str, path: &str, was: Option<Id>, is: Option<&Id>, commit: u32) {
        let Some(event) = self.assets.get(number).and_then(|past| past.photos.get(path)) else { return };
        let mut known = self.papers.iter().filter(|paper| paper.number == number && paper.path == path);
        if known.next().is_some_and(|first| is == Some(&first.was)) {
            self.papers.retain(|paper| paper.number != number || paper.path != path);
            return;
        }
        let Some(was) = was else { return };
        let (number, event, path) = (number.to_owned(), event.clone(), path.to_owned());
        self.papers.push(Paper { number, event, path, is_gone: is.is_none(), commit, was });
    }

    /// Notes what a commit lost of what one of its parents has.
    fn compare<E>(
        &mut self,
        side: &[Touched],
        commit: u32,
        read: &mut dyn FnMut(&Id) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let mut moved: Option<Vec<(&str, Vec<Told>)>> = None;
        for touched in side.iter().filter(|touched| !touched.lost.is_empty()) {
            let mut now: Vec<Told> = Vec::new();
            for file in touched.gained.iter().chain(&touched.kept) {
                now.extend(Told::all_in(&read(&file.id)?));
            }
            let mut target: Option<usize> = None;
            for file in &touched.lost {
                for was in Told::all_in(&read(&file.id)?) {
                    let same: Vec<&Told> = now.iter().filter(|is| is.id == was.id).collect();
                    if same.iter().any(|is| is.table == was.table) {
                        continue;
                    }
                    // With its whole folder, a log may come to another number, which was nothing's before.
                    if touched.is_gone && same.is_empty() {
                        let moved = match &mut moved {
                            Some(moved) => moved,
                            None => moved.insert(came(side, read)?),
                        };
                        let has = |(_, all): &(&str, Vec<Told>)| {
                            all.iter().any(|is| is.id == was.id && is.table == was.table)
                        };
                        target = target.or_else(|| moved.iter().position(has));
                        if target.is_some_and(|target| has(&moved[target])) {
                            continue;
                        }
                    }
                    self.breach(touched, &file.path, &was, same.first().copied(), commit);
                }
            }
        }
        Ok(())
    }

    fn breach(&mut self, touched: &Touched, path: &str, was: &Told, is: Option<&Told>, commit: u32) {
        let is = is.map(Told::as_toml);
        // A merge has it from where it was done, and what puts an event back alters nothing.
        let is_merge = self.commits[commit as usize].parents.len() > 1;
        let is_told =
            |known: &Breach| is_merge && known.is == is && known.restored.is_none() || known.restored == Some(commit);
        let mut own = self.breaches.iter().filter(|known| known.event == was.id && known.number == touched.number);
        if own.any(is_told) {
            return;
        }
        let (number, event, path) = (touched.number.clone(), was.id.clone(), path.to_owned());
        self.breaches.push(Breach { number, event, commit, path, was: was.as_toml(), is, restored: None });
    }

    /// Notes that a commit has an event; where it came with the folder of an asset that is `gone`, it was recorded before.
    fn record(&mut self, number: &str, told: &Told, commit: u32, gone: &[&str]) {
        // What is again as it was first is put back, whatever it was in between.
        let is_own = |breach: &Breach| breach.number == number && breach.event == told.id;
        if self.breaches.iter().find(|breach| is_own(breach)).is_some_and(|first| first.was == told.as_toml()) {
            let open = self.breaches.iter_mut().filter(|breach| is_own(breach) && breach.restored.is_none());
            open.for_each(|breach| breach.restored = Some(commit));
        }
        let by = place(&mut self.people, &mut self.known.people, &told.by);
        let print = print(&told.as_toml());
        let before = gone.iter().find_map(|gone| Some((*gone, self.assets.get(*gone)?.events.get(&told.id)?.clone())));
        let former: BTreeSet<String> =
            before.iter().flat_map(|(gone, _)| self.names_of(gone)).map(str::to_owned).collect();
        let before = before.map(|(_, before)| before);
        let (taken, is_whole) = (&self.commits[commit as usize], self.commits[commit as usize].is_whole);
        let past = self.assets.entry(number.to_owned()).or_default();
        past.voided.extend(told.voided().map(str::to_owned));
        past.former.extend(former);
        for photo in told.photos() {
            past.photos.entry(photo.to_owned()).or_insert_with(|| told.id.clone());
        }
        let new = before.unwrap_or(Recorded { commit: is_whole.then_some(commit), by, at: told.at, print });
        // Recorded on two branches: the older commit is the one.
        let is_first = past.events.get(&told.id).is_none_or(|known| {
            known.commit.is_some_and(|other| is_whole && taken.at < self.commits[other as usize].at)
        });
        if !is_first {
            return;
        }
        match told.kind() {
            "retire" => past.retired = Some((commit, told.id.clone())),
            "reinstate" => past.retired = None,
            _ => {}
        }
        if let Some(recorded) = new.commit {
            let recorded = &self.commits[recorded as usize];
            self.hands.insert((by, recorded.author, recorded.committer));
            if told.at.is_some_and(|at| verify::is_odd(at, recorded.at)) {
                self.odd.push((number.to_owned(), told.id.clone()));
            }
        }
        past.events.insert(told.id.clone(), new);
    }

    fn name(&mut self, name: &Name) -> u32 {
        place(&mut self.names, &mut self.known.names, name)
    }

    /// The place of a commit: most that are asked for are among the newest.
    fn place_of(&mut self, id: &Id) -> Option<u32> {
        let is_it = |commit: &Commit| commit.id == *id;
        let near = self.commits.iter().rev().take(NEAR).position(is_it);
        if let Some(back) = near {
            return u32::try_from(self.commits.len() - 1 - back).ok();
        }
        let all = || self.commits.iter().map(|commit| commit.id).zip(0..).collect();
        self.known.commits.get_or_insert_with(all).get(id).copied()
    }
}

/// What a side has of an asset: it is in order of the numbers.
fn of_number<'s>(side: &'s [Touched], number: &str) -> Option<&'s Touched> {
    side.binary_search_by(|touched| touched.number.as_str().cmp(number)).ok().map(|at| &side[at])
}

/// The place of a value in a list, at whose end it is put where it is new.
fn place<T: Clone + Eq + std::hash::Hash>(list: &mut Vec<T>, places: &mut HashMap<T, u32>, value: &T) -> u32 {
    if let Some(place) = places.get(value) {
        return *place;
    }
    let place = u32::try_from(list.len()).unwrap_or(u32::MAX);
    list.push(value.clone());
    places.insert(value.clone(), place);
    place
}

/// The logs of the assets that came with a commit, by their numbers.
fn came<'s, E>(
    side: &'s [Touched],
    read: &mut dyn FnMut(&Id) -> Result<Vec<u8>, E>,
) -> Result<Vec<(&'s str, Vec<Told>)>, E> {
    let mut all = Vec::new();
    for touched in side.iter().filter(|touched| touched.is_new) {
        let mut log = Vec::new();
        for file in &touched.gained {
            log.extend(Told::all_in(&read(&file.id)?));
        }
        all.push((touched.number.as_str(), log));
    }
    Ok(all)
}

/// What tells a text from others.
fn print(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |print, byte| print << 8 | u64::from(*byte))
}
