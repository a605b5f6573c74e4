//! The options of `ssh_config` that lictunnel heeds, with ssh's rule of who wins: the first, but files add up.

use std::time::Duration;

use super::destination::parse_port;
use crate::ssh::target::UnknownHost;

/// How many paths an option that adds up may come to, as in OpenSSH.
const PATHS: usize = 100;

/// Values as they are written, tokens and `~` unexpanded; `None` and empty lists are not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) host_name: Option<String>,
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
    /// `ProxyJump`: hops parted by commas, or `none`.
    pub(super) jump: Option<String>,
    /// `ProxyCommand`: a shell's command, or `none`. Beside it `jump` is not set, or `none`.
    pub(super) command: Option<String>,
    pub(super) host_key_alias: Option<String>,
    pub(super) unknown_host: Option<UnknownHost>,
    pub(super) user_known_hosts: Vec<String>,
    pub(super) global_known_hosts: Vec<String>,
    pub(super) hash_known_hosts: Option<bool>,
    pub(super) identities: Vec<String>,
    pub(super) identities_only: Option<bool>,
    pub(super) certificates: Vec<String>,
    pub(super) agent: Option<String>,
    pub(super) preferred: Option<String>,
    pub(super) public_key: Option<bool>,
    pub(super) keyboard_interactive: Option<bool>,
    pub(super) password: Option<bool>,
    pub(super) batch: Option<bool>,
    /// Within: no limit where ssh says `none`.
    pub(super) connect_timeout: Option<Option<Duration>>,
    pub(super) canonicalize: Option<bool>,
    pub(super) revoked_host_keys: Option<String>,
    /// What `Match tagged` is held against.
    pub(super) tag: Option<String>,
    /// Options that are silently passed over though nobody knows them.
    pub(super) ignore_unknown: Option<String>,
}

/// What [`Settings::set`] made of a keyword.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It counts.
    Heeded,
    /// ssh knows it, and here it changes nothing.
    Passed,
    /// Neither ssh nor we know it.
    Unknown,
}

impl Settings {
    /// Takes up `keyword` (small letters) with its values, of which there is at least one, unless an earlier one stands.
    pub(super) fn set(&mut self, keyword: &str, values: &[String]) -> Result<Heard, String> {
        let value = values.first().map_or("", String::as_str);
        match keyword {
            "hostname" => first(&mut self.host_name, || text(value))?,
            "user" => first(&mut self.user, || text(value))?,
            "port" => {
                let port = parse_port(value).ok_or_else(|| format!("bad port {value:?}"))?;
                first(&mut self.port, || Ok(port))?;
            }
            // Of the two the first wins, but `ProxyJump none` speaks of jump hosts only.
            "proxyjump" if self.command.is_some() => {}
            "proxyjump" => first(&mut self.jump, || text(value))?,
            "proxycommand" if self.jump.as_deref().is_some_and(|hops| !is_none(hops)) => {}
            "proxycommand" => first(&mut self.command, || text(value))?,
            "hostkeyalias" => first(&mut self.host_key_alias, || text(value))?,
            "identityagent" => first(&mut self.agent, || text(value))?,
            "preferredauthentications" => first(&mut self.preferred, || text(value))?,
            "revokedhostkeys" => first(&mut self.revoked_host_keys, || text(value))?,
            "tag" => first(&mut self.tag, || text(value))?,
            "ignoreunknown" => first(&mut self.ignore_unknown, || Ok(value.to_ascii_lowercase()))?,
            "identityfile" => add(&mut self.identities, value)?,
            "certificatefile" => add(&mut self.certificates, value)?,
            "userknownhostsfile" => all(&mut self.user_known_hosts, values)?,
            "globalknownhostsfile" => all(&mut self.global_known_hosts, values)?,
            "stricthostkeychecking" => {
                let strict = strict(value)?;
                first(&mut self.unknown_host, || Ok(strict))?;
            }
            "connecttimeout" => {
                let limit = time(value).ok_or_else(|| format!("bad time {value:?}"))?;
                first(&mut self.connect_timeout, || Ok(limit))?;
            }
            _ => return self.set_flag(keyword, value),
        }
        Ok(Heard::Heeded)
    }

    fn set_flag(&mut self, keyword: &str, value: &str) -> Result<Heard, String> {
        let place = match keyword {
            "identitiesonly" => &mut self.identities_only,
            "hashknownhosts" => &mut self.hash_known_hosts,
            "batchmode" => &mut self.batch,
            "passwordauthentication" => &mut self.password,
            "pubkeyauthentication" => &mut self.public_key,
            "kbdinteractiveauthentication"
            | "challengeresponseauthentication"
            | "skeyauthentication"
            | "tisauthentication" => &mut self.keyboard_interactive,
            "canonicalizehostname" => &mut self.canonicalize,
            _ if PASSED.split_ascii_whitespace().any(|passed| passed == keyword) => return Ok(Heard::Passed),
            _ => return Ok(Heard::Unknown),
        };
        let on = match (keyword, value.to_ascii_lowercase().as_str()) {
            (_, "yes" | "true") => true,
            (_, "no" | "false") => false,
            ("pubkeyauthentication", "unbound" | "host-bound") | ("canonicalizehostname", "always") => true,
            _ => return Err(format!("{keyword} is yes or no, not {value:?}")),
        };
        place.get_or_insert(on);
        Ok(Heard::Heeded)
    }
}

/// Whether a value says that there is to be none.
pub(super) fn is_none(value: &str) -> bool {
    value.eq_ignore_ascii_case("none")
}

fn first<T>(place: &mut Option<T>, value: impl FnOnce() -> Result<T, String>) -> Result<(), String> {
    let value = value()?;
    place.get_or_insert(value);
    Ok(())
}

fn text(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("the value is missing".into()) } else { Ok(value.to_owned()) }
}

fn add(list: &mut Vec<String>, path: &str) -> Result<(), String> {
    let path = text(path)?;
    if list.len() >= PATHS {
        return Err(format!("more than {PATHS} files"));
    }
    if !list.contains(&path) {
        list.push(path);
    }
    Ok(())
}

fn all(list: &mut Vec<String>, paths: &[String]) -> Result<(), String> {
    if paths.len() > 1 && paths.iter().any(|path| is_none(path)) {
        return Err("none stands alone".into());
    }
    if paths.len() > PATHS {
        return Err(format!("more than {PATHS} files"));
    }
    if list.is_empty() {
        for path in paths {
            list.push(text(path)?);
        }
    }
    Ok(())
}

/// `no` and `off` take a changed key too in OpenSSH; here they take an unknown one only.
fn strict(value: &str) -> Result<UnknownHost, String> {
    match value.to_ascii_lowercase().as_str() {
        "ask" => Ok(UnknownHost::Ask),
        "yes" | "true" => Ok(UnknownHost::Refuse),
        "no" | "false" | "off" | "accept-new" => Ok(UnknownHost::Accept),
        _ => Err(format!("stricthostkeychecking is yes, accept-new, no or ask, not {value:?}")),
    }
}

/// `90`, `1m30s`, `2h`, `1d`, `1w`; `none` and 0 are no limit.
fn time(value: &str) -> Option<Option<Duration>> {
    if value == "none" {
        return Some(None);
    }
    let mut total = 0_u64;
    let mut rest = value;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let mut unit = after.chars();
        let seconds = match unit.next().map(|c| c.to_ascii_lowercase()) {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            Some(_) => return None,
        };
        total = number.parse::<u64>().ok()?.checked_mul(seconds)?.checked_add(total)?;
        rest = unit.as_str();
    }
    let fits = !value.is_empty() && total <= i32::MAX.unsigned_abs().into();
    fits.then(|| (total > 0).then(|| Duration::from_secs(total)))
}

/// The other options of OpenSSH 10, and those that vendors' builds add (macOS, Debian, Red Hat, Windows).
const PASSED: &str = "\
    addkeystoagent addressfamily afstokenpassing applemultipath bindaddress bindinterface \
    canonicaldomains canonicalizefallbacklocal canonicalizemaxdots canonicalizepermittedcnames \
    casignaturealgorithms channeltimeout checkhostip cipher ciphers clearallforwardings compression \
    compressionlevel connectionattempts controlmaster controlpath controlpersist dsaauthentication \
    dynamicforward enableescapecommandline enablesshkeysign escapechar exitonforwardfailure \
    fallbacktorsh fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout \
    forwardx11trusted gatewayports gssapiauthentication gssapiclientidentity gssapidelegatecredentials \
    gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns \
    host hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes hostkeyalgorithms \
    identityfile2 ipqos kbdinteractivedevices kerberosauthentication kerberostgtpassing kexalgorithms \
    keepalive knownhostscommand localcommand localforward loglevel logverbose macs \
    nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming permitlocalcommand \
    permitremoteopen pkcs11provider protocol proxyusefdpass pubkeyacceptedalgorithms \
    pubkeyacceptedkeytypes refuseconnection rekeylimit remotecommand remoteforward requesttty \
    requiredrsasize  rhostsauthentication rhostsrsaauthentication rsaauthentication \
    rsaminsize securitykeyprovider sendenv serveralivecountmax serveraliveinterval sessiontype setenv \
    smartcarddevice stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tcpkeepalive \
    tunnel tunneldevice updatehostkeys usekeychain useprivilegedport useroaming usersh verifyhostkeydns \
    versionaddendum visualhostkey warnweakcrypto xauthlocation \
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_ssh_reads_them() {
        let seconds = |n| Some(Some(Duration::from_secs(n)));
        let table = [
            ("10", seconds(10)),
            ("1m30s", seconds(90)),
            ("2H", seconds(7_200)),
            ("1w1d", seconds(691_200)),
            ("none", Some(None)),
            ("0", Some(None)),
            ("", None),
            ("x", None),
            ("1x", None),
            ("-1", None),
            ("99999999999", None),
            ("99999999999999999999w", None),
        ];
        for (text, expected) in table {
            assert_eq!(time(text), expected, "{text:?}");
        }
    }
}
