//! The one command that looks at a UNIX host, and its output cut into sections.

/// What is run. It only reads, and prints each part after a line with the marker. Every login shell passes it on to sh as it
/// is: it stands between single quotes and has none inside, no newline and no `!` (csh), and no backslash (fish).
///
/// Of each list it prints a little more than is read, so that it shows when something is left out. Of licence files, which it finds in the command lines of licence servers, it prints the lines with names and ports only; of
/// other processes the program only, as people put secrets on command lines. The round brackets before the words of a `case`
/// inside `$(…)` are for bash 3, which is sh on macOS.
const SCRIPT: &str = concat!(
    r#"PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin; LC_ALL=C; export PATH LC_ALL; n=0; "#,
    r#"echo "$m system"; uname -s; uname -n; "#,
    r#"p=$({ ps -A -ww -o pid,ppid,args || ps -A -o pid,ppid,args || ps -o pid,ppid,args; } 2>/dev/null | head -n 3002 | cut -c 1-1000 | "#,
    r#"while read -r pid ppid args; do case $args in (*lmgrd*|*licmgrd*|*lmadmin*|*rlm*|*licvendord*|*" -T "*) ;; (*) args=${args%% *} ;; esac; "#,
    r#"printf "%s" "$pid $ppid $args"; echo; done); "#,
    r#"list() { printf "%s" "$p"; echo; }; "#,
    r#"echo "$m processes"; list; "#,
    r#"show() { n=$((n+1)); if [ $n -le 17 ] && [ -f "$1" ] && [ -r "$1" ]; then echo "$m file"; "#,
    r#"dd bs=65536 count=16 2>/dev/null < "$1" | grep -iE "^[[:space:]]*(SERVER|VENDOR|DAEMON|HOST|ISV)[[:space:]]" | cut -c 1-400 | head -n 40; fi; }; "#,
    r#"list | while read -r pid ppid args; do set -f; set -- $args; "#,
    r#"case ${1##*/} in *lmgrd|lmgrd*|licmgrd|lmadmin|rlm) ;; *) continue ;; esac; "#,
    r#"while [ $# -gt 1 ]; do case $1 in -c|-C) IFS=:; for f in $2; do case $f in "") continue ;; /*) ;; *) f=/proc/$pid/cwd/$f ;; esac; "#,
    r#"if [ -d "$f" ]; then set +f; for g in "$f"/*.lic; do show "$g"; done; set -f; else show "$f"; fi; done; unset IFS ;; esac; shift; done; done; "#,
    r#"case $(uname -s) in "#,
    r#"Linux) if command -v ss >/dev/null 2>&1; then echo "$m ss"; ss -ltnp 2>/dev/null | head -n 2005; "#,
    r#"elif command -v netstat >/dev/null 2>&1; then echo "$m netstat"; { netstat -ltnp || netstat -ltn; } 2>/dev/null | head -n 2005; "#,
    r#"else echo "$m tcp"; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep " 0A " | head -n 2005; "#,
    r#"list | while read -r pid ppid args; do case $args in *lmgrd*|*lmadmin*|*rlm*|*licmgrd*|*licvendord*|*lmx-serv*|*DSLicSrv*|*hasplmd*|*" -T "*) "#,
    r#"echo "$m fds $pid"; ls -l "/proc/$pid/fd" 2>/dev/null | grep socket: | head -n 64 ;; esac; done; fi ;; "#,
    r#"FreeBSD|DragonFly) echo "$m sockstat"; sockstat -l -P tcp 2>/dev/null | head -n 2005 ;; "#,
    r#"Darwin) echo "$m lsof"; lsof -nP -iTCP -sTCP:LISTEN 2>/dev/null | head -n 2005; echo "$m netstat"; netstat -an -p tcp 2>/dev/null | grep LISTEN | head -n 2005 ;; "#,
    r#"*) echo "$m netstat"; netstat -an 2>/dev/null | grep LISTEN | head -n 2005 ;; esac; "#,
    r#"echo "$m end""#
);

/// The command, with a marker that nothing on the host can have known.
pub(super) fn command(marker: &str) -> String {
    format!("sh -c 'm={marker}; {SCRIPT}'")
}

/// A marker from random bytes.
pub(super) fn marker(random: [u8; 16]) -> String {
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("lictunnel-{digits}")
}

/// A part of the output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// What stands after the marker.
    pub(super) name: &'a str,
    /// Its lines.
    pub(super) lines: Vec<&'a str>,
}

/// The parts of an output, in order. What stands before the first marker is a greeting of the login shell.
pub(super) fn sections<'a>(output: &'a str, marker: &str) -> Vec<Section<'a>> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for line in output.lines() {
        match line.strip_prefix(marker).and_then(|rest| rest.strip_prefix(' ')) {
            Some(name) => sections.push(Section { name: name.trim_end(), lines: Vec::new() }),
            None => sections.last_mut().into_iter().for_each(|section| section.lines.push(line)),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::super::{MOST_FILES, processes, sockets};
    use super::*;

    #[test]
    fn every_login_shell_passes_the_command_on_as_it_is() {
        let command = command(&marker([0xab; 16]));
        let script = command.strip_prefix("sh -c '").and_then(|rest| rest.strip_suffix('\'')).unwrap();
        assert!(script.starts_with("m=lictunnel-abababababababababababababababab; "));
        assert!(!script.contains(['\'', '!', '\\', '\n', '\r']));
        for (most, kind) in [(processes::MOST + 2, "processes"), (sockets::MOST + 5, "sockets")] {
            assert!(script.contains(&format!("head -n {most} ")), "{kind}");
        }
        assert!(script.contains(&format!("$n -le {} ", MOST_FILES + 1)));
        // cmd.exe takes no longer line.
        assert!(command.len() < 8191, "{}", command.len());
    }

    #[test]
    fn the_output_is_cut_at_the_marker_only() {
        let output = "Welcome!\nm-1 system\r\nLinux\nm-1 processes\n 1 0 init\nm-2 file\nm-1x\nm-1 end\n";
        let expected = [
            Section { name: "system", lines: vec!["Linux"] },
            Section { name: "processes", lines: vec![" 1 0 init", "m-2 file", "m-1x"] },
            Section { name: "end", lines: vec![] },
        ];
        assert_eq!(sections(output, "m-1"), expected);
        assert!(sections("'sh' is not recognized", "m-1").is_empty());
    }
}
