//! A register's files in memory: TOML as text, every other file by what can be said without opening it.

use std::collections::BTreeMap;

/// Bytes a TOML file may have; a larger one is never parsed.
pub const MAX_TOML: u64 = 1 << 20;

/// Bytes kept of a file that is not TOML, enough to tell what it is.
pub const HEAD: usize = 512;

/// The folders of a register, in which every file is tagbook's business.
pub const FOLDERS: &[&str] = &["assets/", "audits/", "jobs/", "people/", "phones/", "tags/", "theme/"];

/// All files of a register by their path relative to its root, with `/` between the parts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
}

/// One file as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A TOML file's text, without its byte order mark.
    Toml(String),
    /// A TOML file that is not UTF-8: the text before the first stray byte.
    NotUtf8(String),
    /// A TOML file over [`MAX_TOML`], by its size in bytes.
    TooLarge(u64),
    /// Any other file.
    Other(Facts),
    /// A symbolic link, which is never followed.
    Link,
    /// A pipe, a device or a socket, which is never opened.
    Special,
    /// A folder that is a git repository of its own.
    Repository,
    /// A file that could not be read, and why.
    Unreadable(String),
    /// A file whose name is not UTF-8 (its path here is an approximation).
    Unnamed,
}

/// What is known of a file that is not TOML.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Bytes.
    pub size: u64,
    /// The first [`HEAD`] bytes.
    pub head: Vec<u8>,
    /// Width and height in pixels, of a picture that says so.
    pub pixels: Option<(usize, usize)>,
}

impl Tree {
    /// Puts a file at `path`, in place of what stood there.
    pub fn insert(&mut self, path: impl Into<String>, entry: Entry) {
        self.entries.insert(path.into(), entry);
    }

    /// Puts a file with these bytes at `path`.
    pub fn insert_file(&mut self, path: impl Into<String>, bytes: &[u8]) {
        let path = path.into();
        let entry = Entry::file(&path, bytes);
        self.insert(path, entry);
    }

    /// Puts the bytes of a TOML file at `path`: text, too large, or not UTF-8.
    pub fn insert_toml(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.insert(path, Entry::toml(bytes));
    }

    /// The file at `path`.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The text of the TOML file at `path`, as far as it is text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.entries.get(path)? {
            Entry::Toml(text) | Entry::NotUtf8(text) => Some(text),
            _ => None,
        }
    }

    /// All files in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The files whose path begins with `prefix`, in order.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        self.entries
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// Line and column, both from 1 and the column in characters, of a byte of the file at `path`.
    #[must_use]
    pub fn position(&self, path: &str, byte: usize) -> Option<(usize, usize)> {
        let text = self.text(path)?;
        let before = text.get(..text.floor_char_boundary(byte))?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        Some((line, before[line_start..].chars().count() + 1))
    }
}

impl Entry {
    /// The entry for the bytes of the file at `path`.
    #[must_use]
    pub fn file(path: &str, bytes: &[u8]) -> Entry {
        if path.ends_with(".toml") {
            return Entry::toml(bytes);
        }
        let pixels = imagesize::blob_size(bytes).ok().map(|size| (size.width, size.height));
        Entry::Other(Facts { size: bytes.len() as u64, head: bytes[..bytes.len().min(HEAD)].to_vec(), pixels })
    }

    /// The entry for the bytes of a TOML file.
    #[must_use]
    pub fn toml(bytes: impl Into<Vec<u8>>) -> Entry {
        let bytes = bytes.into();
        if bytes.len() as u64 > MAX_TOML {
            return Entry::TooLarge(bytes.len() as u64);
        }
        let unmarked = |text: String| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        match String::from_utf8(bytes) {
            Ok(text) => Entry::Toml(unmarked(text)),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                Entry::NotUtf8(unmarked(String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_counts_neither_as_text_nor_as_a_column() {
        let mut tree = Tree::default();
        tree.insert_toml("a.toml", b"\xef\xbb\xbfa = 1\r\nb = \"\xc3\xa9\" x".to_vec());
        assert_eq!(tree.position("a.toml", 0), Some((1, 1)));
        let x = tree.text("a.toml").unwrap().find('x').unwrap();
        assert_eq!(tree.position("a.toml", x), Some((2, 9)));
    }

    #[test]
    fn bytes_that_are_not_utf8_keep_the_text_before_them() {
        assert_eq!(Entry::toml(b"ok = 1\n\xff".to_vec()), Entry::NotUtf8("ok = 1\n".into()));
    }

    #[test]
    fn files_under_a_folder_do_not_include_its_neighbours() {
        let mut tree = Tree::default();
        for path in ["assets/CAM-1/asset.toml", "assets/CAM-10/asset.toml", "assets/CAM-1/log/a.toml"] {
            tree.insert_toml(path, Vec::new());
        }
        assert_eq!(tree.under("assets/CAM-1/").count(), 2);
    }
}
