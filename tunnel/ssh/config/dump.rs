//! What `ssh -G` prints: one option on a line, its keyword in small letters, values without quotes.

use super::settings::Settings;

/// The settings in `output`. Options that this program does not know are passed over: newer versions print more.
pub(super) fn parse(output: &str) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for line in output.lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        let keyword = keyword.to_ascii_lowercase();
        let values = match keyword.as_str() {
            // Of these ssh has replaced the tokens already; of the agent's where it made the path absolute.
            "hostname" => vec![value.replace('%', "%%")],
            "identityagent" if value.starts_with('/') => vec![value.replace('%', "%%")],
            "userknownhostsfile" => split_paths(&value.replace('%', "%%")),
            "globalknownhostsfile" => split_paths(value),
            _ => vec![value.to_owned()],
        };
        if !value.is_empty() {
            settings.set(&keyword, &values).map_err(|why| format!("{line:?}: {why}"))?;
        }
    }
    if settings.host_name.is_none() { Err("the line hostname is missing".into()) } else { Ok(settings) }
}

/// Paths parted by blanks, which may stand in them too (`C:\Users\Jane Doe/.ssh/known_hosts`): a word that does not
/// begin like a path goes on with the one before it.
fn split_paths(value: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for word in value.split(' ') {
        match paths.last_mut() {
            Some(last) if !begins_like_a_path(word) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => paths.push(word.to_owned()),
        }
    }
    paths
}

fn begins_like_a_path(word: &str) -> bool {
    let drive = matches!(word.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    drive || word.starts_with(['/', '\\', '~']) || word.starts_with(super::expand::PROGRAM_DATA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_paths_with_blanks() {
        let table: [(&str, &[&str]); 6] = [
            ("none", &["none"]),
            (
                "/root/.ssh/known_hosts /root/.ssh/known_hosts2",
                &["/root/.ssh/known_hosts", "/root/.ssh/known_hosts2"],
            ),
            ("~/.ssh/known_hosts ~/b", &["~/.ssh/known_hosts", "~/b"]),
            ("/home/jane/my hosts /etc/more", &["/home/jane/my hosts", "/etc/more"]),
            (
                r"C:\Users\Jane Doe/.ssh/known_hosts C:\Users\Jane Doe/.ssh/known_hosts2",
                &[r"C:\Users\Jane Doe/.ssh/known_hosts", r"C:\Users\Jane Doe/.ssh/known_hosts2"],
            ),
            (
                r"__PROGRAMDATA__\ssh/ssh_known_hosts __PROGRAMDATA__\ssh/ssh_known_hosts2",
                &[r"__PROGRAMDATA__\ssh/ssh_known_hosts", r"__PROGRAMDATA__\ssh/ssh_known_hosts2"],
            ),
        ];
        for (value, expected) in table {
            assert_eq!(split_paths(value), expected, "{value}");
        }
    }
}
