//! Which addresses lead to a server, and which lead back to this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// More addresses than this of one host are not tried.
const MOST: usize = 16;

/// The addresses of a host that needs no looking up: one written out, or `localhost` (RFC 6761 section 6.3).
pub(super) fn literal(host: &str) -> Option<Vec<IpAddr>> {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = bracketed.unwrap_or(host).parse() {
        return Some(vec![address]);
    }
    let is_localhost = host.trim_end_matches('.').eq_ignore_ascii_case("localhost");
    is_localhost.then(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
}

/// The addresses of an answer that lead away from this machine, each once and in the order of the answer; or why there are
/// none.
pub(super) fn usable(found: &[IpAddr], is_ours: &dyn Fn(IpAddr) -> bool) -> Result<Vec<IpAddr>, String> {
    if found.is_empty() {
        return Err("it knows no address of that name".to_owned());
    }
    let mut good: Vec<IpAddr> = Vec::new();
    for address in found.iter().map(IpAddr::to_canonical) {
        if leads_away(address) && !is_ours(address) && !good.contains(&address) {
            good.push(address);
        }
    }
    good.truncate(MOST);
    if good.is_empty() {
        let shown: Vec<String> = found.iter().take(3).map(ToString::to_string).collect();
        return Err(format!("its answer leads back to this machine ({})", shown.join(", ")));
    }
    Ok(good)
}

/// A link-local IPv6 address without its link leads nowhere.
fn leads_away(address: IpAddr) -> bool {
    let is_link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || is_link_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn answers_that_lead_back_here_count_for_nothing() {
        let is_ours = |address| address == ip("10.99.0.1");
        let good = |found: &[&str]| usable(&found.iter().map(|text| ip(text)).collect::<Vec<_>>(), &is_ours);
        let away = ["10.0.0.7", "2001:db8::7"];
        assert_eq!(good(&away), Ok(away.map(ip).to_vec()));
        assert_eq!(good(&["127.77.3.1", "10.0.0.7", "10.0.0.7", "::1"]), Ok(vec![ip("10.0.0.7")]));
        assert_eq!(good(&["::ffff:10.0.0.7"]), Ok(vec![ip("10.0.0.7")]));
        for here in [
            "127.77.3.1",
            "127.0.1.1",
            "::1",
            "0.0.0.0",
            "::",
            "::ffff:127.77.3.1",
            "10.99.0.1",
            "fe80::1",
            "224.0.0.1",
        ] {
            let why = good(&[here]).unwrap_err();
            assert!(why.starts_with("its answer leads back to this machine"), "{here}: {why}");
        }
        assert_eq!(good(&[]).unwrap_err(), "it knows no address of that name");
        let many: Vec<IpAddr> = (1..=99).map(|last| IpAddr::from([10, 0, 0, last])).collect();
        assert_eq!(usable(&many, &is_ours).unwrap().len(), MOST);
    }

    #[test]
    fn an_address_written_out_is_taken_at_its_word() {
        for (host, addresses) in [
            ("10.0.0.7", Some(vec![ip("10.0.0.7")])),
            ("127.0.0.1", Some(vec![ip("127.0.0.1")])),
            ("2001:db8::7", Some(vec![ip("2001:db8::7")])),
            ("[2001:db8::7]", Some(vec![ip("2001:db8::7")])),
            ("LocalHost", Some(vec![ip("127.0.0.1"), ip("::1")])),
            ("lic1", None),
            ("10.0.0", None),
        ] {
            assert_eq!(literal(host), addresses, "{host}");
        }
    }
}
