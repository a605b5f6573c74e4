//! Which licence files, and which options file with them, come into force, at a start and at a reread, and the copy that
//! is kept of those that did.
//!
//! Files with errors in them never replace what was accepted before: a daemon that serves goes on with its book and its
//! policy, and one that starts takes the kept texts. Only a daemon that has never accepted anything serves what it can read
//! of licence files; it serves nobody under an options file with errors, which may have been meant otherwise.

use std::path::{Path, PathBuf};

use licgate_core::id::VendorName;
use licgate_core::licence::{Book, VendorKey};
use licgate_core::options::Policy;
use licgate_core::text::{Severity, Source};
use licgate_machine::files;
use minicbor::{Decode, Encode};

use super::load::{Order, Remark, Shelf};
use crate::failure::{Exit, Failure};
use crate::keys::vendor_key;

/// Files that may be served from.
#[derive(Debug)]
pub(super) struct Fresh {
    /// Read and checked.
    pub(super) shelf: Shelf,
    /// What they give today.
    pub(super) book: Book,
    /// Under which rules they are served.
    pub(super) policy: Policy,
    /// What is to be said about them.
    pub(super) remarks: Vec<Remark>,
    /// Whether these are texts that were accepted before, in place of files that are broken now.
    pub(super) stands_in: bool,
}

/// Files that do not replace what is in force.
#[derive(Debug)]
pub(super) enum Refusal {
    /// They cannot be read as they are meant: a slip of the pen, a disk that is not there.
    Broken {
        /// What is wrong, in lines.
        why: Vec<String>,
        /// What can be read of them in spite of it, if that is worth serving.
        rest: Result<Box<Fresh>, Failure>,
    },
    /// They read well, and there is nothing in them to serve.
    Nothing(Failure),
}

/// Reads the files and says whether they may come into force: the one rule for start and reread. Blocking.
pub(super) fn read(order: Order) -> Result<Fresh, Refusal> {
    match Shelf::read(order) {
        Ok((shelf, remarks)) => judge(shelf, remarks),
        Err(failure) => {
            let why = failure.to_string().lines().map(str::to_owned).collect();
            Err(Refusal::Broken { why, rest: Err(failure) })
        }
    }
}

fn judge(shelf: Shelf, remarks: Vec<Remark>) -> Result<Fresh, Refusal> {
    let (wrong, mut remarks): (Vec<_>, Vec<_>) =
        remarks.into_iter().partition(|remark| remark.severity == Severity::Error);
    let (book, said) = shelf.book();
    remarks.extend(said);
    let policy = shelf.policy(&book);
    let worth =
        shelf.is_worth_serving(&book).map(|()| Fresh { shelf, book, policy, remarks, stands_in: false });
    if wrong.is_empty() {
        return worth.map_err(Refusal::Nothing);
    }
    let why = wrong.into_iter().map(|remark| remark.line).collect();
    Err(Refusal::Broken { why, rest: worth.map(Box::new) })
}

/// The texts that came into force last, in a file `VENDOR.accepted` of the state directory.
///
/// They stand in for files that are broken when the daemon starts, and never for files that read well: what these no
/// longer say is not served. Their lines are checked anew, with the key of the vendor that is configured by then.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    path: PathBuf,
}

/// The file's content, CBOR.
#[derive(Encode, Decode)]
struct Accepted<'a> {
    /// The vendor's public key as text, for the case that its file is missing.
    #[b(0)]
    key: &'a str,
    #[b(1)]
    files: Vec<Text<'a>>,
    /// The options file.
    #[b(2)]
    options: Option<Text<'a>>,
}

/// A file.
#[derive(Encode, Decode)]
struct Text<'a> {
    /// The path under which it was read.
    #[b(0)]
    name: &'a str,
    #[b(1)]
    text: &'a str,
}

impl<'a> Text<'a> {
    fn of(source: &'a Source) -> Self {
        Self { name: source.name(), text: source.text() }
    }

    fn source(&self) -> Source {
        Source::new(self.name, self.text)
    }
}

impl Kept {
    /// The place of the texts of `vendor`.
    pub(super) fn new(state_dir: &Path, vendor: &VendorName) -> Self {
        Self { path: state_dir.join(format!("{vendor}.accepted")) }
    }

    /// What a daemon serves that starts and has `read` this. To be called when no other daemon of the vendor works on the
    /// state directory. Blocking.
    pub(super) fn start(&self, order: &Order, read: Result<Fresh, Refusal>) -> Result<Fresh, Failure> {
        match read {
            Ok(fresh) => {
                self.keep(&fresh.shelf)?;
                Ok(fresh)
            }
            Err(Refusal::Nothing(failure)) => Err(failure),
            Err(Refusal::Broken { why, rest }) => {
                why.iter().for_each(|line| tracing::error!("{line}"));
                match self.stand_in(order) {
                    Some(fresh) => Ok(fresh),
                    None => rest.map(|fresh| *fresh),
                }
            }
        }
    }

    /// Keeps the texts of `shelf`, which are about to come into force, durably and in place of those before. Blocking.
    ///
    /// # Errors
    /// Texts that cannot be kept must not come into force: a later start might go back behind them.
    pub(super) fn keep(&self, shelf: &Shelf) -> Result<(), Failure> {
        let key = shelf.key().to_string();
        let files = shelf.sources().map(Text::of).collect();
        let options = shelf.rules().map(|rules| Text::of(rules.source()));
        let bytes = minicbor::to_vec(Accepted { key: &key, files, options })
            .map_err(|error| Failure::new(Exit::Broken, format!("cannot encode licence texts: {error}")))?;
        if std::fs::read(&self.path).is_ok_and(|kept| kept == bytes) {
            return Ok(());
        }
        files::write(&self.path, &bytes, 0o600).map_err(|error| {
            Failure::new(Exit::NoFile, error.to_string())
                .with_hint("accepted licence texts are kept there; mend that and start or reread again")
        })
    }

    /// The kept texts, if they are still worth serving.
    fn stand_in(&self, order: &Order) -> Option<Fresh> {
        let path = self.path.display();
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            // Nothing was accepted here before.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::error!(%error, "cannot read the licence texts accepted before, {path}");
                return None;
            }
        };
        let mut fresh = match shelf(order, &bytes).map(|(shelf, remarks)| judge(shelf, remarks)) {
            Some(Ok(fresh)) => fresh,
            Some(Err(_)) => {
                tracing::error!(
                    "the licence texts accepted before, {path}, are not served either: they are not good any more"
                );
                return None;
            }
            None => {
                tracing::error!("the licence texts accepted before, {path}, are damaged");
                return None;
            }
        };
        let line = format!(
            "THE LICENSE FILES ARE BROKEN AND NOT SERVED: the texts accepted before, {path}, stay in force; correct the \
             files, then reread"
        );
        fresh.remarks.push(Remark { severity: Severity::Error, line });
        fresh.stands_in = true;
        Some(fresh)
    }
}

/// The shelf that `bytes` of a kept file make; `None` when they make none.
fn shelf(order: &Order, bytes: &[u8]) -> Option<(Shelf, Vec<Remark>)> {
    let accepted: Accepted<'_> = minicbor::decode(bytes).ok()?;
    let paths: Vec<_> = accepted.files.iter().map(|file| PathBuf::from(file.name)).collect();
    let key = match vendor_key(&order.config, &order.vendor, &paths) {
        Ok(key) => key,
        Err(_) => VendorKey::parse(accepted.key).ok()?,
    };
    let sources = accepted.files.iter().map(Text::source).collect();
    let options = |_: &_, _: &_| Ok(accepted.options.as_ref().map(Text::source));
    Shelf::of(order.clone(), key, sources, options).ok()
}

#[cfg(test)]
mod tests;
