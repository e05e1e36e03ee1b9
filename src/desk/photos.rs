//! Photos at the desk: those that come with a form are judged before anything is decided, and what the live page of an asset
//! shows is handed out, since no site has what was recorded a moment ago.

use super::asked::{Asked, Handed};
use super::reply::{Body, Reply};
use super::who::Caller;
use super::{Desk, View};
use crate::git;
use crate::register::Opened;
use crate::register::picture::{Kind, Photo, kind};
use crate::site::photo::{Unfit, strip, taken};

/// Kinds of motions that photos may come with.
pub(super) const PICTURED: &[&str] = &["return", "back", "report"];

/// Whether photos may come with what is sent to this path.
pub(super) fn takes_photos(path: &[String]) -> bool {
    matches!(path, [_, last] if last == "claim" || PICTURED.contains(&last.as_str()))
}

/// What is wrong with the photos of a form, and the status that says so.
pub(super) type Unfitting = (u16, String);

impl Desk {
    /// The photos that came with a form, at most so many.
    pub(super) fn photos(&self, asked: &Asked, view: &View, most: usize) -> Result<Vec<Photo>, Unfitting> {
        let word = |word: &str| self.stand(view, true, "").look(|look| look.word(word));
        if asked.photos.len() > most {
            return Err((422, word(if most == 1 { "photo_one" } else { "photo_many" })));
        }
        let judged = asked.photos.iter().map(|handed| match handed {
            Handed::TooLarge => Err(Unfit::TooLarge),
            Handed::Whole(bytes) => taken(bytes.clone()),
        });
        judged.collect::<Result<_, Unfit>>().map_err(|unfit| {
            let status = if unfit == Unfit::TooLarge { 413 } else { 422 };
            (status, word(unfit.word()))
        })
    }

    /// A picture of an asset, for those who may see its page.
    pub(super) fn picture(&self, asked: &Asked, caller: &Caller, typed: &str, name: &str) -> Result<Reply, git::Error> {
        let found = if caller.is_known() { self.find(typed)? } else { None };
        let Some((number, _)) = found else { return Ok(self.not_found(asked)) };
        let view = self.view_with(std::slice::from_ref(&number), true)?;
        let Some(from) = self.stand(&view, true, "").picture(&number, name) else { return Ok(self.not_found(asked)) };
        let bytes = self.readers.with(|repo| repo.file_at(view.commit, &from))?;
        // What was put there by hand may say where it was taken.
        let Ok(bytes) = strip(bytes) else { return Ok(self.not_found(asked)) };
        let kind = match kind(&bytes) {
            Some(Kind::Png) => "image/png",
            Some(Kind::WebP) => "image/webp",
            _ => "image/jpeg",
        };
        Ok(Reply { status: 200, body: Body::Picture(kind, bytes), ..Reply::default() })
    }

    /// The symbol of an asset's label, for its page here.
    pub(super) fn symbol(&self, asked: &Asked, caller: &Caller, typed: &str) -> Result<Reply, git::Error> {
        let found = if caller.is_known() { self.find(typed)? } else { None };
        let symbol = found.and_then(|(number, view)| self.stand(&view, true, "").symbol(&number));
        Ok(match symbol {
            Some(text) => {
                let body = Body::Picture("image/svg+xml", text.into_bytes());
                Reply { status: 200, body, ..Reply::default() }
            }
            None => self.not_found(asked),
        })
    }
}

/// Whether photos find room in the register, whose files have so many bytes already.
pub(super) fn have_room<'p>(photos: impl IntoIterator<Item = &'p Photo>, opened: &Opened, already: u64) -> bool {
    let bytes: u64 = photos.into_iter().map(|photo| photo.bytes().len() as u64).sum();
    bytes == 0 || already.saturating_add(bytes) <= opened.register.config.desk.files_total.0
}
