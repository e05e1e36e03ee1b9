//! Objects written straight into the object store: durable before they have their name, and no more work than that takes.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use flate2::{Compress, Compression, FlushCompress, Status};
use git2::{ObjectType, Oid};
use sha1::{Digest, Sha1};

use super::lock::failed as io_failed;
use super::{Error, failed};

/// Bytes from which a tree is stored as it is: what is mostly hashes hardly gets smaller, and takes its time about it.
const STORED: usize = 4096;

/// A writer of loose objects, as git keeps them: `objects/ab/cdef…`, zlib over type, length and content
/// (gitformat-loose).
pub(super) struct Store {
    folder: PathBuf,
    quick: Compress,
    stored: Compress,
    /// Folders with new names in them, which are not durable yet.
    touched: Vec<PathBuf>,
}

impl Store {
    /// The store in the git directory `common` of all work trees.
    pub(super) fn of(common: &Path) -> Store {
        let compress = |level| Compress::new(Compression::new(level), true);
        Store { folder: common.join("objects"), quick: compress(1), stored: compress(0), touched: Vec::new() }
    }

    /// Writes an object, whether it is there already or not. Its content is durable, its name is once [`Store::settle`] was called.
    pub(super) fn write(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, Error> {
        let mut raw = format!("{} {}\0", kind.str(), bytes.len()).into_bytes();
        raw.extend_from_slice(bytes);
        let id = Oid::from_bytes(&Sha1::digest(&raw)).map_err(failed("name an object"))?;
        let name = id.to_string();
        let folder = self.folder.join(&name[..2]);
        let deflate =
            if kind == ObjectType::Tree && bytes.len() >= STORED { &mut self.stored } else { &mut self.quick };
        let packed = deflated(deflate, &raw)?;
        let temporary = self.folder.join(format!("tmp_obj_tagbook_{}", std::process::id()));
        let place = folder.join(&name[2..]);
        write_durably(&temporary, &packed).map_err(io_failed("write", &temporary))?;
        match fs::rename(&temporary, &place) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(&folder).map_err(io_failed("create the folder", &folder))?;
                self.touch(self.folder.clone());
                fs::rename(&temporary, &place).map_err(io_failed("write", &place))?;
            }
            result => result.map_err(io_failed("write", &place))?,
        }
        self.touch(folder);
        Ok(id)
    }

    fn touch(&mut self, folder: PathBuf) {
        if !self.touched.contains(&folder) {
            self.touched.push(folder);
        }
    }

    /// Makes the names of all that was written durable.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        self.touched.drain(..).try_for_each(|folder| sync(&folder))
    }
}

/// A file whose content outlives a loss of power. Objects are never written again, so nobody may.
fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = match File::options().write(true).create_new(true).mode(0o444).open(path) {
        // Left behind by a process of the same number that died.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            File::options().write(true).create_new(true).mode(0o444).open(path)?
        }
        file => file?,
    };
    file.write_all(bytes)?;
    file.sync_all()
}

fn deflated(compress: &mut Compress, raw: &[u8]) -> Result<Vec<u8>, Error> {
    compress.reset();
    let mut packed = Vec::with_capacity(raw.len() + 64);
    loop {
        let done = usize::try_from(compress.total_in()).unwrap_or(raw.len());
        match compress.compress_vec(&raw[done..], &mut packed, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => return Ok(packed),
            // What cannot be made smaller may grow.
            Ok(_) => packed.reserve(raw.len() / 4 + 64),
            Err(error) => return Err(Error { doing: "compress an object".into(), why: error.to_string() }),
        }
    }
}

/// Makes what is at `path`, a file or a folder, outlive a loss of power.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    match File::open(path).and_then(|file| file.sync_all()) {
        // A reference that git has packed meanwhile has no file.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result.map_err(io_failed("make durable", path)),
    }
}

#[cfg(test)]
mod tests {
    use git2::Repository;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        /// What is written is what git reads, under the name that git gives it.
        #[test]
        fn objects_are_read_back_by_git(bytes in proptest::collection::vec(any::<u8>(), 0..20_000), tree in any::<bool>()) {
            let folder = tempfile::tempdir().unwrap();
            let repo = Repository::init_bare(folder.path()).unwrap();
            // The type says how it is stored; git does not look into it until it has to.
            let kind = if tree { ObjectType::Tree } else { ObjectType::Blob };
            let mut store = Store::of(repo.commondir());
            let id = store.write(kind, &bytes).unwrap();
            prop_assert_eq!(store.write(kind, &bytes).unwrap(), id, "written again");
            store.settle().unwrap();
            prop_assert_eq!(id, Oid::hash_object(kind, &bytes).unwrap());
            let odb = repo.odb().unwrap();
            let read = odb.read(id).unwrap();
            prop_assert_eq!((read.kind(), read.data()), (kind, &bytes[..]));
        }
    }
}
