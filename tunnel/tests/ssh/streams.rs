//! Streams of the program's own over a real server, as discovery and doctor use them.

use std::net::Ipv4Addr;

use lictunnel::ssh::session::Refused;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::forwards::{Line, far};
#[cfg(target_os = "linux")]
use crate::forwards::{MEASURING, echo, resident};
use crate::sshd::LONG;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_streams_that_are_dropped_leave_nothing_behind() {
    const MANY: usize = 6_000;
    const ALLOWED: usize = 4 * 1024;
    let _alone = MEASURING.lock().await;
    let Some(line) = Line::new("").await else { return };
    let port = echo(&line.tasks).await;
    let use_some = async |count: usize| {
        for turn in 0..count {
            let mut stream = line.session.connect("127.0.0.1", port).await.unwrap();
            if turn % 2 == 0 {
                stream.write_all(&[1; 64]).await.unwrap();
                stream.read_exact(&mut [0; 64]).await.unwrap();
            }
            // What a stream leaves behind is one task until the server has closed its channel.
            drop(stream);
            while line.tasks.count() > 20 {
                line.session.ping(LONG).await.unwrap();
            }
        }
    };
    use_some(MANY / 10).await;
    let before = resident();
    use_some(MANY).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < ALLOWED, "{grown} KiB after {MANY} streams");
}

#[tokio::test]
async fn a_stream_carries_both_ways_and_its_end_too() {
    let Some(line) = Line::new("").await else { return };
    let port = far(&line.tasks, |mut stream| async move {
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        stream.write_all(&said).await.unwrap();
    })
    .await;
    let mut stream = line.session.connect("127.0.0.1", port).await.unwrap();
    let (mut heard, said) = (Vec::new(), vec![7; 300_000]);
    stream.write_all(&said).await.unwrap();
    stream.shutdown().await.unwrap();
    stream.read_to_end(&mut heard).await.unwrap();
    assert!(heard == said, "{} bytes", heard.len());
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    assert_eq!(line.session.connect("127.0.0.1", closed).await.unwrap_err(), Refused::ConnectFailed);
}

#[tokio::test]
async fn a_stream_that_nobody_reads_does_not_stop_the_session() {
    let Some(line) = Line::new("").await else { return };
    let flood =
        far(&line.tasks, |mut stream| async move { while stream.write_all(&[7; 65536]).await.is_ok() {} })
            .await;
    let stream = line.session.connect("127.0.0.1", flood).await.unwrap();
    for _ in 0..20 {
        line.session.ping(LONG).await.unwrap();
    }
    drop(stream);
}
