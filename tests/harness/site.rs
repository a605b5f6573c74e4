//! A vendor's customer: a folder with a licence, the vendor's public key, a configuration and a state directory.

use std::fs;
use std::path::{Path, PathBuf};

use licgate::{Checkout, Licence};
use licgate_core::id::VendorName;
use licgate_core::licence::{Signer, parse};
use licgate_core::text::{Severity, Source};
use licgate_machine::keys;
use tempfile::TempDir;

/// Everything that a licence host needs, in a folder of its own that goes away with it.
pub struct Site {
    folder: TempDir,
    vendor: Signer,
}

impl Site {
    /// A site without a licence. The vendor `acme` has a fixed key, so that two sites have the same vendor.
    pub fn new() -> Self {
        let site =
            Self { folder: tempfile::tempdir().expect("a temporary folder"), vendor: Signer::new(&[7; 32]) };
        fs::write(site.path("acme.pub"), format!("{}\n", site.vendor_key())).expect("the folder is ours");
        site
    }

    /// A site that serves `lines` from ports which the system chooses.
    pub fn serving(lines: &str) -> Self {
        let site = Self::new();
        site.license(lines);
        site
    }

    /// A path inside the site.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The licence file.
    pub fn licence_file(&self) -> PathBuf {
        self.path("acme.lic")
    }

    /// The state directory of its licence host.
    pub fn state_dir(&self) -> PathBuf {
        self.path("state")
    }

    /// The vendor's public key.
    pub fn vendor_key(&self) -> String {
        self.vendor.public().to_string()
    }

    /// The licence host's identity, as a host id.
    pub fn hostid(&self) -> String {
        format!("KEY={}", keys::identity(&self.state_dir()).expect("the folder is ours").public())
    }

    /// Writes the licence: `lines` of vendor `acme` behind SERVER and VENDOR lines, signed for this host.
    pub fn license(&self, lines: &str) {
        self.license_at("localhost", lines);
    }

    /// The same for a licence host of this name.
    pub fn license_at(&self, host: &str, lines: &str) {
        let text = format!("SERVER {host} {} 0\nVENDOR acme\nUSE_SERVER\n{lines}", self.hostid());
        self.write_licence(&self.sign(&text));
    }

    /// `text` with signatures of the vendor on all its lines.
    pub fn sign(&self, text: &str) -> String {
        let (licence, remarks) = parse(&Source::new("acme.lic", text));
        let worst = remarks.iter().map(|remark| remark.severity).max();
        assert!(worst < Some(Severity::Error), "a licence of a test is wrong: {remarks:#?}");
        self.vendor.sign(&licence, &VendorName::from("acme")).to_string()
    }

    /// Puts a licence file there, as it is.
    pub fn write_licence(&self, text: &str) {
        fs::write(self.licence_file(), text).expect("the folder is ours");
    }

    /// Edits the licence file: each pair is a text that must be there and what takes its place.
    pub fn edit_licence(&self, edits: &[(&str, &str)]) {
        let mut text = fs::read_to_string(self.licence_file()).expect("there is a licence");
        for (old, new) in edits {
            assert!(text.contains(old), "no {old:?} in the licence:\n{text}");
            text = text.replacen(old, new, 1);
        }
        self.write_licence(&text);
    }

    /// Asks for a seat of `solver` at a licence host, trusting this vendor alone.
    pub fn checkout(&self, server: &str) -> Checkout {
        Licence::checkout("solver", "1.0").vendor("acme").vendor_key(self.vendor_key()).server(server)
    }

    /// Writes the host's configuration.
    pub fn configure(&self, toml: &str) {
        fs::write(self.config_file(), toml).expect("the folder is ours");
    }

    /// The host's configuration file; it need not exist.
    pub fn config_file(&self) -> PathBuf {
        self.path("licgate.toml")
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}
