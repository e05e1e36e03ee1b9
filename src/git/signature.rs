//! Signatures of commits, as the git program checks them with gpg or ssh-keygen.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use git2::Oid;

use super::program::{Program, finished, last_line};
use super::{Error, Repo};

impl Repo {
    /// What the git program says of the signatures of commits: a line for each with its id, git's letter for it, the
    /// signer and the key, parted by tabs. `signers` are those who may sign with ssh, as ssh-keygen reads them; without
    /// them, those of git's settings.
    ///
    /// # Errors
    /// Where git cannot be run, or the history not be read.
    pub fn signatures(&self, commits: &[Oid], signers: Option<&[u8]>) -> Result<Vec<String>, Error> {
        let failed = |error: std::io::Error| Error { doing: "check signatures".into(), why: error.to_string() };
        let mut asked = tempfile::NamedTempFile::new().map_err(failed)?;
        for id in commits {
            writeln!(asked, "{id}").map_err(failed)?;
        }
        let mut vouched = tempfile::NamedTempFile::new().map_err(failed)?;
        vouched.write_all(signers.unwrap_or_default()).map_err(failed)?;
        let setting = format!("gpg.ssh.allowedSignersFile={}", vouched.path().display());
        let mut words = vec!["--no-replace-objects"];
        if signers.is_some() {
            words.extend(["-c", setting.as_str()]);
        }
        words.extend(["log", "--no-walk=unsorted", "--stdin", "--format=%H%x09%G?%x09%GS%x09%GK"]);
        let mut command = Program::of(&self.git).command(&words);
        command.stdin(Stdio::from(File::open(asked.path()).map_err(failed)?));
        let said = finished(&mut command)?;
        if !said.ok {
            return Err(Error { doing: "check signatures".into(), why: last_line(&said.err) });
        }
        Ok(said.out.lines().map(str::to_owned).collect())
    }
}
