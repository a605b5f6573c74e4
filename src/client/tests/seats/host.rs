//! A fake licence host: a master and a vendor daemon in threads of the test, with seats that the test commands.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::licence::Signer;
use licgate_core::wire::{Checkout, ServerMsg};

use crate::site::{Desk, Heard, Site, proof, serve};

/// What the vendor signs with; `vendor_key` is what the applications know.
pub(crate) fn vendor() -> Signer {
    Signer::new(&[7; 32])
}

pub(crate) fn vendor_key() -> String {
    vendor().public().to_string()
}

/// How a fake licence host behaves.
pub(crate) struct Nature {
    /// The private half of its identity.
    pub(crate) identity: [u8; 32],
    /// The seeds for which the licence's SERVER line was signed, and with which the vendor signed.
    pub(crate) signed_for: [u8; 32],
    pub(crate) signed_by: [u8; 32],
    pub(crate) seats: u32,
    pub(crate) silence_ms: u32,
    /// The host that the master names.
    pub(crate) named: &'static str,
    /// How often the master says "not now" first.
    pub(crate) not_now: u32,
}

impl Default for Nature {
    fn default() -> Self {
        let (identity, signed_for, signed_by) = ([1; 32], [1; 32], [7; 32]);
        Self { identity, signed_for, signed_by, seats: 1, silence_ms: 60_000, named: "this_host", not_now: 0 }
    }
}

pub(crate) struct Host {
    pub(crate) port: u16,
    site: Arc<Site>,
    heard: Receiver<Heard>,
}

impl Host {
    pub(crate) fn start(nature: Nature) -> Self {
        let (master, vendor) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (port, vendor_port) = (master.local_addr().unwrap().port(), vendor.local_addr().unwrap().port());
        let (sender, heard) = mpsc::channel();
        let desk = Desk {
            free: nature.seats,
            next: 101,
            not_now: nature.not_now,
            deaf: false,
            dead: false,
            tls: licgate_tls::server_config(&Signer::new(&nature.identity)).unwrap(),
            swallows: None,
            stalling: false,
            lines: Vec::new(),
            entries: BTreeMap::new(),
        };
        let site = Arc::new(Site {
            proof: proof(&nature),
            nature,
            vendor_port,
            heard: Mutex::new(sender),
            desk: Mutex::new(desk),
        });
        serve(master, &site, Site::master);
        serve(vendor, &site, Site::vendor);
        Self { port, site, heard }
    }

    pub(crate) fn address(&self) -> String {
        format!("{}@127.0.0.1", self.port)
    }

    /// Waits until the vendor daemon has heard this.
    pub(crate) fn heard(&self, wanted: Heard) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let heard = self.heard.recv_timeout(left);
            if heard.unwrap_or_else(|_| panic!("never heard {wanted:?}")) == wanted {
                return;
            }
        }
    }

    /// Breaks all connections with the vendor daemon.
    pub(crate) fn cut(&self) {
        let lines = std::mem::take(&mut self.site.desk().lines);
        lines.iter().for_each(|line| line.cut());
    }

    /// Forgets all checkouts, as if their silence period had passed.
    pub(crate) fn forget(&self) {
        let mut desk = self.site.desk();
        desk.entries.clear();
        desk.free = self.site.nature.seats;
    }

    /// Sets the number of free seats.
    pub(crate) fn set_free(&self, free: u32) {
        self.site.desk().free = free;
    }

    pub(crate) fn free(&self) -> u32 {
        self.site.desk().free
    }

    /// No longer answers heartbeats and returns.
    pub(crate) fn be_deaf(&self) {
        self.site.desk().deaf = true;
    }

    /// From now on says to everybody that he waits, asked or not, and that all is well.
    pub(crate) fn stall(&self) {
        self.site.desk().stalling = true;
    }

    /// Tells whoever holds a seat that he waits for it.
    pub(crate) fn demote(&self) {
        let desk = self.site.desk();
        for (checkout, entry) in &desk.entries {
            entry.line.send(&ServerMsg::Alive { checkout: *checkout, position: Some(1) });
        }
    }

    /// Another licence host takes over its address.
    pub(crate) fn be_replaced(&self) {
        self.site.desk().tls = licgate_tls::server_config(&Signer::new(&[2; 32])).unwrap();
        self.cut();
    }

    /// Carries out the next checkout of this kind, but breaks the connection instead of answering.
    pub(crate) fn swallow(&self, kind: fn(&Checkout) -> bool) {
        self.site.desk().swallows = Some(kind);
    }

    /// How many checkouts are known.
    pub(crate) fn known(&self) -> usize {
        self.site.desk().entries.len()
    }

    /// What the vendor daemon hears until this, in order.
    pub(crate) fn heard_before(&self, wanted: Heard) -> Vec<Heard> {
        let next = || self.heard.recv_timeout(Duration::from_secs(20)).unwrap();
        std::iter::repeat_with(next).take_while(|heard| *heard != wanted).collect()
    }

    /// Hangs up on everybody from now on.
    pub(crate) fn die(&self) {
        self.site.desk().dead = true;
        self.cut();
    }

    /// Ends all checkouts.
    pub(crate) fn end(&self, code: Code) {
        let entries = std::mem::take(&mut self.site.desk().entries);
        for (checkout, entry) in entries {
            entry.line.send(&ServerMsg::Gone { checkout, code, why: "the feature has gone".into() });
        }
    }

    /// Gives a seat to whoever waits.
    pub(crate) fn promote(&self) {
        let mut desk = self.site.desk();
        let waiting =
            desk.entries.iter_mut().filter(|(_, entry)| !entry.held).min_by_key(|(_, entry)| entry.number);
        let (checkout, entry) = waiting.unwrap();
        entry.held = true;
        entry.line.send(&self.site.granted(*checkout, entry));
    }
}
