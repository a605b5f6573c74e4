//! Counts who believes to hold a seat, by the holders' own word and without asking the licence host.
//!
//! A holder says `+` after it got its seat and `-` before it gives it back, and goes on only when the observer has
//! heard it. So the observer never counts a holder who is not one, and each overlap that it sees is a real one. To make
//! overlaps, it lets holders wait for each other: it answers a `+` only when enough others hold a seat as well.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::process::PATIENCE;

/// The one who counts.
#[derive(Debug)]
pub struct Observer {
    path: PathBuf,
    tally: Arc<(Mutex<Tally>, Condvar)>,
}

#[derive(Debug, Default)]
struct Tally {
    holding: u32,
    most: u32,
    grants: u64,
    /// Holders who may be let wait for others.
    company: usize,
    /// Clients on the line.
    clients: usize,
    /// Holders who wait for an answer to their `+`, longest first.
    unanswered: VecDeque<UnixStream>,
}

impl Tally {
    /// Answers the longest holders, but for as many as are to be kept together, and never all who are left.
    fn answer(&mut self) {
        let kept = self.company.min(self.clients.saturating_sub(1));
        while self.unanswered.len() > kept {
            if let Some(mut holder) = self.unanswered.pop_front() {
                // One who has died meanwhile hears nothing, and its end is noticed where it is read.
                drop(holder.write_all(b"+"));
            }
        }
    }
}

impl Observer {
    /// Listens at `path` until the test ends, and keeps up to `company` holders together.
    pub fn at(path: PathBuf, company: usize) -> Self {
        let listener = UnixListener::bind(&path).expect("a socket in the test's folder");
        let tally = Arc::new((Mutex::new(Tally { company, ..Tally::default() }), Condvar::new()));
        let shared = Arc::clone(&tally);
        std::thread::spawn(move || {
            for holder in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || listen(holder, &shared));
            }
        });
        Self { path, tally }
    }

    /// Where holders report.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The most seats that were held at one instant.
    pub fn most(&self) -> u32 {
        self.lock().most
    }

    /// How many seats were granted in all.
    pub fn grants(&self) -> u64 {
        self.lock().grants
    }

    /// Waits until so many seats were granted in all.
    pub fn wait_for_grants(&self, grants: u64) {
        self.wait(|tally| tally.grants >= grants, &format!("{grants} grants"));
    }

    /// Waits until so many seats are held.
    pub fn wait_for_holding(&self, holding: u32) {
        self.wait(|tally| tally.holding == holding, &format!("{holding} held seats"));
    }

    fn wait(&self, reached: impl Fn(&Tally) -> bool, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut tally = self.lock();
        while !reached(&tally) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what} in time: {tally:?}");
            tally = self.tally.1.wait_timeout(tally, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listen(mut holder: UnixStream, tally: &(Mutex<Tally>, Condvar)) {
    let lock = || tally.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut word, mut held) = ([0], 0);
    lock().clients += 1;
    while let Ok(1) = holder.read(&mut word) {
        let mut count = lock();
        if word == *b"+" {
            held += 1;
            count.holding += 1;
            count.grants += 1;
            count.most = count.most.max(count.holding);
            count.unanswered.extend(holder.try_clone());
            count.answer();
        } else {
            held -= 1;
            count.holding -= 1;
            drop(holder.write_all(&word));
        }
        drop(count);
        tally.1.notify_all();
    }
    let mut count = lock();
    count.clients -= 1;
    count.holding -= held;
    count.answer();
    drop(count);
    tally.1.notify_all();
}

/// A holder's line to the observer.
#[derive(Debug)]
pub struct Seat(UnixStream);

impl Seat {
    /// Calls the observer.
    pub fn report_to(path: &Path) -> std::io::Result<Self> {
        UnixStream::connect(path).map(Self)
    }

    /// I hold a seat from now on.
    pub fn taken(&mut self) -> std::io::Result<()> {
        self.say(b"+")
    }

    /// I do not use my seat any more and am about to give it back.
    pub fn left(&mut self) -> std::io::Result<()> {
        self.say(b"-")
    }

    fn say(&mut self, word: &[u8; 1]) -> std::io::Result<()> {
        self.0.write_all(word)?;
        self.0.read_exact(&mut [0])
    }
}
