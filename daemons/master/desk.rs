//! One client of the master: where is vendor V, who serves feature F, how are you; and what administrators ask.

use std::sync::Arc;
use std::time::Duration;

use licgate_core::code::Code;
use licgate_core::id::VendorName;
use licgate_core::wire::{
    Caller, ClientMsg, Entrance, Locate, MasterRequest, ServerMsg, ServerStatus, Then, VendorState,
    VendorStatus, master_request,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::debug;

use super::directory::Health;
use super::premises::{Premises, Refusal};
use crate::flags::Refusable;
use crate::log::verbatim;
use crate::net::{Conn, ConnError, fit, greet};

/// How long a client may say nothing.
const IDLE: Duration = Duration::from_secs(60);
/// When it is worth asking again for a daemon that is just starting, in milliseconds.
const STARTING_MS: u32 = 500;

/// Serves one connection to its end.
pub(super) async fn serve<S>(mut conn: Conn<S>, entrance: Entrance, premises: Arc<Premises>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stopping = premises.setup().tasks.stopping().clone();
    let ended = tokio::select! {
        () = stopping.cancelled() => Ok(()),
        ended = talk(&mut conn, entrance, &premises) => ended,
    };
    if let Err(error) = ended {
        debug!(%error, "connection broken");
    }
    conn.close().await;
}

async fn talk<S>(conn: &mut Conn<S>, entrance: Entrance, premises: &Premises) -> Result<(), ConnError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(caller) = greet(conn, "licmgrd").await? else { return Ok(()) };
    while let Some(message) = conn.recv_within::<ClientMsg>(IDLE).await? {
        let answer = match master_request(message, entrance) {
            Ok(MasterRequest::Down) => return down(conn, premises, &caller).await,
            Ok(MasterRequest::Reread(vendor)) => reread(premises, vendor.as_ref(), &caller).await,
            Ok(MasterRequest::Locate(what)) => locate(premises, &what),
            Ok(MasterRequest::ServerStatus) => status(premises),
            Err(rejection) => match rejection.then {
                Then::GoOn => rejection.answer,
                Then::HangUp => return conn.send(&rejection.answer).await,
            },
        };
        conn.send(&answer).await?;
    }
    Ok(())
}

/// Answers first and stops then, because stopping ends this connection too.
async fn down<S>(conn: &mut Conn<S>, premises: &Premises, caller: &Caller) -> Result<(), ConnError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if premises.refused.contains(&Refusable::LmDown) {
        let lines =
            vec!["licmgrd was started with -x lmdown; stop it with `kill`, or with systemctl".to_owned()];
        return conn.send(&ServerMsg::Refused { code: Code::NOT_ADMINISTRATOR, lines }).await;
    }
    verbatim(&format!("SHUTDOWN request from {} at node {}", caller.holder.user, caller.holder.host));
    verbatim("licmgrd will now shut down all the vendor daemons");
    let lines = vec![format!("shutting down the vendor daemons: {}", premises.directory.names())];
    let sent = conn.send(&ServerMsg::Done { lines }).await;
    premises.setup().tasks.stop();
    sent
}

async fn reread(premises: &Premises, vendor: Option<&VendorName>, caller: &Caller) -> ServerMsg {
    let asked_by = format!("{}@{}", caller.holder.user, caller.holder.host);
    match premises.reread(vendor, &asked_by).await {
        Ok(lines) => ServerMsg::Done { lines: fit(lines) },
        Err(Refusal { code, lines }) => ServerMsg::Refused { code, lines: fit(lines) },
    }
}

fn locate(premises: &Premises, what: &Locate) -> ServerMsg {
    let licences = premises.licences();
    let vendor = match what {
        Locate::Vendor(vendor) => vendor,
        Locate::Feature(feature) => match licences.vendor_of(feature) {
            Some(vendor) => vendor,
            None => {
                let lines = vec![format!(
                    "no licence file here names a feature {feature:?}",
                    feature = feature.as_str()
                )];
                return ServerMsg::Refused { code: Code::NO_SUCH_FEATURE, lines };
            }
        },
    };
    let Some(entry) = premises.directory.find(vendor) else {
        let lines = vec![format!(
            "there is no vendor daemon {:?} here, only: {}",
            vendor.as_str(),
            premises.directory.names()
        )];
        return ServerMsg::Refused { code: Code::VENDOR_DOWN, lines };
    };
    let health = entry.health.borrow().clone();
    match health {
        Health::Up { port, warning: _ } => {
            ServerMsg::At { vendor: vendor.clone(), port, host: licences.host.clone() }
        }
        Health::Starting => {
            let why = format!("the vendor daemon {vendor} is starting");
            ServerMsg::NotNow { retry_after_ms: Some(STARTING_MS), why }
        }
        Health::Restarting { after, why } => {
            let millis = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
            let why = format!("{why}; it is being started again");
            ServerMsg::NotNow { retry_after_ms: Some(millis.max(STARTING_MS)), why }
        }
        Health::Down(cause) => ServerMsg::NotNow { retry_after_ms: None, why: cause.to_string() },
    }
}

fn status(premises: &Premises) -> ServerMsg {
    let licences = premises.licences();
    let down = |why: String| (VendorState::Down { why }, None);
    let vendors = premises.directory.all().into_iter().map(|(name, entry)| {
        let (state, warning) = match &*entry.health.borrow() {
            Health::Up { port, warning } => (VendorState::Up { port: *port }, warning.clone()),
            Health::Starting => down("it is starting".to_owned()),
            Health::Restarting { why, .. } => down(format!("{why}; it is being started again")),
            Health::Down(cause) => down(cause.to_string()),
        };
        VendorStatus { name, state, version: env!("CARGO_PKG_VERSION").to_owned(), warning }
    });
    ServerMsg::ServerStatus(ServerStatus {
        host: licences.host.clone(),
        port: premises.port,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: fit(licences.files.iter().map(|file| file.display().to_string()).collect()),
        vendors: vendors.collect(),
    })
}

#[cfg(test)]
mod tests;
