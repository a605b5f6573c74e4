//! `licmgrd --demo`: a licence host with a vendor and a licence of its own, to try things out.

use std::io::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use licgate_core::id::VendorName;
use licgate_core::licence::{Signer, parse};
use licgate_core::text::Source;
use licgate_machine::keys::{self, KeyFileError};
use licgate_machine::{files, places};
use tracing::warn;

use crate::failure::{Exit, Failure};
use crate::flags::MasterFlags;

/// Where the demo serves, so that it gets the same port each time and leaves FlexNet's ten alone.
pub const PORTS: RangeInclusive<u16> = 27100..=27199;

const VENDOR: &str = "demo";
const CONFIG: &str = "\
# Written by licmgrd --demo. It serves this machine only.
listen = [\"::1\", \"127.0.0.1\"]

[vendor.demo]
key_file = \"demo.pub\"
";

/// The demo host's folder.
#[derive(Debug)]
pub struct Demo {
    folder: PathBuf,
}

/// Makes what a demo needs, as far as it is not there from the last time, and says with which flags it is served.
///
/// # Errors
/// There is no place for it, or a file cannot be written.
pub fn prepare(flags: MasterFlags) -> Result<MasterFlags, Failure> {
    // A folder of its own also where a state directory is given: nobody's licgate.toml is to be written over.
    let folder = flags.common.state_dir.clone().or_else(places::state_dir).map(|usual| usual.join("demo"));
    let Some(folder) = folder else {
        let failure =
            Failure::new(Exit::BadConfig, "there is no place for the demo, because HOME is not set");
        return Err(failure.with_hint("name a directory with --state-dir"));
    };
    let demo = Demo { folder };
    demo.make().map_err(|error| {
        Failure::new(Exit::NoFile, format!("cannot prepare the demo: {error}"))
            .with_hint("name a directory that this user may write to with --state-dir")
    })?;
    let mut flags = flags;
    flags.licences = vec![demo.licence().display().to_string()];
    flags.common.config = Some(demo.folder.join("licgate.toml"));
    flags.common.state_dir = Some(demo.folder);
    Ok(flags)
}

impl Demo {
    /// The demo in this folder, which [`prepare`] has made.
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    fn licence(&self) -> PathBuf {
        self.folder.join("demo.lic")
    }

    fn public_key(&self) -> PathBuf {
        self.folder.join("demo.pub")
    }

    fn make(&self) -> Result<(), KeyFileError> {
        let identity = keys::identity(&self.folder)?;
        let vendor = self.vendor()?;
        files::write(&self.public_key(), format!("{}\n", vendor.public()).as_bytes(), 0o644)?;
        files::write(&self.folder.join("licgate.toml"), CONFIG.as_bytes(), 0o644)?;
        files::write(&self.licence(), licence(&vendor, &identity).as_bytes(), 0o644)?;
        Ok(())
    }

    fn vendor(&self) -> Result<Signer, KeyFileError> {
        let path = self.folder.join("demo.key");
        if !path.exists() {
            keys::write_private(&path, &keys::generate()?)?;
        }
        keys::read_private(&path)
    }

    /// Says on stdout what to try next.
    pub(super) fn invite(&self, port: u16) {
        let programs = std::env::current_exe().ok().and_then(|this| this.parent().map(Path::to_path_buf));
        let here = std::env::current_dir().unwrap_or_default();
        let prefix = prefix(&programs.unwrap_or_default(), &here);
        let text = invitation(&prefix, port, &self.folder);
        let mut stdout = std::io::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            warn!(%error, "cannot print what to try next");
        }
    }
}

/// The demo's licence, signed for this host. The port may be edited in a signed licence; 0 leaves it to licmgrd.
fn licence(vendor: &Signer, identity: &Signer) -> String {
    let text = format!(
        "SERVER localhost KEY={} 0\n\
         VENDOR {VENDOR}\n\
         USE_SERVER\n\
         FEATURE solver {VENDOR} 2.1 permanent 5\n\
         FEATURE mesher {VENDOR} 1.0 permanent 2 LINGER=10\n\
         FEATURE viewer {VENDOR} 1.0 permanent uncounted HOSTID=ANY\n",
        identity.public()
    );
    let (written, _) = parse(&Source::new("demo.lic", text));
    vendor.sign(&written, &VendorName::from(VENDOR)).to_string()
}

fn invitation(prefix: &str, port: u16, folder: &Path) -> String {
    let at = format!("{port}@localhost");
    let key = quoted(&folder.join("demo.pub").display().to_string());
    format!(
        "\n\
         A demo licence host is serving at {at}. Its files are in {folder}.\n\
         Features: solver (5 seats), mesher (2 seats that linger 10 s), viewer (uncounted).\n\
         Try in a second terminal:\n\
         \n  \
           {prefix}licutil stat -a -c {at}\n  \
           {prefix}licrun --server {at} solver -- sleep 5\n  \
           {prefix}licrun --server {at} --vendor-key {key} solver -- sleep 5\n  \
           {prefix}licutil test -c {at} solver\n\
         \n\
         The third one also verifies that the seat is genuine. Ctrl-C stops the host.\n\n",
        folder = folder.display()
    )
}

/// What to write before a program's name: its folder, from here if it lies below.
fn prefix(programs: &Path, here: &Path) -> String {
    match programs.strip_prefix(here) {
        Ok(below) if below.as_os_str().is_empty() => "./".to_owned(),
        Ok(below) => quoted(&format!("{}/", below.display())),
        Err(_) => quoted(&format!("{}/", programs.display())),
    }
}

/// As a shell takes it for one word.
fn quoted(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(&byte);
    if path.bytes().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::licence::check;

    #[test]
    fn a_demo_is_made_once_and_made_again_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let demo = Demo::at(&folder.path().join("demo"));
        let content = || {
            demo.make().unwrap();
            ["demo.lic", "demo.pub", "demo.key", "licgate.toml"]
                .map(|name| std::fs::read(demo.folder.join(name)).unwrap())
        };
        let first = content();
        assert_eq!(first, content());
        let source = files::read(&demo.licence()).unwrap();
        let (written, remarks) = parse(&source);
        assert!(remarks.is_empty(), "{remarks:?}");
        let key = keys::read_public(&demo.public_key()).unwrap();
        let (signed, refused) = check(&source, &written, &VENDOR.into(), &key);
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(signed.as_ref().statements.len(), 6);
        let config = crate::config::Config::load(Some(&demo.folder.join("licgate.toml"))).unwrap();
        assert_eq!(config.listen.len(), 2);
    }

    #[test]
    fn the_invitation_can_be_pasted() {
        insta::assert_snapshot!(invitation("target/release/", 27100, Path::new("/tmp/my demo")), @r"

        A demo licence host is serving at 27100@localhost. Its files are in /tmp/my demo.
        Features: solver (5 seats), mesher (2 seats that linger 10 s), viewer (uncounted).
        Try in a second terminal:

          target/release/licutil stat -a -c 27100@localhost
          target/release/licrun --server 27100@localhost solver -- sleep 5
          target/release/licrun --server 27100@localhost --vendor-key '/tmp/my demo/demo.pub' solver -- sleep 5
          target/release/licutil test -c 27100@localhost solver

        The third one also verifies that the seat is genuine. Ctrl-C stops the host.
        ");
        for (programs, here, shown) in [
            ("/src/target/release", "/src", "target/release/"),
            ("/src", "/src", "./"),
            ("/usr/bin", "/src", "/usr/bin/"),
            ("/my bin", "/src", "'/my bin/'"),
        ] {
            assert_eq!(prefix(Path::new(programs), Path::new(here)), shown);
        }
    }
}
