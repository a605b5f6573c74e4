//! A peer that keeps to the protocol only as far as it likes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use licgate_core::host::HostFacts;
use licgate_core::wire::{ClientMsg, Decoder, Hello, PROTOCOL, ServerMsg, encode, limit};
use licgate_machine::facts;
use rustls::{ClientConnection, StreamOwned};

use super::process::PATIENCE;

/// A connection that has gone through a proper TLS handshake.
#[derive(Debug)]
pub struct Peer {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

impl Peer {
    /// A bare TCP connection to a daemon of this machine; reads and writes end after [`PATIENCE`].
    pub fn dial(port: u16) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the daemon listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream
    }

    /// The first bytes of a handshake.
    pub fn client_hello() -> Vec<u8> {
        let mut bytes = Vec::new();
        tls().write_tls(&mut bytes).expect("a vector takes everything");
        bytes
    }

    /// Shakes hands.
    pub fn connect(port: u16) -> Self {
        let mut stream = StreamOwned::new(tls(), Self::dial(port));
        stream.conn.complete_io(&mut stream.sock).expect("the daemon shakes hands");
        Self { stream }
    }

    /// Shakes hands and introduces itself, but does not wait for the welcome.
    pub fn introduced(port: u16) -> Self {
        let mut peer = Self::connect(port);
        let hello = Hello {
            protocol: PROTOCOL,
            program: "peer".into(),
            holder: facts::holder(),
            machine: HostFacts::default(),
            platform: facts::platform().into(),
        };
        peer.say(&ClientMsg::Hello(hello)).expect("the daemon listens");
        peer
    }

    /// Says something that makes sense, perhaps not at this point.
    pub fn say(&mut self, message: &ClientMsg) -> io::Result<()> {
        let mut frame = Vec::new();
        encode(message, &mut frame).expect("a message fits into its frame");
        self.send(&frame)
    }

    /// Sends bytes as they are, sealed. What the daemon says meanwhile is not read.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.conn.writer().write_all(bytes)?;
        while self.stream.conn.wants_write() {
            self.stream.conn.write_tls(&mut self.stream.sock)?;
        }
        Ok(())
    }

    /// Says that it will say nothing more.
    pub fn half_close(&mut self) {
        self.stream.conn.send_close_notify();
        drop(self.send(&[]));
        self.stream.sock.shutdown(Shutdown::Write).expect("the socket is open");
    }

    /// Everything that the daemon says until it hangs up, which it has to do in time.
    pub fn hear_out(mut self) -> Vec<ServerMsg> {
        let mut decoder = Decoder::new(limit::FRAME);
        decoder.feed(&hear_out(&mut self.stream));
        std::iter::from_fn(|| decoder.next().expect("the daemon speaks properly")).collect()
    }
}

/// All bytes until the daemon hangs up, in whatever way.
pub fn hear_out(stream: &mut impl Read) -> Vec<u8> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return heard,
            Ok(count) => heard.extend_from_slice(&buffer[..count]),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => panic!("the daemon does not hang up"),
                _ => return heard,
            },
        }
    }
}

fn tls() -> ClientConnection {
    let config = licgate_tls::client_config().expect("TLS 1.3 is there");
    ClientConnection::new(config, licgate_tls::server_name()).expect("the configuration is sound")
}
