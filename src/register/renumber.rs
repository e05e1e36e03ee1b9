//! Renumbering: an asset under another number, with all that was filed under the one it had.

use super::amend;
use super::number::Number;
use super::{Asset, Register};
use crate::tree::Tree;

/// What becomes of an asset that gets another number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renumbering {
    /// The number it gets.
    pub number: Number,
    /// Its folder from now on, relative to the register.
    pub folder: String,
    /// Its record.
    pub record: String,
    /// Records of its parts, which name it: their paths, and what is in them.
    pub parts: Vec<(String, String)>,
    /// Whether the number that it had leads to it still.
    pub is_led_to: bool,
}

impl Register {
    /// What becomes of `asset` where it gets the number `new`. The one that it had stays with it as an alias, for its label is
    /// on it; unless another asset has it, here or, where `is_elsewhere`, on another branch.
    ///
    /// # Errors
    /// Why it cannot be: the number is taken, or a record cannot be read.
    pub fn renumbered(
        &self,
        tree: &Tree,
        asset: &Asset,
        new: &Number,
        is_elsewhere: bool,
    ) -> Result<Renumbering, String> {
        let old = &asset.number;
        let is_own = asset.aliases.contains(new);
        if let Some(other) = self.resolve(new).filter(|_| !is_own || self.assets.contains_key(new)) {
            return Err(format!("{new} is the number of {} {} already", other.number, other.name));
        }
        if self.is_tag(new) && !is_own {
            return Err(format!("{new} is printed on a tag; `tagbook tags tie {new} {old}` makes it lead to {old}"));
        }
        let has_other = std::iter::once(self.assets.get(old)).flatten().chain(&self.twice);
        let mut others = has_other.filter(|other| other.number == *old && other.folder != asset.folder);
        let is_twice = others.next().is_some();
        let is_led_to = !is_twice && !is_elsewhere;
        let path = asset.source.path();
        let mut record = text(tree, path)?.to_owned();
        if is_led_to {
            record = amend::listed(&record, "aliases", &[old.as_str()])?;
        }
        if is_own {
            record = amend::unlisted(&record, "aliases", new.as_str())?;
        }
        // Where two had the number, nobody knows which of them its parts belong to.
        let parts = self.parts(old).filter(|_| !is_twice).filter_map(|part| self.assets.get(part));
        let named = |part: &Asset| {
            let path = part.source.path();
            Ok((path.to_owned(), amend::set(text(tree, path)?, "part_of", new.as_str())?))
        };
        let parts = parts.map(named).collect::<Result<Vec<_>, String>>()?;
        Ok(Renumbering { number: new.clone(), folder: folder(asset, new), record, parts, is_led_to })
    }
}

/// Where a number is filed: beside where the asset was; in a group of its own where the asset was in that of its number.
fn folder(asset: &Asset, new: &Number) -> String {
    let above = asset.folder.rsplit_once('/').map_or("assets", |(above, _)| above);
    let is_grouped = above.rsplit_once('/').is_some_and(|(_, group)| group == asset.number.group());
    if is_grouped { format!("assets/{}/{new}", new.group()) } else { format!("{above}/{new}") }
}

fn text<'t>(tree: &'t Tree, path: &str) -> Result<&'t str, String> {
    tree.text(path).ok_or_else(|| format!("`{path}` cannot be read"))
}
