//! Whether the licence server answers through the session, and if not, why.

use std::time::Duration;

use tokio::time::timeout;

use super::real::PING;
use crate::failure::{Exit, Failure};
use crate::plan::Plan;
use crate::ssh::session::{Refused, Session};

/// How long a connection to the licence server may take, for each host that it may be at.
const REACH: Duration = Duration::from_secs(10);
/// The same where another name of the licence server is still to be tried: its host may wait long for a name server.
const SOON: Duration = Duration::from_secs(3);

/// The first of the plan's hosts at which the licence server takes a connection.
///
/// # Errors
/// None does, or the way there is forbidden, or the session is dead.
pub(super) async fn verify(link: &Session, plan: &Plan) -> Result<String, Failure> {
    let (mut tried, mut forbidden) = (Vec::new(), Vec::new());
    for (index, host) in plan.hosts.iter().enumerate() {
        let within = if index + 1 < plan.hosts.len() { SOON } else { REACH };
        for port in plan.proofs() {
            match timeout(within, link.connect(host, port)).await {
                Ok(Ok(_)) => return Ok(host.clone()),
                Ok(Err(Refused::Prohibited)) => forbidden.push(format!("{host}:{port}")),
                Ok(Err(why)) => tried.push(format!("{host}:{port}: {why}")),
                Err(_) => tried.push(format!("{host}:{port}: no answer")),
            }
        }
    }
    if tried.is_empty() && !forbidden.is_empty() {
        let message = format!("{} forbids the way to {}", link.at(), forbidden.join(", "));
        let hint = "ask its administrator to allow it: AllowTcpForwarding, PermitOpen in sshd_config";
        return Err(Failure::new(Exit::NotAllowed, message).with_hint(hint));
    }
    // What swallows connections may be the session itself.
    if link.ping(PING).await.is_none() {
        return Err(Failure::new(Exit::Unreachable, "the ssh server does not answer any more"));
    }
    tried.extend(forbidden.iter().map(|place| format!("{place}: forbidden by the ssh server")));
    let message = format!("the licence server does not answer through {}: {}", link.at(), tried.join("; "));
    let hint = "check the port numbers, and that the licence server runs; --forward-to names another host";
    Err(Failure::new(Exit::NotServing, message).with_hint(hint))
}
