//! What has come from the server and waits for the local reader, counted in bytes.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Buf as _, Bytes};

use crate::ssh::session::WINDOW;

/// The most that may wait for one reader: two windows, as a whole one may be on its way when the reader stops.
const MOST: usize = 2 * WINDOW as usize;

/// The most that may wait for all readers together.
const MOST_OF_ALL: usize = 16 * WINDOW as usize;

/// How many pieces are written at once.
const PIECES: usize = 16;

/// The bytes that wait for one reader.
#[derive(Debug)]
pub(super) struct Backlog {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    of_all: Arc<AtomicUsize>,
    full: bool,
}

impl Backlog {
    pub(super) fn new(of_all: &Arc<AtomicUsize>) -> Self {
        Self { pieces: VecDeque::new(), bytes: 0, of_all: Arc::clone(of_all), full: false }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        self.bytes += piece.len();
        let all = self.of_all.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
        self.full |= self.bytes > MOST || (all > MOST_OF_ALL && self.bytes > MOST / 16);
        self.pieces.push_back(piece);
    }

    /// Takes off what was written.
    pub(super) fn written(&mut self, mut count: usize) {
        self.bytes -= count;
        self.of_all.fetch_sub(count, Ordering::Relaxed);
        while let Some(front) = self.pieces.front_mut() {
            if count < front.len() {
                front.advance(count);
                break;
            }
            count -= front.len();
            self.pieces.pop_front();
        }
        if self.bytes <= MOST / 32 {
            self.full = false;
        }
        if self.pieces.is_empty() && self.pieces.capacity() > PIECES {
            // A connection that was busy once need not hold its memory for ever.
            self.pieces = VecDeque::new();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether too much waits; it stays so until most of it is gone.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// What to write next, some pieces of it at once.
    pub(super) fn slices(&self) -> ([IoSlice<'_>; PIECES], usize) {
        let mut slices = [IoSlice::new(&[]); PIECES];
        let count = self.pieces.len().min(PIECES);
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
        }
        (slices, count)
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        self.written(self.bytes);
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(len: usize) -> Bytes {
        Bytes::from(vec![7; len])
    }

    #[test]
    fn what_is_written_is_taken_off() {
        let all = Arc::default();
        let mut backlog = Backlog::new(&all);
        backlog.push(piece(10));
        backlog.push(piece(0));
        backlog.push(piece(20));
        backlog.written(15);
        let (slices, count) = backlog.slices();
        assert_eq!((slices[0].len(), count, all.load(Ordering::Relaxed)), (15, 1, 15));
        drop(backlog);
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn full_is_full_until_most_is_gone() {
        let mut backlog = Backlog::new(&Arc::default());
        backlog.push(piece(MOST));
        assert!(!backlog.is_full());
        backlog.push(piece(1));
        assert!(backlog.is_full());
        backlog.written(MOST / 2);
        assert!(backlog.is_full());
        backlog.clear();
        assert!(!backlog.is_full() && backlog.is_empty());
    }

    #[test]
    fn many_small_backlogs_are_full_together() {
        let all = Arc::new(AtomicUsize::new(MOST_OF_ALL));
        let mut backlog = Backlog::new(&all);
        backlog.push(piece(MOST / 16));
        assert!(!backlog.is_full(), "a little must go on");
        backlog.push(piece(1));
        assert!(backlog.is_full());
    }
}
