//! `%` tokens, `${NAME}` and `~` in values.

use std::path::PathBuf;

use sha1::{Digest, Sha1};

use super::local::Local;

/// What OpenSSH for Windows writes for `%ProgramData%` in its built-in paths.
pub(super) const PROGRAM_DATA: &str = "__PROGRAMDATA__";

/// How long a value may become.
const LONGEST: usize = 64 * 1024;

/// What the tokens stand for, as far as they are known when they are asked for.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    pub(super) local: &'a Local,
    /// `%n`
    pub(super) typed: &'a str,
    /// `%h`
    pub(super) host: &'a str,
    /// `%p`
    pub(super) port: u16,
    /// `%r`
    pub(super) user: &'a str,
    /// `%k`: the alias of the host key, else what was typed.
    pub(super) alias: &'a str,
    /// `%j`: what `ProxyJump` says, else nothing.
    pub(super) jump: &'a str,
}

/// Which tokens a value may hold, besides `%%`.
pub(super) const HOST_NAME: &str = "h";
/// See [`HOST_NAME`].
pub(super) const PROXY: &str = "hnpr";
/// See [`HOST_NAME`]. For paths and `Match exec`.
pub(super) const ALL: &str = "CdhijkLlnpru";

impl Tokens<'_> {
    /// `text` with the tokens of `allowed` replaced. OpenSSH takes any other `%` for an error, and so do we.
    pub(super) fn expand(&self, text: &str, allowed: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            expanded.push_str(before);
            let token = after.chars().next();
            match token {
                Some('%') => expanded.push('%'),
                Some(token) if allowed.contains(token) => expanded.push_str(&self.value(token)),
                Some(token) => {
                    return Err(format!("%{token} means nothing here in {text:?}; write %% for a plain %"));
                }
                None => return Err(format!("{text:?} ends in %; write %% for a plain %")),
            }
            bounded(&expanded)?;
            rest = after.get(token.map_or(0, char::len_utf8)..).unwrap_or_default();
        }
        expanded.push_str(rest);
        bounded(&expanded)?;
        Ok(expanded)
    }

    fn value(&self, token: char) -> String {
        match token {
            'C' => self.connection_hash(),
            'd' => self.local.home.to_string_lossy().into_owned(),
            'h' => self.host.to_owned(),
            'i' => self.local.uid.clone(),
            'j' => self.jump.to_owned(),
            'k' => self.alias.to_owned(),
            'L' => self.local.host.split('.').next().unwrap_or_default().to_owned(),
            'l' => self.local.host.clone(),
            'n' => self.typed.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.user.to_owned(),
            'u' => self.local.user.clone(),
            _ => String::new(),
        }
    }

    /// SHA-1 over `%l%h%p%r%j`. OpenSSH before 9.6 left the jump hosts out.
    fn connection_hash(&self) -> String {
        let mut hash = Sha1::new();
        for part in [&self.local.host, self.host, &self.port.to_string(), self.user, self.jump] {
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A path with everything replaced, absolute.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let text = self.expand(&tilde(text, self.local)?, ALL)?;
        self.literal_path(&variables(&text, self.local)?)
    }

    /// A path in which `~` alone is replaced, absolute.
    pub(super) fn literal_path(&self, text: &str) -> Result<PathBuf, String> {
        let text = tilde(text, self.local)?;
        if let Some(rest) = text.strip_prefix(PROGRAM_DATA) {
            return Ok(self.local.program_data().join(rest.trim_start_matches(['/', '\\'])));
        }
        Ok(self.local.directory.join(text))
    }
}

/// `text` with a home in place of its `~` or `~name`.
pub(super) fn tilde(text: &str, local: &Local) -> Result<String, String> {
    let Some(after) = text.strip_prefix('~') else { return Ok(text.to_owned()) };
    let end = after.find(is_separator).unwrap_or(after.len());
    let (name, rest) = after.split_at(end);
    let home = if name.is_empty() { Some(local.home.clone()) } else { (local.home_of)(name) };
    let home = home.ok_or_else(|| format!("there is no account {name:?} whose home {text:?} could be in"))?;
    let rest = rest.trim_start_matches(is_separator);
    let path = if rest.is_empty() { home } else { home.join(rest) };
    Ok(path.to_string_lossy().into_owned())
}

fn is_separator(c: char) -> bool {
    c == '/' || (cfg!(windows) && c == '\\')
}

/// `text` with the environment's values in place of `${NAME}`. A name that is not set is an error, as in OpenSSH.
pub(super) fn variables(text: &str, local: &Local) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        let (name, after) = after.split_once('}').ok_or_else(|| format!("${{ without }} in {text:?}"))?;
        let value = (local.variable)(name);
        expanded
            .push_str(&value.ok_or_else(|| format!("the environment has no {name}, which {text:?} needs"))?);
        bounded(&expanded)?;
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn bounded(text: &str) -> Result<(), String> {
    if text.len() > LONGEST { Err(format!("a value grows beyond {LONGEST} characters")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ssh::config::testing::local;

    #[test]
    fn every_token_has_its_value() {
        let local = local();
        let tokens = Tokens {
            local: &local,
            typed: "lic1",
            host: "lic1.example.com",
            port: 2222,
            user: "bob",
            alias: "licences",
            jump: "gate",
        };
        let expanded = tokens.expand("%d %h %i %j %k %L %l %n %p %r %u %%", ALL);
        let expected =
            "/home/jane lic1.example.com 1001 gate licences laptop laptop.example.com lic1 2222 bob jane %";
        assert_eq!(expanded.as_deref(), Ok(expected));
        // printf %s laptop.example.comlic1.example.com2222bobgate | sha1sum
        assert_eq!(tokens.expand("%C", ALL).as_deref(), Ok("9cf6406994ae87426e22aa2ad690c82fb56c192d"));
        assert!(tokens.expand("%n", HOST_NAME).is_err());
        assert!(tokens.expand("50%", ALL).is_err());
        for (text, path) in [
            ("~/.ssh/id", "/home/jane/.ssh/id"),
            ("~", "/home/jane"),
            ("~bob/id", "/home/bob/id"),
            ("${KEYS}/id_%r", "/keys/id_bob"),
            ("id", "/keys/id"),
            ("/a/~/b", "/a/~/b"),
        ] {
            assert_eq!(tokens.path(text).as_deref(), Ok(Path::new(path)), "{text}");
        }
        assert!(tokens.path("~nobody/id").unwrap_err().contains("nobody"));
        assert!(tokens.path("${NOPE}/id").unwrap_err().contains("NOPE"));
        assert!(tokens.path("${KEYS").is_err());
    }

    #[test]
    fn a_value_cannot_grow_without_bound() {
        let local = local();
        let long = "h".repeat(60_000);
        let tokens = Tokens {
            local: &local,
            typed: &long,
            host: &long,
            port: 22,
            user: "bob",
            alias: &long,
            jump: "",
        };
        assert!(tokens.expand("%h%h", ALL).unwrap_err().contains("grows"));
    }
}
