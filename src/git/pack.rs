//! Packs: the objects of a round in one file, durable before anything refers to them, and joined so that they never get many.
//!
//! A commit in a register is seven small objects. As files of their own they want to be made durable one by one, which costs ten
//! times what writing them does. The formats are those of gitformat-pack: a pack of version 2, an index of version 2. Where packs
//! are joined, a large tree that is much like another is written as what differs between them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use git2::{ObjectType, Oid};
use sha1::{Digest, Sha1};

use super::lock::{failed as io_failed, permissions};
use super::{Error, failed};

/// Bytes from which a tree is stored as it is: what is mostly hashes hardly gets smaller, and takes its time about it.
const STORED: usize = 4096;

/// Packs of one size that are joined to one of the next.
const JOINED: usize = 10;

/// The size of packs that are joined no more.
const LAID_ASIDE: u32 = 99;

/// Bytes from which a pack is not joined any more.
const LARGE: u64 = 4 << 20;

/// Trees that others are compared with when packs are joined.
const BASES: usize = 32;

/// What stands in the file that keeps a pack of ours from being repacked.
const KEEP: &[u8] = b"tagbook\n";

/// The file in the git directory that those are further names of.
const KEEPER: &str = "tagbook-keep";

/// The file in the git directory that says which packs are ours, by size.
const LIST: &str = "tagbook-packs";

/// Objects on their way into the object store.
pub(super) struct Packer {
    compress: Compress,
    objects: BTreeMap<Oid, Packed>,
}

/// An object as it stands in a pack: type and length, then zlib.
struct Packed {
    bytes: Vec<u8>,
    crc: u32,
}

impl Packed {
    fn new(bytes: Vec<u8>) -> Packed {
        let mut crc = Crc::new();
        crc.update(&bytes);
        Packed { crc: crc.sum(), bytes }
    }
}

impl Packer {
    pub(super) fn new() -> Packer {
        Packer { compress: Compress::new(Compression::new(1), true), objects: BTreeMap::new() }
    }

    /// Takes an object, and gives its name.
    pub(super) fn add(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, Error> {
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", kind.str(), bytes.len()));
        hash.update(bytes);
        let id = Oid::from_bytes(&hash.finalize()).map_err(failed("name an object"))?;
        if !self.objects.contains_key(&id) {
            let mut packed = head(type_of(kind), bytes.len());
            if kind == ObjectType::Tree && bytes.len() >= STORED {
                store(bytes, &mut packed);
            } else {
                deflate(&mut self.compress, bytes, &mut packed)?;
            }
            self.objects.insert(id, Packed::new(packed));
        }
        Ok(id)
    }

    /// Writes all that was taken as a pack in the git directory `common`, durably.
    ///
    /// As long as what it gives is kept, no repacking takes it for rubbish, though nothing may refer to it yet.
    pub(super) fn settle(self, common: &Path) -> Result<Kept, Error> {
        if self.objects.is_empty() {
            return Ok(Kept(Vec::new()));
        }
        let folder = common.join("objects/pack");
        fs::create_dir_all(&folder).map_err(io_failed("create the folder", &folder))?;
        let name = write(common, &folder, &self.objects)?;
        // It is safe; how well the shelf is kept is another matter.
        let mut names = vec![name.clone()];
        names.extend(Shelf::read(common).put(common, &folder, name));
        Ok(Kept(names.iter().map(|name| folder.join(format!("{name}.keep"))).collect()))
    }
}

/// Packs that git's housekeeping leaves alone until whatever is to refer to them does.
pub(super) struct Kept(Vec<PathBuf>);

impl Drop for Kept {
    fn drop(&mut self) {
        for keep in &self.0 {
            let _ = fs::remove_file(keep);
        }
    }
}

/// What stands for the types of objects in a pack.
const TREE: u8 = 2;
const DELTA: u8 = 7;

fn type_of(kind: ObjectType) -> u8 {
    match kind {
        ObjectType::Commit => 1,
        ObjectType::Tree => TREE,
        ObjectType::Tag => 4,
        _ => 3,
    }
}

/// The type of an object and its length, four bits and then seven at a time.
fn head(kind: u8, mut length: usize) -> Vec<u8> {
    let mut byte = kind << 4 | low(length, 4);
    length >>= 4;
    let mut head = Vec::new();
    while length > 0 {
        head.push(byte | 0x80);
        byte = low(length, 7);
        length >>= 7;
    }
    head.push(byte);
    head
}

fn low(number: usize, bits: u32) -> u8 {
    u8::try_from(number & ((1 << bits) - 1)).unwrap_or_default()
}

/// Zlib around bytes that are left as they are (RFC 1950; RFC 1951, 3.2.4).
fn store(bytes: &[u8], into: &mut Vec<u8>) {
    into.extend([0x78, 0x01]);
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        into.push(u8::from(blocks.peek().is_none()));
        into.extend(length.to_le_bytes());
        into.extend((!length).to_le_bytes());
        into.extend_from_slice(block);
    }
    into.extend(adler(bytes).to_be_bytes());
}

/// The content of a tree that [`store`] has left as it is; `None` of any other object.
fn stored(packed: &[u8]) -> Option<Cow<'_, [u8]>> {
    let end = packed.iter().position(|byte| byte & 0x80 == 0)?;
    let length = |sum: usize, (at, byte): (usize, &u8)| sum | usize::from(byte & 0x7f) << (4 + at * 7);
    let length = packed[1..=end].iter().enumerate().fold(usize::from(packed[0] & 0xf), length);
    if packed[0] >> 4 & 7 != TREE || length < STORED {
        return None;
    }
    let mut rest = packed.get(end + 3..packed.len().checked_sub(4)?)?;
    let mut bytes = Cow::<[u8]>::default();
    while let [_, low, high, _, _, block @ ..] = rest {
        let (block, after) = block.split_at_checked(usize::from(u16::from_le_bytes([*low, *high])))?;
        if bytes.is_empty() {
            bytes = Cow::Borrowed(block);
        } else {
            bytes.to_mut().extend_from_slice(block);
        }
        rest = after;
    }
    (bytes.len() == length).then_some(bytes)
}

/// `bytes` as what differs from `base`, the object called `id`, in one place; `None` where that is much of it.
fn delta(id: Oid, base: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let start = alike(base, bytes);
    let end = alike_at_end(&base[start..], &bytes[start..]);
    let new = &bytes[start..bytes.len() - end];
    if new.len() > bytes.len() / 8 {
        return None;
    }
    let mut script = [number(base.len()), number(bytes.len())].concat();
    copy(0, start, &mut script);
    for part in new.chunks(0x7f) {
        script.push(low(part.len(), 7));
        script.extend_from_slice(part);
    }
    copy(base.len() - end, end, &mut script);
    let mut packed = head(DELTA, script.len());
    packed.extend_from_slice(id.as_bytes());
    store(&script, &mut packed);
    Some(packed)
}

/// How many bytes two begin with alike.
fn alike(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.chunks_exact(64).zip(other.chunks_exact(64)).take_while(|(a, b)| a == b).count() * 64;
    blocks + one[blocks..].iter().zip(&other[blocks..]).take_while(|(a, b)| a == b).count()
}

/// How many bytes two end with alike.
fn alike_at_end(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.rchunks_exact(64).zip(other.rchunks_exact(64)).take_while(|(a, b)| a == b).count() * 64;
    let (one, other) = (&one[..one.len() - blocks], &other[..other.len() - blocks]);
    blocks + one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// A length in a delta, seven bits at a time.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(low(number, 7) | 0x80);
        number >>= 7;
    }
    bytes.push(low(number, 7));
    bytes
}

/// Tells a delta to copy so much of its base, from there on.
fn copy(mut from: usize, mut length: usize, script: &mut Vec<u8>) {
    while length > 0 {
        let part = length.min(0xffff);
        script.push(0x80 | 0xf | 0x30);
        script.extend((0..4).map(|byte| low(from >> (8 * byte), 8)));
        script.extend((0..2).map(|byte| low(part >> (8 * byte), 8)));
        (from, length) = (from + part, length - part);
    }
}

/// Writes trees that are much like another of the pack as what differs from it.
///
/// What a tree leans on has a smaller id, and so has what that leans on: whichever packs are joined, there is no circle.
fn save_room(objects: &mut BTreeMap<Oid, Packed>) {
    let mut bases: Vec<(Oid, Cow<[u8]>)> = Vec::new();
    let mut deltas = Vec::new();
    for (id, packed) in &*objects {
        let Some(bytes) = stored(&packed.bytes) else { continue };
        match bases.iter().find_map(|(base, content)| delta(*base, content, &bytes)) {
            Some(delta) => deltas.push((*id, Packed::new(delta))),
            None if bases.len() < BASES => bases.push((*id, bytes)),
            None => {}
        }
    }
    objects.extend(deltas);
}

/// The checksum at the end of zlib (RFC 1950, 8.2).
fn adler(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    // So many bytes fit before the sums have to be brought down.
    for part in bytes.chunks(5552) {
        for byte in part {
            a += u32::from(*byte);
            b += a;
        }
        (a, b) = (a % 65_521, b % 65_521);
    }
    b << 16 | a
}

fn deflate(compress: &mut Compress, bytes: &[u8], into: &mut Vec<u8>) -> Result<(), Error> {
    compress.reset();
    into.reserve(bytes.len() + 64);
    loop {
        let done = usize::try_from(compress.total_in()).unwrap_or(bytes.len());
        match compress.compress_vec(&bytes[done..], into, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => return Ok(()),
            // What cannot be made smaller may grow.
            Ok(_) => into.reserve(bytes.len() / 4 + 64),
            Err(error) => return Err(Error { doing: "compress an object".into(), why: error.to_string() }),
        }
    }
}

/// Writes a pack and its index; the pack is found once its index is there. Gives its name without an ending.
fn write(common: &Path, folder: &Path, objects: &BTreeMap<Oid, Packed>) -> Result<String, Error> {
    let count = u32::try_from(objects.len()).unwrap_or(u32::MAX).to_be_bytes();
    let length = objects.values().map(|object| object.bytes.len()).sum::<usize>();
    let mut pack = Vec::with_capacity(length + 32);
    pack.extend_from_slice(b"PACK\0\0\0\x02");
    pack.extend_from_slice(&count);
    let mut offsets = Vec::with_capacity(objects.len());
    for object in objects.values() {
        offsets.push(u32::try_from(pack.len()).unwrap_or(u32::MAX));
        pack.extend_from_slice(&object.bytes);
    }
    let checksum = Sha1::digest(&pack);
    pack.extend_from_slice(&checksum);
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    let mut counts = [0_u32; 256];
    for id in objects.keys() {
        counts[usize::from(id.as_bytes()[0])] += 1;
    }
    let mut sum = 0;
    for count in counts {
        sum += count;
        index.extend(sum.to_be_bytes());
    }
    index.extend(objects.keys().flat_map(Oid::as_bytes));
    index.extend(objects.values().flat_map(|object| object.crc.to_be_bytes()));
    index.extend(offsets.iter().flat_map(|offset| offset.to_be_bytes()));
    index.extend_from_slice(&checksum);
    let end = Sha1::digest(&index);
    index.extend_from_slice(&end);
    let name = format!("pack-{}", hex(&checksum));
    keep(common, &folder.join(format!("{name}.keep")))?;
    write_durably(common, &folder.join(format!("{name}.pack")), &pack)?;
    write_durably(common, &folder.join(format!("{name}.idx")), &index)?;
    sync(folder)?;
    Ok(name)
}

/// Puts the file at `place` that keeps a pack from being repacked. As one more name of a file that stays it costs the file system
/// nothing to speak of; where there are no such names, it is a file of its own.
fn keep(common: &Path, place: &Path) -> Result<(), Error> {
    let keeper = common.join(KEEPER);
    let link = || match fs::hard_link(&keeper, place) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::write(&keeper, KEEP)?;
            fs::set_permissions(&keeper, permissions(common))?;
            fs::hard_link(&keeper, place)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result,
    };
    link().or_else(|_| fs::write(place, KEEP)).map_err(io_failed("write", place))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that has its name only once its content outlives a loss of power. Packs are never written again, so nobody may.
fn write_durably(common: &Path, place: &Path, bytes: &[u8]) -> Result<(), Error> {
    // Not among the packs, where git's housekeeping would take it for left behind.
    let temporary = common.join("tagbook-pack");
    let mut writing = File::options();
    writing.write(true).create_new(true);
    let write = || {
        let mut file = match writing.open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&temporary)?;
                writing.open(&temporary)?
            }
            file => file?,
        };
        file.write_all(bytes)?;
        let mut permissions = permissions(common);
        permissions.set_readonly(true);
        file.set_permissions(permissions)?;
        file.sync_all()
    };
    write().map_err(io_failed("write", &temporary))?;
    fs::rename(&temporary, place).map_err(io_failed("write", place))
}

/// Makes what is at `path`, a file or a folder, outlive a loss of power.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    match File::open(path).and_then(|file| file.sync_all()) {
        // A reference that git has packed meanwhile has no file.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result.map_err(io_failed("make durable", path)),
    }
}

/// Which packs are ours: how often each was joined, and its name. Should the list be lost, the packs stay as they are.
struct Shelf {
    path: PathBuf,
    packs: Vec<(u32, String)>,
    /// Packs that were joined into another one, which a reader may still have open.
    spent: Vec<String>,
}

impl Shelf {
    fn read(common: &Path) -> Shelf {
        let path = common.join(LIST);
        let bytes = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut shelf = Shelf { path, packs: Vec::new(), spent: Vec::new() };
        for (size, name) in text.lines().filter_map(|line| line.split_once(' ')) {
            match size.parse() {
                Ok(size) => shelf.packs.push((size, name.to_owned())),
                Err(_) if size == "spent" => shelf.spent.push(name.to_owned()),
                Err(_) => {}
            }
        }
        shelf
    }

    /// Puts a new pack on the shelf, and joins those that have become many. What fails is left as it is.
    ///
    /// Gives the names of the packs that were made of others.
    fn put(mut self, common: &Path, folder: &Path, name: String) -> Vec<String> {
        let mut made = Vec::new();
        // Where git keeps an index over several packs, it sees to them.
        let is_gits = ["multi-pack-index", "multi-pack-index.d"].iter().any(|name| folder.join(name).exists());
        let is_full = |shelf: &Shelf, size| shelf.packs.iter().filter(|(of, _)| *of == size).count() >= JOINED;
        if !is_gits && self.packs.iter().filter(|(size, _)| *size == 0).count() + 1 >= JOINED {
            // What a writer that died has kept is long referred to, or never will be.
            for (_, name) in &self.packs {
                let _ = fs::remove_file(folder.join(format!("{name}.keep")));
            }
        }
        // Should the last line be torn, it takes nothing of this one along.
        let line = format!("\n0 {name}\n");
        self.packs.push((0, name));
        if is_gits || !is_full(&self, 0) {
            self.note(common, &line, true);
            return made;
        }
        self.remove_spent(folder);
        let mut size = 0;
        while size < LAID_ASIDE && is_full(&self, size) {
            made.extend(self.join(common, folder, size));
            size += 1;
        }
        let packs = self.packs.iter().map(|(size, name)| format!("{size} {name}\n"));
        let spent = self.spent.iter().map(|name| format!("spent {name}\n"));
        self.note(common, &packs.chain(spent).collect::<String>(), false);
        made
    }

    /// Writes `text` into the list, at its end or in place of all. A list that is lost or half written costs room, and nothing else.
    fn note(&self, common: &Path, text: &str, at_end: bool) {
        let is_new = !self.path.exists();
        let mut writing = File::options();
        writing.create(true).append(at_end).write(true).truncate(!at_end);
        if writing.open(&self.path).and_then(|mut list| list.write_all(text.as_bytes())).is_ok() && is_new {
            let _ = fs::set_permissions(&self.path, permissions(common));
        }
    }

    /// Removes what was joined the last time: whoever had it open then has looked again since.
    fn remove_spent(&mut self, folder: &Path) {
        for name in self.spent.drain(..) {
            for ending in ["idx", "pack", "keep"] {
                let _ = fs::remove_file(folder.join(format!("{name}.{ending}")));
            }
        }
    }

    /// Joins all packs of one size. What git has repacked meanwhile is forgotten, what cannot be read or is large laid aside.
    fn join(&mut self, common: &Path, folder: &Path, size: u32) -> Option<String> {
        let (joined, kept) = self.packs.drain(..).partition(|(of, _)| *of == size);
        self.packs = kept;
        let (mut objects, mut sources) = (BTreeMap::new(), Vec::new());
        for (_, name) in joined {
            let Ok(metadata) = folder.join(format!("{name}.pack")).metadata() else { continue };
            match read(folder, &name) {
                Ok(read) if metadata.len() < LARGE => {
                    objects.extend(read);
                    sources.push(name);
                }
                _ => self.packs.push((LAID_ASIDE, name)),
            }
        }
        if objects.is_empty() {
            return None;
        }
        save_room(&mut objects);
        let name = write(common, folder, &objects).ok()?;
        sources.retain(|source| *source != name);
        self.packs.push((size + 1, name.clone()));
        self.spent.extend(sources);
        Some(name)
    }
}

/// The objects of a pack that was written here, as they stand in it.
fn read(folder: &Path, name: &str) -> Result<Vec<(Oid, Packed)>, Error> {
    let bytes = |ending: &str| {
        let path = folder.join(format!("{name}.{ending}"));
        fs::read(&path).map_err(io_failed("read", &path))
    };
    let (pack, index) = (bytes("pack")?, bytes("idx")?);
    let objects = || {
        let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
        let count = usize::try_from(number(8 + 255 * 4)?).ok()?;
        let names = 8 + 256 * 4;
        let (crcs, offsets) = (names + count * 20, names + count * 24);
        let mut all = Vec::with_capacity(count);
        for at in 0..count {
            let id = Oid::from_bytes(index.get(names + at * 20..names + at * 20 + 20)?).ok()?;
            all.push((usize::try_from(number(offsets + at * 4)?).ok()?, id, number(crcs + at * 4)?));
        }
        all.sort_unstable();
        let ends = all.iter().skip(1).map(|(offset, ..)| *offset).chain([pack.len().checked_sub(20)?]);
        let ends: Vec<usize> = ends.collect();
        let slice = |((start, id, crc), end): (&(usize, Oid, u32), usize)| {
            let packed = Packed::new(pack.get(*start..end)?.to_vec());
            // What the disk has spoilt is not passed on as if it were whole.
            (packed.crc == *crc).then_some((*id, packed))
        };
        all.iter().zip(ends).map(slice).collect::<Option<Vec<_>>>()
    };
    objects().ok_or_else(|| Error { doing: format!("read `{name}`"), why: "it is not as it was written".into() })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use git2::Repository;
    use proptest::prelude::*;

    use super::*;

    fn packs(repo: &Repository) -> usize {
        let folder = fs::read_dir(repo.commondir().join("objects/pack")).unwrap();
        folder.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "pack")).count()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        /// What is packed is what git reads, under the name that git gives it.
        #[test]
        fn objects_are_read_back_by_git(objects in proptest::collection::vec((any::<u8>(), 0_usize..150_000, any::<bool>()), 1..6)) {
            let folder = tempfile::tempdir().unwrap();
            let repo = Repository::init_bare(folder.path()).unwrap();
            let mut packer = Packer::new();
            let mut all = Vec::new();
            for (seed, length, tree) in objects {
                // Some of it repeats, some does not.
                let byte = |at: usize| seed.wrapping_mul((at % 251).to_le_bytes()[0]) ^ (at / 3000 * at).to_le_bytes()[0];
                let bytes: Vec<u8> = (0..length).map(byte).collect();
                // The type says how it is stored; git does not look into it until it has to.
                let kind = if tree { ObjectType::Tree } else { ObjectType::Blob };
                all.push((packer.add(kind, &bytes).unwrap(), kind, bytes));
            }
            packer.settle(repo.commondir()).unwrap();
            let odb = repo.odb().unwrap();
            for (id, kind, bytes) in all {
                let read = odb.read(id).unwrap();
                prop_assert_eq!((read.kind(), read.data()), (kind, &bytes[..]));
                let mut named = Sha1::new();
                named.update(format!("{} {}\0", kind.str(), bytes.len()));
                named.update(&bytes);
                prop_assert_eq!(id.as_bytes(), &named.finalize()[..]);
            }
        }
    }

    #[test]
    fn packs_are_joined_and_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let mut ids = Vec::new();
        for round in 0..600 {
            let mut packer = Packer::new();
            ids.push(packer.add(ObjectType::Blob, format!("round {round}").as_bytes()).unwrap());
            packer.settle(repo.commondir()).unwrap();
            assert!(packs(&repo) <= 5 * JOINED, "{} packs after {round} rounds", packs(&repo));
        }
        let again = Repository::open_bare(folder.path()).unwrap();
        for (round, id) in ids.iter().enumerate() {
            assert_eq!(again.find_blob(*id).unwrap().content(), format!("round {round}").as_bytes());
        }
        let fsck =
            Command::new("git").args(["fsck", "--strict", "--full"]).current_dir(folder.path()).output().unwrap();
        assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stderr));
        let count = Command::new("git").args(["count-objects", "-v"]).current_dir(folder.path()).output().unwrap();
        let count = String::from_utf8(count.stdout).unwrap();
        assert!(count.contains("garbage: 0") && count.contains("count: 0"), "{count}");
    }

    #[test]
    fn large_trees_that_are_much_alike_are_joined_into_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let git = |line: &str| Command::new("git").args(line.split(' ')).current_dir(folder.path()).output().unwrap();
        let (entries, rounds) = (3000, 230);
        let mut trees = Vec::new();
        for round in 0..rounds {
            let mut packer = Packer::new();
            let blobs = [b"one", b"two"].map(|bytes| packer.add(ObjectType::Blob, bytes).unwrap());
            // Now and then it is as it was before, and now and then nothing like it.
            let at = if round % 40 == 39 { round - 17 } else { round };
            let is_other = |entry: usize| if at % 50 == 49 { entry.is_multiple_of(2) } else { entry == at * 13 };
            let entry = |entry| {
                [format!("100644 e{entry:05}\0").as_bytes(), blobs[usize::from(is_other(entry))].as_bytes()].concat()
            };
            let tree: Vec<u8> = (0..entries).flat_map(entry).collect();
            trees.push((packer.add(ObjectType::Tree, &tree).unwrap(), tree));
            packer.settle(repo.commondir()).unwrap();
        }
        let whole = |repo: &Repository| {
            let odb = repo.odb().unwrap();
            trees.iter().all(|(id, tree)| odb.read(*id).unwrap().data() == tree)
        };
        assert!(whole(&Repository::open_bare(folder.path()).unwrap()));
        let said = git("fsck --strict --full");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let files = fs::read_dir(repo.commondir().join("objects/pack")).unwrap();
        let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes < 5_000_000, "{bytes} bytes for {rounds} trees of {} bytes", trees[0].1.len());
        assert!(git("repack -a -d -q --keep-unreachable").status.success());
        assert!(whole(&Repository::open_bare(folder.path()).unwrap()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Whatever lies between two trees, git reads both back.
        #[test]
        fn what_differs_is_read_back_by_git(seed in any::<u64>(), length in 5_000_usize..300_000, cuts in proptest::collection::vec((0_usize..300_000, 0_usize..2_000, 0_usize..2_000), 1..4)) {
            let folder = tempfile::tempdir().unwrap();
            let repo = Repository::init_bare(folder.path()).unwrap();
            let mut chance = fastrand::Rng::with_seed(seed);
            let mut bytes: Vec<u8> = (0..length).map(|_| chance.u8(..)).collect();
            let mut all = Vec::new();
            for (at, out, new) in cuts {
                all.push(bytes.clone());
                let at = at % bytes.len();
                let end = (at + out).min(bytes.len());
                bytes.splice(at..end, (0..new).map(|_| chance.u8(..)));
                bytes.resize(bytes.len().max(STORED), 0);
            }
            all.push(bytes);
            let mut packer = Packer::new();
            let ids: Vec<Oid> = all.iter().map(|bytes| packer.add(ObjectType::Tree, bytes).unwrap()).collect();
            let mut objects = packer.objects;
            save_room(&mut objects);
            let pack_folder = folder.path().join("objects/pack");
            write(repo.commondir(), &pack_folder, &objects).unwrap();
            let odb = repo.odb().unwrap();
            for (id, bytes) in ids.iter().zip(&all) {
                let read = odb.read(*id).unwrap();
                prop_assert_eq!((read.kind(), read.data()), (ObjectType::Tree, &bytes[..]));
            }
        }
    }

    #[test]
    fn a_list_that_is_torn_anywhere_loses_nothing() {
        for torn in [&b"0 pa"[..], b"spen", b"spent", b"0 pack-x\nspent pack-", b"\0\0\0\0\0\0", b"\xff\xfe"] {
            let folder = tempfile::tempdir().unwrap();
            let repo = Repository::init_bare(folder.path()).unwrap();
            let mut ids = Vec::new();
            for round in 0..40_u8 {
                if round == 5 {
                    let list = repo.commondir().join(LIST);
                    let text = [&fs::read(&list).unwrap(), torn].concat();
                    fs::write(&list, text).unwrap();
                }
                let mut packer = Packer::new();
                ids.push(packer.add(ObjectType::Blob, &[round]).unwrap());
                packer.settle(repo.commondir()).unwrap();
            }
            let again = Repository::open_bare(folder.path()).unwrap();
            assert!(ids.iter().all(|id| again.find_blob(*id).is_ok()), "{torn:?}");
            assert!(packs(&repo) < 3 * JOINED, "{torn:?}: {} packs", packs(&repo));
        }
    }

    #[test]
    fn what_the_disk_has_spoilt_is_not_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let mut spoilt = None;
        for round in 0..2 * u8::try_from(JOINED).unwrap() {
            let mut packer = Packer::new();
            let tree = [vec![b'a'; 3 * STORED], vec![round]].concat();
            let id = packer.add(ObjectType::Tree, &tree).unwrap();
            packer.settle(repo.commondir()).unwrap();
            if round == 3 {
                let name = &Shelf::read(repo.commondir()).packs[3].1;
                let pack = folder.path().join(format!("objects/pack/{name}.pack"));
                let mut bytes = fs::read(&pack).unwrap();
                bytes[STORED] ^= 1;
                fs::remove_file(&pack).unwrap();
                fs::write(&pack, bytes).unwrap();
                spoilt = Some(id);
            }
        }
        let again = Repository::open_bare(folder.path()).unwrap();
        assert!(again.odb().unwrap().read(spoilt.unwrap()).is_err());
    }

    #[test]
    fn what_nothing_refers_to_yet_is_no_rubbish() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        let git = |words: &[&str]| Command::new("git").args(words).current_dir(folder.path()).output().unwrap();
        let (mut ids, mut kept) = (Vec::new(), Vec::new());
        for round in 0..JOINED - 1 {
            let mut packer = Packer::new();
            ids.push(packer.add(ObjectType::Blob, format!("round {round}").as_bytes()).unwrap());
            kept.push(packer.settle(repo.commondir()).unwrap());
            assert!(git(&["repack", "-a", "-d", "-q"]).status.success());
            let again = Repository::open_bare(folder.path()).unwrap();
            assert!(again.find_blob(ids[round]).is_ok(), "round {round}");
        }
        drop(kept);
        let keeps = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == "keep");
        let left =
            fs::read_dir(folder.path().join("objects/pack")).unwrap().filter_map(Result::ok).filter(keeps).count();
        assert_eq!(left, 0, "packs are left to git in the end");
    }

    #[test]
    fn a_pack_that_cannot_be_read_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        for round in 0..3 * u8::try_from(JOINED).unwrap() {
            let mut packer = Packer::new();
            let id = packer.add(ObjectType::Blob, &[round]).unwrap();
            packer.settle(repo.commondir()).unwrap();
            assert!(Repository::open_bare(folder.path()).unwrap().find_blob(id).is_ok(), "round {round}");
            if round == 4 {
                let torn = format!("objects/pack/{}.idx", Shelf::read(repo.commondir()).packs[0].1);
                fs::remove_file(folder.path().join(torn)).unwrap();
            }
        }
    }

    #[test]
    fn a_list_that_is_lost_and_packs_that_git_took_away_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::init_bare(folder.path()).unwrap();
        for round in 0..40 {
            let mut packer = Packer::new();
            packer.add(ObjectType::Blob, &[round]).unwrap();
            packer.settle(repo.commondir()).unwrap();
            if round == 10 {
                fs::write(repo.commondir().join(LIST), "0 pack-gone\nnonsense\n1 ../../outside").unwrap();
            }
        }
        let again = Repository::open_bare(folder.path()).unwrap();
        for round in 0..40_u8 {
            let mut named = Sha1::new();
            named.update([&b"blob 1\0"[..], &[round]].concat());
            assert_eq!(again.find_blob(Oid::from_bytes(&named.finalize()).unwrap()).unwrap().content(), [round]);
        }
    }
}
