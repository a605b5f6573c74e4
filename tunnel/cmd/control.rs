//! What other processes say to a tunnel over its channel: one word, answered by one line of JSON.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::system::{Listener, call};
use crate::engine::{Board, Order};
use crate::tasks::Tasks;

/// The longest word, with its line end.
const LONGEST_WORD: u64 = 16;
/// The longest answer: 64 ports with 200 bytes each, and some names.
const LONGEST_ANSWER: u64 = 1 << 20;
/// How long one side waits for the other.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long after a caller that could not be heard the next one is.
const PAUSE: Duration = Duration::from_millis(100);

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

/// Serves the channel until the tunnel has ended, which takes no orders then.
pub(super) fn serve(
    mut listener: Listener,
    orders: mpsc::Sender<Order>,
    board: watch::Receiver<Board>,
    tasks: &Tasks,
) {
    let mine = tasks.clone();
    drop(tasks.spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = orders.closed() => return,
            };
            let Ok(stream) = accepted else {
                sleep(PAUSE).await;
                continue;
            };
            let (orders, board) = (orders.clone(), board.clone());
            drop(mine.spawn(async move {
                if let Ok(Err(error)) | Err(error) =
                    timeout(DEADLINE, answer(stream, &orders, &board)).await.map_err(io::Error::from)
                {
                    tracing::debug!(%error, "a question over the channel got no answer");
                }
            }));
        }
    }));
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    orders: &mpsc::Sender<Order>,
    board: &watch::Receiver<Board>,
) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new((&mut stream).take(LONGEST_WORD)).read_line(&mut line).await?;
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
    let mut json = serde_json::to_vec(&board.borrow().now())?;
    json.push(b'\n');
    stream.write_all(&json).await
}

/// Says a word to the tunnel at the other end of this channel, and gives how it is.
pub(super) async fn say(channel: &Path, word: Word) -> io::Result<Board> {
    let asked = async {
        let mut stream = call(channel).await?;
        let text = WORDS.iter().find(|(_, known)| *known == word).map_or("", |(text, _)| text);
        stream.write_all(format!("{text}\n").as_bytes()).await?;
        let mut answer = Vec::new();
        BufReader::new(stream.take(LONGEST_ANSWER)).read_until(b'\n', &mut answer).await?;
        Ok(serde_json::from_slice(&answer)?)
    };
    timeout(DEADLINE, asked).await.map_err(io::Error::from)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_word_is_answered_and_handed_on_to_one_caller_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0a1b2c3d.sock");
        let (orders, mut received) = mpsc::channel(1);
        let (_shown, board) = watch::channel(Board { server: "lic1".into(), ..Board::default() });
        let tasks = Tasks::new();
        serve(Listener::bind(&path).unwrap(), orders, board, &tasks);
        for (word, order) in
            [(Word::Status, None), (Word::Kick, Some(Order::Kick)), (Word::Stop, Some(Order::Stop))]
        {
            assert_eq!(say(&path, word).await.unwrap().server, "lic1");
            assert_eq!(received.try_recv().ok(), order);
        }
        let mut stranger = call(&path).await.unwrap();
        stranger.write_all(b"a word that is much too long\n").await.unwrap();
        assert_eq!(stranger.read(&mut [0; 8]).await.unwrap_or(0), 0, "an unknown word gets no answer");
        tasks.drain(Duration::ZERO).await;
    }
}
