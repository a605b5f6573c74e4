//! A recording proxy: it stands between a client and a licence host as a tunnel would, and counts what passes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A proxy for one port.
#[derive(Debug)]
pub struct Proxy {
    connections: Arc<Mutex<Vec<Connection>>>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

/// What one connection carried.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Bytes from the client.
    pub up: u64,
    /// Bytes from the server.
    pub down: u64,
}

impl Proxy {
    /// Listens on `near` and passes every connection on to `far`, until the test ends.
    pub fn between(near: SocketAddr, far: SocketAddr) -> Self {
        let listener =
            TcpListener::bind(near).unwrap_or_else(|error| panic!("cannot listen on {near}: {error}"));
        let proxy = Self { connections: Arc::default(), streams: Arc::default() };
        let (connections, streams) = (Arc::clone(&proxy.connections), Arc::clone(&proxy.streams));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(far) else { continue };
                let index = {
                    let mut connections = lock(&connections);
                    connections.push(Connection::default());
                    connections.len() - 1
                };
                lock(&streams)
                    .extend([&client, &server].map(|stream| stream.try_clone().expect("a socket clones")));
                let ends = (
                    client.try_clone().expect("a socket clones"),
                    server.try_clone().expect("a socket clones"),
                );
                let (up, down) = (Arc::clone(&connections), Arc::clone(&connections));
                thread::spawn(move || pass(client, ends.1, |bytes| lock(&up)[index].up += bytes));
                thread::spawn(move || pass(server, ends.0, |bytes| lock(&down)[index].down += bytes));
            }
        });
        proxy
    }

    /// What has passed so far, connection by connection.
    pub fn connections(&self) -> Vec<Connection> {
        lock(&self.connections).clone()
    }

    /// Cuts all connections that stand.
    pub fn cut(&self) {
        for stream in lock(&self.streams).drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: impl Fn(u64)) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return to.shutdown(Shutdown::Write);
        }
        count(length as u64);
        to.write_all(&buffer[..length])?;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
