//! FlexNet's error codes: one table of numbers, customary minor numbers and texts.

use core::fmt;

use minicbor::{Decode, Encode};
use serde::Serialize;

/// An error code as FlexNet numbers it (negative), because scripts look for the numbers and the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Code(#[n(0)] i16);

/// Declares the codes: constant, number, customary minor number, text.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $major:literal, $minor:literal, $text:literal;)*) => {
        impl Code {
            $($(#[$doc])* pub const $name: Self = Self($major);)*

            /// All codes that licgate can give.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            fn row(self) -> (u16, &'static str) {
                match self.0 {
                    $($major => ($minor, $text),)*
                    _ => (0, "Unknown error"),
                }
            }
        }
    };
}

codes! {
    /// No path led to a licence.
    NO_LICENSE_FILE = -1, 359, "Cannot find license file";
    /// The licence text does not parse.
    SYNTAX = -2, 413, "Invalid license file syntax";
    /// A counted feature in a file that names no server.
    NO_SERVER_FOR_FEATURE = -3, 359, "No server for this feature";
    /// All seats are out.
    ALL_IN_USE = -4, 342, "Licensed number of users already reached";
    /// Nobody serves such a feature.
    NO_SUCH_FEATURE = -5, 222, "No such feature exists";
    /// Signature wrong, or the server is not the one that the vendor signed for.
    BAD_SIGNATURE = -8, 523, "Invalid (inconsistent) license key or signature";
    /// A HOSTID names another machine.
    WRONG_HOST = -9, 57, "Invalid host";
    /// The expiry date has passed.
    EXPIRED = -10, 32, "Feature has expired";
    /// A date is not of the form dd-mmm-yyyy.
    BAD_DATE = -11, 45, "Invalid date format in license file";
    /// The server's answer makes no sense.
    BAD_REPLY = -12, 16, "Invalid returned data from license server system";
    /// There is no SERVER line where one is needed.
    NO_SERVER_LINES = -13, 66, "No SERVER lines in license file";
    /// The server's name does not resolve.
    UNKNOWN_HOST = -14, 7, "Cannot find SERVER hostname in network database";
    /// Nobody answers at that host and port.
    CANNOT_CONNECT = -15, 570, "Cannot connect to license server system";
    /// The connection broke.
    CANNOT_READ = -16, 287, "Cannot read data from license server system";
    /// The connection broke while sending.
    CANNOT_WRITE = -17, 287, "Cannot write data to license server system";
    /// The daemon has the feature but cannot serve it.
    UNSUPPORTED = -18, 327, "License server system does not support this feature";
    /// There is no version of this feature as high as asked, in a local file.
    VERSION_IN_FILE = -21, 126, "License file does not support this version";
    /// A check-in failed at the server.
    CHECKIN_FAILED = -22, 327, "Feature checkin failure detected at license server system";
    /// Too many wait already.
    USERS_QUEUED = -24, 327, "Users are queued for this feature";
    /// There is no version of this feature as high as asked.
    VERSION = -25, 334, "License server system does not support this version of this feature";
    /// More seats asked for than were ever issued.
    NEVER_ENOUGH = -26, 147, "Request for more licenses than this feature supports";
    /// The licence file may not be read.
    CANNOT_READ_FILE = -30, 186, "Cannot read license file";
    /// START lies in the future.
    NOT_STARTED = -31, 147, "Feature start date is in the future";
    /// The request waits in the queue.
    QUEUED = -35, 342, "In the queue for this feature";
    /// An EXCLUDE line of the options file names the client.
    EXCLUDED = -38, 348, "User/host on EXCLUDE list for feature";
    /// INCLUDE lines of the options file name others only.
    NOT_INCLUDED = -39, 147, "User/host not on INCLUDE list for feature";
    /// Check-in or heartbeat for a lease that does not exist.
    NEVER_CHECKED_OUT = -41, 327, "Feature was never checked out";
    /// A request is out of the agreed bounds.
    BAD_PARAMETER = -42, 327, "Invalid parameter";
    /// The daemon did not answer in time.
    TIMED_OUT = -52, 327, "Vendor daemon did not respond within timeout interval";
    /// The caller may not do that.
    NOT_ADMINISTRATOR = -63, 294, "You are not a license administrator";
    /// A version has letters in it.
    BAD_VERSION = -77, 147, "Bad version number must be floating-point number, with no letters";
    /// A PACKAGE line cannot be used.
    BAD_PACKAGE = -82, 147, "Invalid PACKAGE line in license file";
    /// A USER_BASED or HOST_BASED line names nobody.
    NO_NAMED_USERS = -84, 147, "USER_BASED license has no specified users - see server log";
    /// The server refuses this kind of request.
    REFUSED_REQUEST = -85, 294, "License server system doesn't support this request";
    /// A MAX line of the options file allows no more.
    MAX_REACHED = -87, 353, "Checkout exceeds MAX specified in options file";
    /// PLATFORMS does not list the client's.
    PLATFORM = -89, 147, "This platform not authorized by license";
    /// An attribute that nobody knows.
    FUTURE_FORMAT = -90, 147, "Future license file format or misspelling in license file";
    /// The feature went away at a reread.
    REMOVED_BY_REREAD = -92, 147, "Feature removed during lmreread, or wrong SERVER line hostid";
    /// This line was merged into another pool. A warning only.
    OTHER_POOL = -93, 147, "This feature is available in a different license pool";
    /// The name resolves, but nothing answers there.
    SERVER_DOWN = -96, 7, "License server machine is down or not responding";
    /// The master daemon answers, its vendor daemon does not.
    VENDOR_DOWN = -97, 121, "The desired vendor daemon is down";
    /// A line in decimal format, which cannot be read.
    DECIMAL_FORMAT = -99, 147, "The decimal format license is typed incorrectly";
    /// No more connections.
    TOO_MANY_CONNECTIONS = -106, 294, "License server system out of network connections";
    /// A line without a signature of ours.
    UNSIGNED = -114, 147, "SIGN= keyword required, but missing from license certificate";
    /// A package was asked for, which only its features may be.
    PACKAGE_ALONE = -125, 147, "Checkout request for package needs a feature of it";
}

impl Code {
    /// The number that scripts know, below zero.
    pub fn major(self) -> i16 {
        self.0
    }

    /// The text, without a full stop.
    pub fn text(self) -> &'static str {
        self.row().1
    }

    /// `(-4,342)`: the form in which FlexNet names a code inside a text. The minor number has no meaning
    /// of its own but never changes.
    pub fn numbers(self) -> impl fmt::Display {
        struct Numbers(i16, u16);
        impl fmt::Display for Numbers {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "({},{})", self.0, self.1)
            }
        }
        Numbers(self.0, self.row().0)
    }

    /// The exit status that FlexNet's utilities end with: the low byte of the code.
    pub fn exit_status(self) -> u8 {
        self.0.to_le_bytes()[0]
    }
}

impl fmt::Display for Code {
    /// `Licensed number of users already reached. (-4,342)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.text(), self.numbers())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::string::ToString;

    #[test]
    fn a_code_prints_as_flexnet_does() {
        assert_eq!(Code::ALL_IN_USE.to_string(), "Licensed number of users already reached. (-4,342)");
        assert_eq!(Code::NOT_INCLUDED.numbers().to_string(), "(-39,147)");
        assert_eq!(Code::CANNOT_CONNECT.exit_status(), 241);
        assert_eq!(Code::SERVER_DOWN.exit_status(), 160);
    }

    #[test]
    fn every_code_stands_once_and_has_a_text() {
        let numbers: BTreeSet<_> = Code::ALL.iter().map(|code| code.major()).collect();
        assert_eq!(numbers.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.major() < 0 && !code.text().ends_with('.')));
    }
}
