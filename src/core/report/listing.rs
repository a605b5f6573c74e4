//! The table of `lmstat -i`: what is licensed, without who uses it.

use alloc::string::{String, ToString};
use core::fmt::Write;

use crate::id::{FeatureName, VendorName};
use crate::licence::ast::{Count, Expiry};
use crate::version::Version;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Line {
    /// The feature.
    pub feature: FeatureName,
    /// The version, as written.
    pub version: Version,
    /// Seats; absent when it is uncounted.
    pub seats: Option<u32>,
    /// The last day, as licence files write it.
    pub expires: String,
    /// The vendor daemon.
    pub vendor: VendorName,
}

impl Line {
    /// How FlexNet's table writes a day that never comes.
    pub const NEVER: &'static str = "01-jan-0000";

    /// The line for a FEATURE or INCREMENT statement.
    pub fn new(
        feature: FeatureName,
        version: Version,
        count: Count,
        expiry: Expiry,
        vendor: VendorName,
    ) -> Self {
        let seats = match count {
            Count::Counted(seats) => Some(seats),
            Count::Uncounted => None,
        };
        let expires = match expiry {
            Expiry::On(date) => date.to_string(),
            Expiry::Never => Self::NEVER.into(),
        };
        Self { feature, version, seats, expires, vendor }
    }
}

/// The table with its note and heading: name, version, seats (0: uncounted), last day and vendor begin in the columns
/// 0, 32, 45, 57 and 70.
pub fn table(lines: &[Line]) -> String {
    let mut text = String::from(HEADING);
    for Line { feature, version, seats, expires, vendor } in lines {
        let seats = seats.unwrap_or(0);
        let (feature, version, vendor) = (feature.as_str(), version.as_str(), vendor.as_str());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{feature:<31} {version:<12} {seats:<11} {expires:<12} {vendor}");
    }
    text
}

const HEADING: &str = "\
NOTE: lmstat -i does not give information from the server,
      but only reads the license file.  For this reason,
      lmstat -a is recommended instead.

Feature                         Version     #licenses    Expires      Vendor
_______                         _________   _________    __________   ______
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Date;

    #[test]
    fn the_columns_are_flexnets() {
        let line = |feature: &str, version, count, expiry, vendor: &str| {
            Line::new(feature.into(), Version::parse(version).unwrap(), count, expiry, vendor.into())
        };
        let day = Expiry::On(Date::parse("31-dec-2018").unwrap());
        let text = table(&[
            line("feature1", "2018.12", Count::Counted(2), day, "vendor1"),
            line("feature16", "0.1", Count::Counted(1), Expiry::Never, "vendor2"),
            line("free", "1.0", Count::Uncounted, day, "vendor2"),
        ]);
        let expected = "\
NOTE: lmstat -i does not give information from the server,
      but only reads the license file.  For this reason,
      lmstat -a is recommended instead.

Feature                         Version     #licenses    Expires      Vendor
_______                         _________   _________    __________   ______
feature1                        2018.12      2           31-dec-2018  vendor1
feature16                       0.1          1           01-jan-0000  vendor2
free                            1.0          0           31-dec-2018  vendor2
";
        assert_eq!(text, expected);
    }
}
