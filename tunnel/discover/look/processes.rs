//! Processes as `ps` and PowerShell print them, and what those of licence servers tell in their command lines.
//!
//! FlexNet's master daemon starts a vendor daemon as `acme -T lic1 11.19 9 -c :acme.lic: -lmgrd_port 6978 -srv SECRET
//! --lmgrd_start 69f1c59f …`, sometimes with `-daemon_port 6f67`; ports are in hexadecimal. Nothing else of a command line is kept.

use crate::discover::name;

/// More processes than this of one host are not read.
pub(super) const MOST: usize = 3000;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// Its number.
    pub(super) pid: u32,
    /// The number of the process that started it.
    pub(super) parent: u32,
    /// Its program's name, without directory and `.exe`.
    pub(super) program: String,
    /// What its command line tells.
    pub(super) told: Told,
}

/// What the command line of a vendor daemon tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// FlexNet's master daemon started it.
    pub(super) by_lmgrd: bool,
    /// The name of the server (`-T`).
    pub(super) host: Option<String>,
    /// The port of its master daemon.
    pub(super) master_port: Option<u16>,
    /// Its own port.
    pub(super) port: Option<u16>,
    /// Its vendor, where the program's name does not say it.
    pub(super) vendor: Option<String>,
}

/// Lines of `ps -o pid,ppid,args`.
pub(super) fn ps(lines: &[&str]) -> Vec<Process> {
    let read = |line: &&str| {
        let mut words = line.split_ascii_whitespace();
        let (pid, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let words: Vec<&str> = words.collect();
        Some(process(pid, parent, words.first()?, &words))
    };
    lines.iter().filter_map(read).collect()
}

/// What `ConvertTo-Csv` makes of process id, parent, name and command line.
pub(super) fn csv(lines: &[&str]) -> Vec<Process> {
    let read = |line: &&str| {
        let fields = fields(line);
        let [pid, parent, program, command] = fields.as_slice() else { return None };
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        Some(process(pid.parse().ok()?, parent.parse().ok()?, program, &words))
    };
    lines.iter().filter_map(read).collect()
}

fn process(pid: u32, parent: u32, path: &str, words: &[&str]) -> Process {
    let program = base_name(path).to_owned();
    let told = told(&program, words.get(1..).unwrap_or_default());
    Process { pid, parent, program, told }
}

/// A program's name without directory and `.exe`.
pub(super) fn base_name(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let cut = file.len().saturating_sub(".exe".len());
    match file.split_at_checked(cut) {
        Some((stem, end)) if end.eq_ignore_ascii_case(".exe") => stem,
        _ => file,
    }
}

fn told(program: &str, args: &[&str]) -> Told {
    let after =
        |flag: &str| args.iter().position(|word| *word == flag).and_then(|at| args.get(at + 1)).copied();
    if program == "licvendord" {
        let glued = || args.iter().find_map(|word| word.strip_prefix("--vendor="));
        let vendor = after("--vendor").or_else(glued).and_then(name::vendor);
        return Told { vendor, ..Told::default() };
    }
    if program == "rlm" {
        // The servers of vendors that come without a program of their own.
        let vendor = args.first().filter(|word| !word.starts_with('-')).and_then(|word| name::vendor(word));
        return Told { vendor, ..Told::default() };
    }
    let version = args.get(2).and_then(|word| word.split_once('.'));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_version = version.is_some_and(|(major, minor)| is_number(major) && is_number(minor));
    if !(args.first().is_some_and(|word| word.eq_ignore_ascii_case("-T")) && has_version)
        && after("--lmgrd_start").is_none()
    {
        return Told::default();
    }
    let port =
        |flag| after(flag).and_then(|word| u16::from_str_radix(word, 16).ok()).filter(|port| *port > 0);
    let host = after("-T").or_else(|| after("-t")).and_then(name::host);
    Told { by_lmgrd: true, host, master_port: port("-lmgrd_port"), port: port("-daemon_port"), vendor: None }
}

/// The fields of a line of comma-separated values, each perhaps in quotes with `""` for a quote.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut is_quoted) = (vec![String::new()], false);
    let mut rest = line.trim_end().chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                rest.next();
                fields.last_mut().into_iter().for_each(|field| field.push('"'));
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            other => fields.last_mut().into_iter().for_each(|field| field.push(other)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::discover::System;

    #[test]
    fn command_lines_tell_names_and_ports() {
        let text = "    PID    PPID COMMAND
      1       0 /sbin/init
   1726     458 ./lmgrd -C ./license.dat -2 -p -l +/tmp/flex.log
   1728    1726 slbsls -T EXP-1678 11.19 9 -c :./license.dat: -p -lmgrd_port 6978 -srv 5k2OWA2a --lmgrd_start 69f1c59f -vdrestart 0
  55565       1 INTEL -T n02.corp 11.15 3 -c :/opt/l.lic: -srv EApXe -daemon_port 6f67 --lmgrd_start 5c881699
   4263     459 grep --color=auto lmgrd
   5000       1 /opt/rlm/rlm -c /opt/rlm/a.lic
   5001    5000 rlm reprise -m 3
   6000       1 /usr/bin/licmgrd -c acme.lic
   6001    6000 /usr/bin/licvendord --vendor acme -c acme.lic
   7000       1 ssh -T lic1 ls 9
";
        let found = ps(&text.lines().collect::<Vec<_>>());
        let of = |pid: u32| found.iter().find(|process| process.pid == pid).unwrap();
        assert_eq!(found.len(), 10);
        assert_eq!((System::of_program(&of(1726).program), of(1726).parent), (Some(System::FlexNet), 458));
        let told = Told {
            by_lmgrd: true,
            host: Some("exp-1678".into()),
            master_port: Some(27000),
            port: None,
            vendor: None,
        };
        assert_eq!((&*of(1728).program, &of(1728).told), ("slbsls", &told));
        assert_eq!((of(55565).told.host.as_deref(), of(55565).told.port), (Some("n02.corp"), Some(0x6f67)));
        assert_eq!(
            (System::of_program(&of(5000).program), of(5001).told.vendor.as_deref()),
            (Some(System::Rlm), Some("reprise"))
        );
        assert_eq!(of(5000).told.vendor, None);
        assert_eq!(System::of_program(&of(6000).program), Some(System::Licgate));
        assert_eq!(of(6001).told.vendor.as_deref(), Some("acme"));
        assert!(
            !of(4263).told.by_lmgrd
                && !of(7000).told.by_lmgrd
                && System::of_program(&of(4263).program).is_none()
        );
        assert!(!format!("{found:?}").contains("5k2OWA2a"), "the secret of the vendor daemon is kept");
    }

    #[test]
    fn windows_tells_the_same() {
        let text = "#TYPE Selected.Microsoft.Management.Infrastructure.CimInstance
\"ProcessId\",\"ParentProcessId\",\"Name\",\"CommandLine\"
\"4\",\"0\",\"System\",
\"5408\",\"700\",\"lmgrd.exe\",\"\"\"C:\\Program Files\\Flex, Inc\\lmgrd.exe\"\" -c C:\\x.lic -z\"
\"4440\",\"5408\",\"adskflex.EXE\",\"adskflex.exe -T FLEXLM02 11.18 -1 -c \"\";d:\\a.lic;\"\" -lmgrd_port 6978 --lmgrd_start 1\"\r
";
        let found = csv(&text.lines().collect::<Vec<_>>());
        let programs: Vec<_> = found.iter().map(|process| &*process.program).collect();
        assert_eq!(programs, ["System", "lmgrd", "adskflex"]);
        assert_eq!(
            (found[2].told.master_port, found[2].told.host.as_deref()),
            (Some(27000), Some("flexlm02"))
        );
        assert_eq!(System::of_program("lmgrd"), Some(System::FlexNet));
    }

    proptest! {
        #[test]
        fn no_output_makes_them_panic(text in "([0-9]{1,12} |-T |-lmgrd_port |rlm |licvendord |\"|,|\\n|\\PC){0,40}") {
            let lines: Vec<_> = text.lines().collect();
            drop((ps(&lines), csv(&lines), base_name(&text)));
        }
    }
}
