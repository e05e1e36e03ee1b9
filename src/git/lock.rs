//! One writer at a time: a lock on a file in the git directory, which says what its last holder was about when it died.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use super::Error;

/// The file in the git directory that a writer holds locked.
const NAME: &str = "tagbook-writer";

/// How long a lock of git's stands still before it counts as left behind by a program that died.
const STALE: Duration = Duration::from_secs(10);

/// The same, where a writer of ours died while it moved the reference.
const STALE_AFTER_DEATH: Duration = Duration::from_millis(200);

/// The right to write to a repository. It ends with its holder, however that ends.
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    /// What the last holder was about, where it died.
    left: Option<String>,
    /// Whether the file says nothing.
    is_blank: bool,
    /// Whether something is left undone that the next holder has to tidy up.
    pub(super) owes: bool,
}

impl Lock {
    /// Waits until nobody else writes.
    ///
    /// The lock is the system's (`flock`): it is granted in order, and gone when its holder and the programs that it
    /// started are.
    pub(super) fn take(git_dir: &Path) -> Result<Lock, Error> {
        let path = git_dir.join(NAME);
        let open = || {
            let is_new = !path.exists();
            let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
            if is_new {
                file.set_permissions(permissions(git_dir))?;
            }
            file.lock()?;
            let mut left = String::new();
            file.read_to_string(&mut left)?;
            let is_blank = left.is_empty();
            Ok(Lock { file, left: Some(left).filter(|_| !is_blank), is_blank, path: path.clone(), owes: false })
        };
        open().map_err(failed("lock", &path))
    }

    /// What the last holder was about when it died.
    pub(super) fn left(&self) -> Option<&str> {
        self.left.as_deref()
    }

    /// Writes down what is about to be done, for whoever comes next should this program die; nothing once it is done.
    pub(super) fn about(&mut self, what: &str) -> Result<(), Error> {
        let mut write = || {
            if !self.is_blank {
                self.file.set_len(0)?;
                self.file.rewind()?;
            }
            self.is_blank = what.is_empty();
            self.file.write_all(what.as_bytes())
        };
        write().map_err(failed("write", &self.path))?;
        self.left = None;
        Ok(())
    }

    /// The lock as the standard input of a program, which holds it too, then, for as long as it runs.
    pub(super) fn shared(&self) -> Result<std::process::Stdio, Error> {
        Ok(self.file.try_clone().map_err(failed("share", &self.path))?.into())
    }

    /// Waits for a lock that git took for us. One that stands still too long was left behind by a program that died, and is
    /// moved aside.
    pub(super) fn outwait(&self, lock: &Path) -> Result<(), Error> {
        self.outwait_for(lock, STALE)
    }

    /// Moves a lock aside that nobody but writers of ours takes, or that the last of them left when it died.
    pub(super) fn outwait_own(&self, lock: &Path) -> Result<(), Error> {
        self.outwait_for(lock, STALE_AFTER_DEATH)
    }

    fn outwait_for(&self, lock: &Path, limit: Duration) -> Result<(), Error> {
        let since = Instant::now();
        let Ok(first) = lock.symlink_metadata() else { return Ok(()) };
        while since.elapsed() < limit {
            sleep(Duration::from_millis(5));
            match lock.symlink_metadata() {
                Ok(now) if same(&first, &now) => {}
                _ => return Ok(()),
            }
        }
        // Not beside the references, where it would be taken for one.
        let aside = self.path.with_file_name("tagbook-stale");
        match fs::rename(lock, &aside) {
            Ok(()) => fs::remove_file(&aside).map_err(failed("remove", &aside)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("move aside", lock)(error)),
        }
    }
}

/// Waits for a lock that some program of git's holds, and leaves it to whoever took it.
pub(super) fn outwait_gits(lock: &Path) -> Result<(), Error> {
    let since = Instant::now();
    while lock.exists() {
        if since.elapsed() > STALE {
            let why = "another git program holds it; end it, or remove the file if there is none".into();
            return Err(Error { doing: format!("wait for `{}`", lock.display()), why });
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The permissions that files in a git directory have, as far as they apply to a file that may be read and written.
///
/// Git gives `HEAD` what `core.sharedRepository` says, so that everybody who shares a repository can write to it.
pub(super) fn permissions(git_dir: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    let mode = git_dir.join("HEAD").metadata().map_or(0o644, |metadata| metadata.permissions().mode());
    fs::Permissions::from_mode(mode & 0o666)
}

/// Whether two looks at a path saw the same file.
pub(super) fn same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    let made = |of: &fs::Metadata| of.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    identity(one) == identity(other) && made(one) == made(other) && one.len() == other.len()
}

/// What tells a file from every other, whatever it is called: its device and inode.
pub(super) fn identity(of: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (of.dev(), of.ino())
}

pub(super) fn failed<'p>(doing: &'p str, path: &'p Path) -> impl Fn(std::io::Error) -> Error + 'p {
    move |error| Error { doing: format!("{doing} `{}`", path.display()), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_holder_was_about_is_left_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = Lock::take(folder.path()).unwrap();
        lock.about("bring abc").unwrap();
        drop(lock);
        let mut next = Lock::take(folder.path()).unwrap();
        assert_eq!(next.left(), Some("bring abc"));
        next.about("").unwrap();
        drop(next);
        assert_eq!(Lock::take(folder.path()).unwrap().left(), None);
    }

    #[test]
    fn a_lock_that_stands_still_is_moved_aside_and_one_that_goes_is_outwaited() {
        let folder = tempfile::tempdir().unwrap();
        let stale = folder.path().join("main.lock");
        fs::write(&stale, "").unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        lock.outwait_own(&stale).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only our own is left");
        lock.outwait_own(&stale).unwrap();
    }
}
