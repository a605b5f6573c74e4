//! One connection of the fake licence host: frames over TLS, written from any thread.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use licgate_core::wire::{ClientMsg, Decoder, ServerMsg, encode, limit};
use rustls::{ServerConfig, ServerConnection};

pub(crate) struct Line {
    stream: TcpStream,
    ends: Mutex<(ServerConnection, Decoder)>,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, config: Arc<ServerConfig>) -> Self {
        let tls = ServerConnection::new(config).unwrap();
        Self { stream, ends: Mutex::new((tls, Decoder::new(limit::FRAME))) }
    }

    pub(crate) fn send(&self, message: &ServerMsg) {
        let mut frame = Vec::new();
        encode(message, &mut frame).unwrap();
        let (tls, _) = &mut *self.ends.lock().unwrap();
        tls.writer().write_all(&frame).unwrap();
        // The client may have gone.
        flush(&self.stream, tls).ok();
    }

    /// The next message; `None` when the client has gone.
    pub(crate) fn receive(&self) -> Option<ClientMsg> {
        let mut bytes = [0; 4096];
        loop {
            if let Some(message) = self.ends.lock().unwrap().1.next().ok()? {
                return Some(message);
            }
            let count = (&self.stream).read(&mut bytes).ok().filter(|count| *count > 0)?;
            let (tls, decoder) = &mut *self.ends.lock().unwrap();
            let mut rest = &bytes[..count];
            while !rest.is_empty() {
                tls.read_tls(&mut rest).ok()?;
                let state = tls.process_new_packets().ok()?;
                let mut plain = vec![0; state.plaintext_bytes_to_read()];
                tls.reader().read_exact(&mut plain).unwrap();
                decoder.feed(&plain);
            }
            flush(&self.stream, tls).ok()?;
        }
    }

    pub(crate) fn cut(&self) {
        self.stream.shutdown(Shutdown::Both).ok();
    }
}

fn flush(mut stream: &TcpStream, tls: &mut ServerConnection) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(&mut stream)?;
    }
    Ok(())
}
