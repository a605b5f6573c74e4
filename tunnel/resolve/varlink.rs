//! Asking systemd-resolved over its varlink socket: one JSON object each way, ended by a zero byte.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

/// `SD_RESOLVED_NO_SYNTHESIZE`: no records of the resolver's own making, which is where the hosts file comes in.
const NO_SYNTHESIZE: u64 = 1 << 11;

/// The longest reply that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

#[derive(Serialize)]
struct Call<'a> {
    method: &'static str,
    parameters: Question<'a>,
}

#[derive(Serialize)]
struct Question<'a> {
    name: &'a str,
    flags: u64,
}

#[derive(Deserialize)]
struct Reply {
    error: Option<String>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    addresses: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    address: Vec<u8>,
}

/// The addresses that systemd-resolved knows without its own synthesis, in its order.
pub(super) async fn resolve(socket: &Path, name: &str) -> Result<Vec<IpAddr>, String> {
    let reply = call(socket, name).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => "it does not run here".to_owned(),
        _ => format!("asking it failed: {error}"),
    })?;
    addresses(&reply)
}

async fn call(socket: &Path, name: &str) -> io::Result<Vec<u8>> {
    let question = Question { name, flags: NO_SYNTHESIZE };
    let mut call =
        serde_json::to_vec(&Call { method: "io.systemd.Resolve.ResolveHostname", parameters: question })?;
    call.push(0);
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&call).await?;
    let mut reply = Vec::new();
    BufReader::new(stream.take(LONGEST)).read_until(0, &mut reply).await?;
    match reply.pop() {
        Some(0) => Ok(reply),
        _ => Err(io::Error::other("its reply has no end")),
    }
}

/// What a reply says.
fn addresses(reply: &[u8]) -> Result<Vec<IpAddr>, String> {
    let reply: Reply =
        serde_json::from_slice(reply).map_err(|_| "its reply cannot be understood".to_owned())?;
    if let Some(error) = reply.error {
        let word = error.rsplit('.').next().unwrap_or_default();
        return Err(match word {
            "NoSuchResourceRecord" | "DNSError" => "it knows no address of that name".to_owned(),
            "NoNameServers" => "it has no name servers".to_owned(),
            "QueryTimedOut" | "MaxAttemptsReached" => "its name servers do not answer".to_owned(),
            _ => format!("it refused: {}", word.escape_debug()),
        });
    }
    Ok(reply.parameters.addresses.iter().filter_map(|entry| address(&entry.address)).collect())
}

/// An address by its length, which says the family as well as the number that differs between systems.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replies_are_understood() {
        let good = br#"{"parameters":{"addresses":[{"ifindex":2,"family":2,"address":[10,0,0,7]},
            {"ifindex":2,"family":10,"address":[32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,7]},{"family":99,"address":[1,2]}],
            "name":"lic1.corp.example","flags":1048577}}"#;
        let expected: Vec<IpAddr> = ["10.0.0.7", "2001:db8::7"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(addresses(good), Ok(expected));
        for (reply, why) in [
            (r#"{"error":"io.systemd.Resolve.NoSuchResourceRecord","parameters":{}}"#, "knows no address"),
            (r#"{"error":"io.systemd.Resolve.DNSError","parameters":{"rcode":3}}"#, "knows no address"),
            (r#"{"error":"io.systemd.Resolve.QueryTimedOut"}"#, "do not answer"),
            (r#"{"error":"org.varlink.service.\u001bBad"}"#, r"refused: \u{1b}Bad"),
            (r#"{"parameters":{"addresses":[{"address":[256]}]}}"#, "cannot be understood"),
            ("", "cannot be understood"),
        ] {
            let said = addresses(reply.as_bytes()).unwrap_err();
            assert!(said.contains(why), "{reply}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_reply_makes_it_panic(reply in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(addresses(&reply));
        }
    }
}
