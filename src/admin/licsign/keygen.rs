//! `licsign keygen`: a new key pair.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use licgate_machine::{files, keys};

use crate::failure::{Failure, Kind};
use crate::out::{Form, Out};

/// Make a vendor's key pair: NAME.key, which is secret and signs, and NAME.pub, which everybody may have
///
/// The public key is printed. Applications need it to see that a licence is genuine; it goes with them, or into
/// their source code. Whoever has NAME.key can make licences: keep it off the licence hosts, and keep a copy.
#[derive(Debug, Args)]
pub(super) struct Keygen {
    /// The vendor's name, as on VENDOR lines
    name: String,
    /// Put the files into this directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Pair<'a> {
    vendor: &'a str,
    public_key: String,
    private_file: &'a Path,
    public_file: &'a Path,
}

impl Keygen {
    pub(super) fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let name = self.checked_name()?;
        let file = |extension| self.out.join(format!("{name}.{extension}"));
        let (private, public) = (file("key"), file("pub"));
        if let Some(taken) = [&private, &public].into_iter().find(|path| fs::symlink_metadata(path).is_ok()) {
            let why = format!("{} exists already, and a lost key cannot be made again", taken.display());
            return Err(Failure::new(Kind::CannotWrite, why)
                .hint("give another directory with --out, or move the old pair away"));
        }
        let key = keys::generate()?;
        keys::write_private(&private, &key)?;
        let text = format!("# public key of the vendor {name}\n{}\n", key.public());
        files::create(&public, text.as_bytes(), 0o644)?;
        let public_key = key.public().to_string();
        match Form::of_flag(self.json) {
            Form::Text => out.line(&public_key),
            Form::Json => {
                out.json(&Pair { vendor: name, public_key, private_file: &private, public_file: &public });
            }
        }
        out.talk(&format!("wrote {} (keep it secret) and {}", private.display(), public.display()));
        Ok(())
    }

    /// The name, unless it could not stand on a VENDOR line or would name a file elsewhere.
    fn checked_name(&self) -> Result<&str, Failure> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !self.name.is_empty() && self.name.chars().all(plain) {
            return Ok(&self.name);
        }
        Err(Failure::new(Kind::Usage, format!("'{}' is no vendor's name", self.name))
            .hint("use letters, digits, '_' and '-'; FlexNet allows ten of them"))
    }
}
