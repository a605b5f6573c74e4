//! Why this machine does not let a user have namespaces, and what to do instead.

use std::{error, fmt, fs};

use nix::errno::Errno;

/// A step into the namespaces that was not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forbidden {
    step: &'static str,
    errno: Errno,
    cause: Cause,
}

/// Who forbids it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Ubuntu since 23.10 gives users' namespaces no capabilities.
    AppArmor,
    /// `user.max_user_namespaces` is 0, as on RHEL 7 and by security guides.
    NoneAllowed,
    /// There are as many as are allowed, or they are nested too deeply.
    TooMany,
    /// `kernel.unprivileged_userns_clone` is 0, as on old Debian.
    RootOnly,
    /// A filter on system calls, as container engines set it.
    Sandbox,
    /// The kernel was built without them.
    NotBuilt,
    /// Nothing that we know of.
    Unknown,
}

/// What the machine says about namespaces; empty where it says nothing.
#[derive(Debug, Default)]
struct Facts {
    apparmor: String,
    most: String,
    clone: String,
    status: String,
}

impl Forbidden {
    /// A failed step, with what this machine says about it.
    pub(super) fn at(step: &'static str) -> impl FnOnce(Errno) -> Self {
        move |errno| {
            let fact = |path| fs::read_to_string(path).unwrap_or_default();
            let facts = Facts {
                apparmor: fact("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
                most: fact("/proc/sys/user/max_user_namespaces"),
                clone: fact("/proc/sys/kernel/unprivileged_userns_clone"),
                status: fact("/proc/self/status"),
            };
            Self { step, errno, cause: cause(errno, &facts) }
        }
    }
}

fn cause(errno: Errno, facts: &Facts) -> Cause {
    let is_filtered = facts.status.lines().any(|line| line.split_whitespace().eq(["Seccomp:", "2"]));
    match errno {
        Errno::ENOSPC | Errno::EUSERS if facts.most.trim() == "0" => Cause::NoneAllowed,
        Errno::ENOSPC | Errno::EUSERS => Cause::TooMany,
        Errno::EINVAL | Errno::ENOSYS => Cause::NotBuilt,
        Errno::EPERM | Errno::EACCES if facts.clone.trim() == "0" => Cause::RootOnly,
        Errno::EPERM | Errno::EACCES if facts.apparmor.trim() == "1" => Cause::AppArmor,
        Errno::EPERM | Errno::EACCES if is_filtered => Cause::Sandbox,
        _ => Cause::Unknown,
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.cause {
            Cause::AppArmor => {
                "AppArmor keeps users from namespaces here \
                 (kernel.apparmor_restrict_unprivileged_userns is 1): an administrator can give lictunnel a profile \
                 with `userns,`"
            }
            Cause::NoneAllowed => {
                "user namespaces are switched off here (user.max_user_namespaces is 0): an administrator can \
                 set it to 10000"
            }
            Cause::TooMany => {
                "too many user namespaces are in use or nested here: end some, or go out of some"
            }
            Cause::RootOnly => {
                "only root has user namespaces here (kernel.unprivileged_userns_clone is 0): an administrator can \
                 set it to 1"
            }
            Cause::Sandbox => {
                "the container or sandbox around this filters system calls: start lictunnel outside"
            }
            Cause::NotBuilt => "this kernel has no user namespaces",
            Cause::Unknown => "the system does not say why",
        };
        write!(f, "cannot {}: {}; {why}; ", self.step, self.errno.desc())?;
        f.write_str("or use `lictunnel up`, which writes one line into the hosts file")
    }
}

impl error::Error for Forbidden {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_in_what_the_machine_says() {
        let facts = |apparmor: &str, most: &str, clone: &str, seccomp| Facts {
            apparmor: apparmor.into(),
            most: most.into(),
            clone: clone.into(),
            status: format!("Name:\tx\nSeccomp:\t{seccomp}\nSeccomp_filters:\t2\n"),
        };
        let table = [
            (Errno::ENOSPC, facts("", "0\n", "", 0), Cause::NoneAllowed),
            (Errno::ENOSPC, facts("1\n", "96000\n", "", 0), Cause::TooMany),
            (Errno::EUSERS, facts("", "", "", 0), Cause::TooMany),
            (Errno::EPERM, facts("0\n", "9\n", "0\n", 2), Cause::RootOnly),
            (Errno::EACCES, facts("1\n", "9\n", "1\n", 0), Cause::AppArmor),
            (Errno::EPERM, facts("1\n", "9\n", "", 2), Cause::AppArmor),
            (Errno::EPERM, facts("0\n", "9\n", "", 2), Cause::Sandbox),
            (Errno::EPERM, facts("", "9\n", "1\n", 0), Cause::Unknown),
            (Errno::EINVAL, facts("", "", "", 0), Cause::NotBuilt),
            (Errno::EIO, Facts::default(), Cause::Unknown),
        ];
        for (errno, facts, expected) in table {
            assert_eq!(cause(errno, &facts), expected, "{errno} {facts:?}");
        }
    }
}
