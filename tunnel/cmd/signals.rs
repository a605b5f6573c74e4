//! What the system asks of a tunnel: end, or open the session anew.

use std::io;

use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc;

use crate::engine::Order;
use crate::tasks::Tasks;

/// Hears signals from now on, none of which kills the process any more, and hands them on as orders.
pub(super) fn hear(orders: mpsc::Sender<Order>, tasks: &Tasks) -> io::Result<()> {
    let mut terminate = unix::signal(SignalKind::terminate())?;
    let mut interrupt = unix::signal(SignalKind::interrupt())?;
    let mut hangup = unix::signal(SignalKind::hangup())?;
    drop(tasks.spawn(async move {
        loop {
            let order = tokio::select! {
                _ = terminate.recv() => Order::Stop,
                _ = interrupt.recv() => Order::Stop,
                _ = hangup.recv() => Order::Kick,
            };
            // A full queue holds the same orders already.
            orders.try_send(order).ok();
        }
    }));
    Ok(())
}
