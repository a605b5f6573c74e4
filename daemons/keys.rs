//! Whose licences are served here: the public keys of vendors.

use std::path::{Path, PathBuf};

use licgate_core::id::VendorName;
use licgate_core::licence::VendorKey;
use licgate_machine::keys;

use crate::config::{Config, KeySource};
use crate::failure::{Exit, Failure};

/// The public key of a vendor: what the configuration says, else `NAME.pub` beside one of its licence files.
pub fn vendor_key(config: &Config, vendor: &VendorName, files: &[PathBuf]) -> Result<VendorKey, Failure> {
    match config.vendors.get(vendor.as_str()) {
        Some(KeySource::Key(key)) => Ok(*key),
        Some(KeySource::File(path)) => read(path),
        None => {
            let name = format!("{vendor}.pub");
            let beside = files.iter().map(|file| file.with_file_name(&name)).find(|path| path.exists());
            beside.map_or_else(|| Err(unknown(vendor)), |path| read(&path))
        }
    }
}

fn read(path: &Path) -> Result<VendorKey, Failure> {
    keys::read_public(path).map_err(|error| Failure::new(Exit::NoFile, error.to_string()))
}

fn unknown(vendor: &VendorName) -> Failure {
    let message = format!(
        "the public key of vendor {vendor} is not known, so that its licence lines cannot be checked"
    );
    Failure::new(Exit::BadLicence, message).with_hint(format!(
        "put the vendor's {vendor}.pub beside the licence file, or add [vendor.{vendor}] to licgate.toml"
    ))
}
