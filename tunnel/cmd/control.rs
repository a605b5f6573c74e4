//! What other processes say to a tunnel over its socket: one word, answered by one line of JSON.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::engine::{Board, Order};
use crate::tasks::Tasks;

/// The longest word, with its line end.
const LONGEST_WORD: u64 = 16;
/// The longest answer: 256 ports with 200 bytes each, and some names.
const LONGEST_ANSWER: u64 = 1 << 20;
/// How long one side waits for the other.
const DEADLINE: Duration = Duration::from_secs(5);

/// What a tunnel can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Only how it is.
    Status,
    /// To open its session anew.
    Kick,
    /// To end.
    Stop,
}

const WORDS: [(&str, Word); 3] = [("status", Word::Status), ("kick", Word::Kick), ("stop", Word::Stop)];

/// Serves the socket until the task is dropped.
pub(super) fn serve(
    listener: UnixListener,
    orders: mpsc::Sender<Order>,
    board: watch::Receiver<Board>,
    tasks: &Tasks,
) {
    let mine = tasks.clone();
    drop(tasks.spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(DEADLINE).await;
                continue;
            };
            let (orders, board) = (orders.clone(), board.clone());
            drop(mine.spawn(async move {
                if let Ok(Err(error)) | Err(error) =
                    timeout(DEADLINE, answer(stream, &orders, &board)).await.map_err(io::Error::from)
                {
                    tracing::debug!(%error, "a question over the socket got no answer");
                }
            }));
        }
    }));
}

async fn answer(
    stream: UnixStream,
    orders: &mpsc::Sender<Order>,
    board: &watch::Receiver<Board>,
) -> io::Result<()> {
    let (input, mut output) = stream.into_split();
    let mut line = String::new();
    BufReader::new(input.take(LONGEST_WORD)).read_line(&mut line).await?;
    let Some((_, word)) = WORDS.iter().find(|(text, _)| line.trim_end() == *text) else { return Ok(()) };
    match word {
        Word::Status => {}
        // A full queue holds the same orders already.
        Word::Kick => {
            orders.try_send(Order::Kick).ok();
        }
        Word::Stop => {
            orders.try_send(Order::Stop).ok();
        }
    }
    let mut json = serde_json::to_vec(&*board.borrow())?;
    json.push(b'\n');
    output.write_all(&json).await
}

/// Says a word to the tunnel at this socket, and gives how it is.
pub(super) async fn say(socket: &Path, word: Word) -> io::Result<Board> {
    let asked = async {
        let mut stream = UnixStream::connect(socket).await?;
        let text = WORDS.iter().find(|(_, known)| *known == word).map_or("", |(text, _)| text);
        stream.write_all(format!("{text}\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
        Ok(serde_json::from_slice(&answer)?)
    };
    timeout(DEADLINE, asked).await.map_err(io::Error::from)?
}
