//! Pools: lines that agree in everything that keeps seats apart count together.
//!
//! # The key
//!
//! A pool's key is the key of its family, `-`, and its version as a decimal number without zeros that do not count (`.`
//! always written): a renewed licence usually has the pools of the old one at another version, and by the family the ledger knows
//! them again. The key of the family is the first 20 hex digits of SHA-512 over `licgate-pool-v2`, a zero byte, and then,
//! each as its length in bytes (four bytes, big-endian) and its bytes: the feature in lower case; `counted` or
//! `uncounted`; and the attributes that FlexNet pools by: `BORROW`
//! (empty, `BORROW`, `BORROW=n`), `DUP_GROUP`, `FLOAT_OK`, `HOST_BASED`, `HOSTID`, `PLATFORMS`, `TZ`,
//! `USER_BASED`, `VENDOR_STRING` (empty, or `=` and the text), `VM_PLATFORMS`. Lists are sorted, with blanks between. The terms that no line
//! that is served can have are empty. The journal holds these keys, so this never changes.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use sha2::{Digest, Sha512};

use super::remarks::Remarks;
use super::upgrade::Share;
use super::{Origin, Pool, PoolKey, Seats};
use crate::code::Code;
use crate::licence::Proof;
use crate::licence::ast::{Count, DupGroup};
use crate::text::Severity;

/// The hours of a BORROW that names none.
const BORROW_HOURS: u32 = 168;

/// A pool in the making.
struct Merged<'a> {
    pool: Pool,
    /// The share whose line is shown to clients.
    best: &'a Share<'a>,
}

/// Merges sorted shares into pools, in the order of each pool's first share. A pool of several lines has the sum of their
/// seats and overdrafts, and the greatest of their MINIMUM and LINGER.
pub(super) fn merge(
    shares: &[Share<'_>],
    server_hostids: &[Vec<String>],
    remarks: &mut Remarks<'_>,
) -> Vec<Pool> {
    let mut merged: Vec<Merged<'_>> = Vec::new();
    // Of the feature at hand; its shares stand together.
    let mut by_key: BTreeMap<(Digits, (&str, &str)), usize> = BTreeMap::new();
    for share in shares {
        if merged.last().is_some_and(|last| last.best.feature != share.feature) {
            by_key.clear();
        }
        let key = (family(share), share.version.halves());
        match by_key.get(&key).and_then(|index| merged.get_mut(*index)) {
            Some(known) => known.add(share),
            None => {
                by_key.insert(key, merged.len());
                merged.push(Merged { pool: pool(share, key), best: share });
            }
        }
    }
    merged.into_iter().filter_map(|done| done.prove(server_hostids, remarks)).collect()
}

fn pool(share: &Share<'_>, (family, (whole, fraction)): (Digits, (&str, &str))) -> Pool {
    let terms = &share.terms;
    let family: String = family.iter().map(|byte| format!("{byte:02x}")).collect();
    Pool {
        key: PoolKey(format!("{family}-{whole}.{fraction}").into()),
        feature: share.feature.clone(),
        version: share.version.clone(),
        seats: seats(share),
        dup_group: terms.dup_group.unwrap_or(DupGroup::None),
        hostids: terms.hostids.unwrap_or_default().to_vec(),
        platforms: terms.platforms.unwrap_or_default().to_vec(),
        minimum: minimum(share),
        linger: linger(share),
        borrow: terms.borrow.map(|hours| hours.unwrap_or(BORROW_HOURS)),
        expiry: share.expiry,
        vendor_string: terms.vendor_string.map(String::from),
        proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
        origins: Vec::from([Origin::of(share)]),
    }
}

impl<'a> Merged<'a> {
    fn add(&mut self, share: &'a Share<'a>) {
        self.pool.seats = match (self.pool.seats, seats(share)) {
            (Seats::Counted { total, overdraft }, Seats::Counted { total: more, overdraft: over }) => {
                Seats::Counted {
                    total: total.saturating_add(more),
                    overdraft: overdraft.saturating_add(over),
                }
            }
            (Seats::Uncounted, Seats::Uncounted | Seats::Counted { .. })
            | (Seats::Counted { .. }, Seats::Uncounted) => Seats::Uncounted,
        };
        self.pool.minimum = self.pool.minimum.max(minimum(share));
        self.pool.linger = self.pool.linger.max(linger(share));
        self.pool.expiry = self.pool.expiry.min(share.expiry);
        self.pool.origins.push(Origin::of(share));
        // A client whose clock runs ahead of the licence host's should not see an expired line where another one lasts.
        if share.expiry > self.best.expiry {
            self.best = share;
        }
    }

    fn prove(self, server_hostids: &[Vec<String>], remarks: &mut Remarks<'_>) -> Option<Pool> {
        let Self { mut pool, best } = self;
        let lines = best.package.into_iter().chain([best.statement]).map(ToString::to_string);
        let server_hostids = server_hostids.get(best.place.file).cloned().unwrap_or_default();
        pool.proof = Proof { lines: lines.collect(), server_hostids };
        if pool.proof.fits() {
            return Some(pool);
        }
        let what = "has a line or SERVER host ids that are too long to be shown to clients";
        remarks.leave_out(best.place, &pool.feature, Severity::Error, Code::UNSUPPORTED, what);
        None
    }
}

fn seats(share: &Share<'_>) -> Seats {
    match share.count {
        Count::Counted(total) => Seats::Counted { total, overdraft: share.terms.overdraft.unwrap_or(0) },
        Count::Uncounted => Seats::Uncounted,
    }
}

fn minimum(share: &Share<'_>) -> u32 {
    share.terms.minimum.unwrap_or(1).max(1)
}

fn linger(share: &Share<'_>) -> Duration {
    Duration::from_secs(share.terms.linger.unwrap_or(0).into())
}

/// What keeps pools apart, but for the version.
fn family(share: &Share<'_>) -> Digits {
    let terms = &share.terms;
    let mut fields = Fields::new();
    fields.add(&share.feature.as_str().to_ascii_lowercase());
    fields.add(if share.count == Count::Uncounted { "uncounted" } else { "counted" });
    match terms.borrow {
        None => fields.add(""),
        Some(None) => fields.add("BORROW"),
        Some(Some(hours)) => fields.add(&format!("BORROW={hours}")),
    }
    fields.add(&terms.dup_group.unwrap_or(DupGroup::None).to_string());
    fields.add("");
    fields.add("");
    fields.add(&sorted(terms.hostids.unwrap_or_default()));
    fields.add(&sorted(terms.platforms.unwrap_or_default()));
    fields.add("");
    fields.add("");
    fields.add(&terms.vendor_string.map(|text| format!("={text}")).unwrap_or_default());
    fields.add("");
    fields.digits()
}

/// The bytes of a family's key.
type Digits = [u8; 10];

struct Fields(Sha512);

impl Fields {
    fn new() -> Self {
        Self(Sha512::new_with_prefix(b"licgate-pool-v2\0"))
    }

    fn add(&mut self, text: &str) {
        self.0.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn digits(self) -> Digits {
        let mut digits = Digits::default();
        digits.iter_mut().zip(self.0.finalize()).for_each(|(digit, byte)| *digit = byte);
        digits
    }
}

fn sorted<T: ToString>(items: &[T]) -> String {
    let mut items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.sort_unstable();
    items.dedup();
    items.join(" ")
}
