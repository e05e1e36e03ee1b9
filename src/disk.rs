//! Disk: a register read from a folder, a theme's overrides, and a site written to one.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::tree::{Entry, FOLDERS, Facts, HEAD, MAX_TOML, Tree};

/// The file in a site's folder that lists the files that are tagbook's.
const MANIFEST: &str = ".tagbook-manifest";

/// The folder in a site's folder where a build gathers what has changed.
const STAGE: &str = ".tagbook-next";

/// The file in a site's folder that a build holds locked.
const LOCK: &str = ".tagbook-lock";

/// The world failed: what could not be done, to which path, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`: {source}", path.display())]
pub struct Error {
    /// Such as `read`.
    pub doing: &'static str,
    /// To which file or folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Says what was being done to which path when it failed.
pub trait Tried<T> {
    /// The same with the path named.
    ///
    /// # Errors
    /// As `self`.
    fn tried(self, doing: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Tried<T> for io::Result<T> {
    fn tried(self, doing: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error { doing, path: path.to_owned(), source })
    }
}

/// Reads the register in `root`: its TOML files, and what there is to know of the others. Links are not followed.
///
/// # Errors
/// Where `root` itself cannot be read. Any other file that cannot is an entry that says so.
pub fn read(root: &Path) -> Result<Tree, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).tried("read the folder", root)? {
        let entry = entry.tried("read the folder", root)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if FOLDERS.contains(&format!("{name}/").as_str()) {
            found.extend(walk(root, &entry.path()));
        } else if name.ends_with(".toml") && !entry.path().is_dir() {
            found.push(Found::Path(entry.path()));
        }
    }
    let entries: Vec<_> = found.into_par_iter().filter_map(|found| entry(root, found)).collect();
    let mut tree = Tree::default();
    for (path, entry) in entries {
        tree.insert(path, entry);
    }
    Ok(tree)
}

/// What in `root` is the register's own: its settings, its folders, and what git is told about them.
///
/// # Errors
/// Where `root` cannot be read.
pub fn own_files(root: &Path) -> Result<Vec<String>, Error> {
    let mut own = Vec::new();
    for entry in fs::read_dir(root).tried("read the folder", root)? {
        let name = entry.tried("read the folder", root)?.file_name().to_string_lossy().into_owned();
        let is_folder = FOLDERS.contains(&format!("{name}/").as_str());
        if is_folder || name.ends_with(".toml") || matches!(name.as_str(), ".gitignore" | ".gitattributes") {
            own.push(name);
        }
    }
    own.sort();
    Ok(own)
}

/// Reads one folder of the register in `root`, such as an asset's; nothing where it is not there.
#[must_use]
pub fn read_folder(root: &Path, folder: &str) -> Tree {
    let mut tree = Tree::default();
    for found in walk(root, &root.join(folder)) {
        if let Some((path, entry)) = entry(root, found) {
            tree.insert(path, entry);
        }
    }
    tree
}

enum Found {
    Path(PathBuf),
    Failed(PathBuf, String),
}

fn walk(root: &Path, folder: &Path) -> Vec<Found> {
    let inside = WalkDir::new(folder)
        .follow_root_links(false)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != ".git" || entry.depth() == 0);
    let mut found = Vec::new();
    for entry in inside {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {
                if entry.path().join(".git").symlink_metadata().is_ok() {
                    found.push(Found::Path(entry.into_path()));
                }
            }
            Ok(entry) => found.push(Found::Path(entry.into_path())),
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                // A file that vanished while the folder was read is not there.
                let why = error.io_error().filter(|error| error.kind() != io::ErrorKind::NotFound);
                found.extend(why.map(|error| Found::Failed(path, error.to_string())));
            }
        }
    }
    found
}

fn entry(root: &Path, found: Found) -> Option<(String, Entry)> {
    let (path, read) = match found {
        Found::Failed(path, why) => (path, Entry::Unreadable(why)),
        Found::Path(path) => match look(&path) {
            Ok(entry) => (path, entry),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => (path, Entry::Unreadable(error.to_string())),
        },
    };
    let relative = path.strip_prefix(root).unwrap_or(&path);
    match relative.to_str() {
        Some(name) => Some((name.replace(std::path::MAIN_SEPARATOR, "/"), read)),
        None => Some((relative.to_string_lossy().into_owned(), Entry::Unnamed)),
    }
}

fn look(path: &Path) -> io::Result<Entry> {
    let metadata = path.symlink_metadata()?;
    if metadata.is_symlink() {
        return Ok(Entry::Link);
    }
    if metadata.is_dir() {
        return Ok(Entry::Repository);
    }
    if !metadata.is_file() {
        return Ok(Entry::Special);
    }
    if path.extension().is_some_and(|ending| ending == "toml") {
        if metadata.len() > MAX_TOML {
            return Ok(Entry::TooLarge(metadata.len()));
        }
        return Ok(Entry::toml(fs::read(path)?));
    }
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    let pixels = imagesize::size(path).ok().map(|size| (size.width, size.height));
    Ok(Entry::Other(Facts { size: metadata.len(), head, pixels }))
}

/// The files of the register's `theme/` folder, by name.
///
/// # Errors
/// Where one of them cannot be read as text.
pub fn theme(root: &Path) -> Result<Vec<(String, String)>, Error> {
    let folder = root.join("theme");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).tried("read the folder", &folder)? {
        let path = entry.tried("read the folder", &folder)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A link is never followed, and what begins with a dot is some program's own.
        if !name.starts_with('.') && path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            files.push((name, fs::read_to_string(&path).tried("read", &path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// Writes `text` to a new file, with the folders above it.
///
/// # Errors
/// Where that fails, or where the file is there already.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    create_parent(path)?;
    let mut file = File::create_new(path).tried("create", path)?;
    io::Write::write_all(&mut file, bytes).tried("write", path)
}

/// Writes `text` in place of what stood at `path`, all of it or nothing.
///
/// # Errors
/// Where that fails; then the old text stands.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    create_parent(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = beside(path).tempfile_in(folder).tried("write into", folder)?;
    io::Write::write_all(&mut file, bytes).tried("write", path)?;
    file.persist(path).map(drop).map_err(|error| error.error).tried("write", path)
}

/// A temporary file that may be read by whoever may read what stands at `path`, or any new file.
fn beside(path: &Path) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().map_or(0o666, |metadata| metadata.permissions().mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    builder
}

/// Writes files at paths below `root`, all of them or none: where one fails, those before it are taken back.
///
/// # Errors
/// Of the first that cannot be written.
pub fn write_all(root: &Path, files: &[(String, impl AsRef<[u8]>)]) -> Result<(), Error> {
    let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (path, bytes) in files {
        let path = root.join(path);
        let before = match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).tried("read", &path),
        };
        match before.and_then(|before| replace(&path, bytes.as_ref()).map(|()| before)) {
            Ok(before) => done.push((path, before)),
            Err(error) => {
                take_back(root, done);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Removes files below `root` that were new, and the folders that were made for them, as far as the disk lets.
pub fn remove_all(root: &Path, files: &[(String, impl AsRef<[u8]>)]) {
    take_back(root, files.iter().map(|(path, _)| (root.join(path), None)).collect());
}

/// Removes files below `root`.
///
/// # Errors
/// Where one is there and stays.
pub fn remove(root: &Path, files: &[String]) -> Result<(), Error> {
    files.iter().map(|file| root.join(file)).try_for_each(|path| match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.tried("remove", &path),
    })
}

/// Restores what stood at each path, as far as the disk lets.
fn take_back(root: &Path, done: Vec<(PathBuf, Option<Vec<u8>>)>) {
    for (path, before) in done.into_iter().rev() {
        if let Some(bytes) = before {
            let _ = replace(&path, &bytes);
        } else {
            let _ = fs::remove_file(&path);
            let above = path.ancestors().skip(1).take_while(|folder| *folder != root);
            // Folders that were made for it are empty now; others cannot be removed.
            let _ = above.map(fs::remove_dir).take_while(Result::is_ok).count();
        }
    }
}

fn create_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder).tried("create the folder", folder),
        None => Ok(()),
    }
}

/// A site's folder, while a build writes to it.
///
/// What has changed is gathered beside the site and moved into place when it is complete:
/// a build that is interrupted leaves the old site, and one that is interrupted while it moves is finished by the next.
pub struct Site {
    out: PathBuf,
    before: BTreeSet<String>,
    now: Mutex<BTreeSet<String>>,
    _lock: File,
}

/// Why a folder cannot be a site's.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It would destroy something.
    #[error("{0}")]
    Refused(String),
    /// The world failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Site {
    /// Prepares `out` for the site of the register in `root`.
    ///
    /// # Errors
    /// Where `out` is not a folder that tagbook may write to, or cannot be written to.
    pub fn open(out: &Path, root: &Path) -> Result<Site, Unfit> {
        let out = resolved(out)?;
        refuse_places(&out, root)?;
        // The lock is the first file of a site and stays: where it is, what else is there is judged when it is held.
        let path = out.join(LOCK);
        if !path.is_file()
            && let Err(unfit) = refuse_foreign(&out)
            && !path.is_file()
        {
            return Err(unfit);
        }
        fs::create_dir_all(&out).tried("create the folder", &out)?;
        let lock = File::options().create(true).append(true).open(&path).tried("write", &path)?;
        lock.lock().tried("lock", &path)?;
        refuse_foreign(&out)?;
        finish_interrupted(&out)?;
        let before = manifest(&out.join(MANIFEST))?;
        let stage = out.join(STAGE);
        fs::create_dir_all(&stage).tried("create the folder", &stage)?;
        Ok(Site { out, before, now: Mutex::default(), _lock: lock })
    }

    /// Takes one file of the site. It is written only where it differs from what is there.
    ///
    /// # Errors
    /// Where it cannot be written, or where a file of someone else's is in its place.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(path.to_owned());
        let place = self.out.join(path);
        if let Some(foreign) = self.in_the_way(path) {
            let why = io::Error::other("there is something here that is not tagbook's; move it away");
            return Err(why).tried("write", &foreign);
        }
        if same(&place, bytes) {
            return Ok(());
        }
        let staged = self.out.join(STAGE).join(path);
        create_parent(&staged)?;
        fs::write(&staged, bytes).tried("write", &staged)
    }

    /// What is not ours and stands where the file `path` or one of the folders above it belongs.
    fn in_the_way(&self, path: &str) -> Option<PathBuf> {
        let is_ours = |part: &Path| part.to_str().is_some_and(|part| self.before.contains(part));
        let blocks = |part: &Path, file: bool| match self.out.join(part).symlink_metadata() {
            Ok(there) if there.is_dir() => file,
            Ok(_) => !is_ours(part),
            Err(_) => false,
        };
        let path = Path::new(path);
        let above = path.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty());
        let mut all = std::iter::once((path, true)).chain(above.map(|part| (part, false)));
        all.find(|(part, file)| blocks(part, *file)).map(|(part, _)| self.out.join(part))
    }

    /// Moves what has changed into place and deletes what is no longer of the site. Gives how many files it has.
    ///
    /// # Errors
    /// Where that fails; the next build goes on with it.
    pub fn finish(self) -> Result<usize, Error> {
        let now = self.now.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let list: String = now.iter().map(|path| format!("{path}\n")).collect();
        let complete = self.out.join(STAGE).join(MANIFEST);
        if let Err(error) = replace(&complete, list.as_bytes()) {
            let _ = fs::remove_dir_all(self.out.join(STAGE));
            return Err(error);
        }
        move_into_place(&self.out)?;
        Ok(now.len())
    }

    /// Forgets what was gathered: the old site stays.
    pub fn abandon(self) {
        let _ = fs::remove_dir_all(self.out.join(STAGE));
    }
}

/// The folder that `out` stands for, links resolved as far as it is there.
fn resolved(out: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(out).tried("find", out)?;
    let mut there = absolute.as_path();
    let mut missing = Vec::new();
    loop {
        match there.canonicalize() {
            Ok(real) => return Ok(missing.iter().rev().fold(real, |path, part| path.join(part))),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).tried("find", there),
            Err(error) => match (there.file_name(), there.parent()) {
                (Some(name), Some(parent)) => {
                    missing.push(name.to_owned());
                    there = parent;
                }
                _ => return Err(error).tried("find", there),
            },
        }
    }
}

fn refuse_places(out: &Path, root: &Path) -> Result<(), Unfit> {
    let refuse = |why: &str| Err(Unfit::Refused(format!("`{}` {why}", out.display())));
    let root = root.canonicalize().tried("find", root)?;
    if root.starts_with(out) {
        return refuse("is or contains the register; a site needs a folder of its own");
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).and_then(|home| home.canonicalize().ok());
    if out.parent().is_none() || home.is_some_and(|home| home.starts_with(out)) {
        return refuse("is or contains your home folder; a site needs a folder of its own");
    }
    let inside = out.strip_prefix(&root).ok().and_then(|path| path.iter().next()?.to_str());
    let ours = |part: &str| part == ".git" || FOLDERS.iter().any(|folder| folder.trim_end_matches('/') == part);
    if inside.is_some_and(ours) || out.iter().any(|part| part == ".git") {
        return refuse("lies in a folder of the register; choose another, such as `site`");
    }
    if out.exists() && !out.is_dir() {
        return refuse("is a file");
    }
    Ok(())
}

/// Refuses a folder that has files and no manifest of ours.
fn refuse_foreign(out: &Path) -> Result<(), Unfit> {
    if !out.exists() || out.join(MANIFEST).is_file() {
        return Ok(());
    }
    for entry in fs::read_dir(out).tried("read the folder", out)? {
        let name = entry.tried("read the folder", out)?.file_name();
        if name != LOCK && name != STAGE {
            let name = name.to_string_lossy();
            let message = format!(
                "`{}` has files that are not tagbook's, such as `{name}`; choose an empty folder",
                out.display()
            );
            return Err(Unfit::Refused(message));
        }
    }
    Ok(())
}

fn manifest(path: &Path) -> Result<BTreeSet<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter(|path| is_inside(path)).map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error).tried("read", path),
    }
}

/// Whether a path that a manifest names stays in the site's folder: what it lists is deleted some day.
fn is_inside(path: &str) -> bool {
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    !path.is_empty() && Path::new(path).components().all(plain)
}

fn same(place: &Path, bytes: &[u8]) -> bool {
    let length = place.metadata().map(|metadata| metadata.len());
    length.is_ok_and(|length| length == bytes.len() as u64) && fs::read(place).is_ok_and(|there| there == bytes)
}

/// Finishes a build that was interrupted while it moved, and clears away one that was interrupted before.
fn finish_interrupted(out: &Path) -> Result<(), Error> {
    let stage = out.join(STAGE);
    if stage.join(MANIFEST).is_file() {
        return move_into_place(out);
    }
    match fs::remove_dir_all(&stage) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).tried("delete", &stage),
        _ => Ok(()),
    }
}

/// Moves a complete stage into the site, in an order that can be begun again at any point.
fn move_into_place(out: &Path) -> Result<(), Error> {
    let stage = out.join(STAGE);
    let before = manifest(&out.join(MANIFEST))?;
    let now = manifest(&stage.join(MANIFEST))?;
    // From here on what is moved is known to be ours, even if the move is interrupted.
    // It comes first because it needs room on the disk: where there is none, the old site is whole.
    let both: String = before.union(&now).map(|path| format!("{path}\n")).collect();
    replace(&out.join(MANIFEST), both.as_bytes())?;
    for gone in before.difference(&now) {
        delete(out, gone)?;
    }
    move_new_folders(&stage, out)?;
    for path in &now {
        let (staged, place) = (stage.join(path), out.join(path));
        if staged.symlink_metadata().is_ok() {
            create_parent(&place)?;
            fs::rename(&staged, &place).tried("write", &place)?;
        }
    }
    let list = stage.join(MANIFEST);
    fs::rename(&list, out.join(MANIFEST)).tried("write", &list)?;
    fs::remove_dir_all(&stage).tried("delete", &stage)
}

/// Moves folders that the site does not have yet as a whole: a first build is one rename for each asset.
fn move_new_folders(stage: &Path, out: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(stage).tried("read the folder", stage)? {
        let staged = entry.tried("read the folder", stage)?.path();
        let place = out.join(staged.file_name().unwrap_or_default());
        if staged.is_dir() && place.symlink_metadata().is_err() {
            fs::rename(&staged, &place).tried("write", &place)?;
        }
    }
    Ok(())
}

fn delete(out: &Path, path: &str) -> Result<(), Error> {
    let place = out.join(path);
    // What a link leads to is not ours.
    let mut above = place.ancestors().skip(1).take_while(|folder| *folder != out);
    if above.any(Path::is_symlink) {
        return Ok(());
    }
    match fs::remove_file(&place) {
        // A folder in its place is someone else's.
        Err(error) if error.kind() != io::ErrorKind::NotFound && !place.is_dir() => {
            return Err(error).tried("delete", &place);
        }
        _ => {}
    }
    // Folders that are empty now go too; others stay.
    for folder in Path::new(path).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        if fs::remove_dir(out.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(folder: &Path) -> Vec<String> {
        let all = WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
        all.filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with(".tagbook"))
            .collect()
    }

    fn build(out: &Path, root: &Path, files: &[(&str, &str)]) -> Result<usize, Unfit> {
        let site = Site::open(out, root)?;
        for (path, text) in files {
            site.put(path, text.as_bytes())?;
        }
        Ok(site.finish()?)
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_deleted() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("site");
        build(&out, root.path(), &[("a/index.html", "a"), ("b/index.html", "b"), ("c", "c")]).unwrap();
        let old = fs::metadata(out.join("c")).unwrap().modified().unwrap();
        fs::write(out.join("CNAME"), "kit.example.org").unwrap();
        build(&out, root.path(), &[("a/index.html", "A"), ("c", "c")]).unwrap();
        assert_eq!(listed(&out), ["CNAME", "a/index.html", "c"]);
        assert_eq!(fs::read_to_string(out.join("a/index.html")).unwrap(), "A");
        assert_eq!(fs::metadata(out.join("c")).unwrap().modified().unwrap(), old);
        assert!(!out.join("b").exists() && !out.join(STAGE).exists());
    }

    #[test]
    fn a_build_that_is_given_up_leaves_the_old_site() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("site");
        build(&out, root.path(), &[("a", "old")]).unwrap();
        let site = Site::open(&out, root.path()).unwrap();
        site.put("a", b"new").unwrap();
        drop(site);
        assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "old");
        build(&out, root.path(), &[("a", "newer")]).unwrap();
        assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "newer");
    }

    #[test]
    fn a_build_interrupted_while_it_moves_is_finished_by_the_next() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("site");
        build(&out, root.path(), &[("a", "old"), ("b", "old"), ("gone", "old")]).unwrap();
        let site = Site::open(&out, root.path()).unwrap();
        site.put("a", b"new").unwrap();
        site.put("b", b"new").unwrap();
        replace(&out.join(STAGE).join(MANIFEST), b"a\nb\n").unwrap();
        fs::rename(out.join(STAGE).join("a"), out.join("a")).unwrap();
        drop(site);
        drop(Site::open(&out, root.path()).unwrap());
        assert_eq!(listed(&out), ["a", "b"]);
        assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "new");
    }

    #[test]
    fn places_that_would_destroy_something_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let register = root.path().join("register");
        for folder in ["assets/x", ".git", "foreign"] {
            fs::create_dir_all(register.join(folder)).unwrap();
        }
        fs::write(register.join("foreign/thesis.txt"), "mine").unwrap();
        std::os::unix::fs::symlink(&register, root.path().join("link")).unwrap();
        let refused = |out: &Path| matches!(Site::open(out, &register), Err(Unfit::Refused(_)));
        for out in [".", "..", "assets", "assets/x/site", ".git/site", "foreign", "assets/../../link"] {
            assert!(refused(&register.join(out)), "{out}");
        }
        assert!(refused(Path::new("/")));
        assert_eq!(listed(&register.join("foreign")), ["thesis.txt"]);
        assert!(Site::open(&register.join("site"), &register).is_ok());
    }

    #[test]
    fn a_manifest_cannot_reach_out_of_the_site() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("site");
        build(&out, root.path(), &[("a", "a")]).unwrap();
        let precious = root.path().join("precious");
        fs::create_dir(&precious).unwrap();
        fs::write(precious.join("b"), "mine").unwrap();
        std::os::unix::fs::symlink(&precious, out.join("linked")).unwrap();
        let lines = format!("a\n../precious/b\n{}\nlinked/b\n", precious.join("b").display());
        fs::write(out.join(MANIFEST), lines).unwrap();
        build(&out, root.path(), &[("a", "a")]).unwrap();
        assert_eq!(fs::read_to_string(precious.join("b")).unwrap(), "mine");
        assert!(build(&out, root.path(), &[("a", "a"), ("linked/b", "ours")]).is_err());
    }

    #[test]
    fn a_file_of_someone_elses_in_our_place_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("site");
        build(&out, root.path(), &[("a", "a")]).unwrap();
        fs::write(out.join("b"), "mine").unwrap();
        assert!(matches!(build(&out, root.path(), &[("a", "a"), ("b", "b")]), Err(Unfit::Failed(_))));
        assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "mine");
    }

    #[test]
    fn what_stands_in_the_way_leaves_the_old_site_whole() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("site");
        let first = [("a", "old"), ("b/c", "old"), ("z", "old")];
        for (foreign, folder) in [("people", false), ("a", true)] {
            build(&out, root.path(), &first).unwrap();
            let foreign = out.join(foreign);
            let _ = fs::remove_file(&foreign);
            if folder { fs::create_dir(&foreign) } else { fs::write(&foreign, "mine") }.unwrap();
            let second = [("a", "new"), ("b/c", "new"), ("people/ana", "new")];
            let Err(Unfit::Failed(error)) = build(&out, root.path(), &second) else { panic!("it was built") };
            assert_eq!(error.path, foreign.canonicalize().unwrap());
            assert_eq!(fs::read_to_string(out.join("b/c")).unwrap(), "old");
            assert_eq!(fs::read_to_string(out.join("z")).unwrap(), "old");
            if folder { fs::remove_dir(&foreign) } else { fs::remove_file(&foreign) }.unwrap();
        }
    }

    #[test]
    fn what_is_written_may_be_read_as_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode() & 0o777;
        fs::write(root.path().join("plain"), "").unwrap();
        replace(&root.path().join("new"), b"").unwrap();
        assert_eq!(mode("new"), mode("plain"));
        fs::set_permissions(root.path().join("new"), fs::Permissions::from_mode(0o640)).unwrap();
        replace(&root.path().join("new"), b"").unwrap();
        assert_eq!(mode("new"), 0o640);
    }

    #[test]
    fn files_are_written_all_or_none() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("kept.toml"), "old").unwrap();
        fs::write(root.path().join("people"), "a file where a folder is wanted").unwrap();
        let files =
            ["kept.toml", "assets/A/asset.toml", "people/ana.toml"].map(|path| (path.to_owned(), "new".to_owned()));
        assert!(write_all(root.path(), &files).is_err());
        assert_eq!(listed(root.path()), ["kept.toml", "people"]);
        assert_eq!(fs::read_to_string(root.path().join("kept.toml")).unwrap(), "old");
    }

    #[test]
    fn what_is_no_plain_file_is_never_opened() {
        let root = tempfile::tempdir().unwrap();
        let assets = root.path().join("assets");
        fs::create_dir_all(assets.join("nested/.git")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", assets.join("link.toml")).unwrap();
        std::process::Command::new("mkfifo").arg(assets.join("pipe.toml")).status().unwrap();
        fs::write(assets.join("large.toml"), vec![b'#'; usize::try_from(MAX_TOML).unwrap() + 1]).unwrap();
        let tree = read(root.path()).unwrap();
        assert_eq!(tree.entry("assets/link.toml"), Some(&Entry::Link));
        assert_eq!(tree.entry("assets/pipe.toml"), Some(&Entry::Special));
        assert_eq!(tree.entry("assets/nested"), Some(&Entry::Repository));
        assert!(matches!(tree.entry("assets/large.toml"), Some(Entry::TooLarge(_))));
    }
}
