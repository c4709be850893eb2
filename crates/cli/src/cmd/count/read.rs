//! The reading side of `count`: blocks of bytes, as they come, from a thread of its own.
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Instant;

const BLOCK_BYTES: usize = 64 << 10;
/// Blocks that are read ahead; more would only be more lines to lose.
const BLOCKS_AHEAD: usize = 2;

/// What the reading thread has to say.
pub(super) enum Message {
    /// The next bytes of the file.
    Block(Block),
    /// The file has ended; a line that has not is complete.
    EndOfFile,
    /// The file ended early, or never began: why.
    Unreadable(String),
}

/// A block of bytes that were read.
pub(super) struct Block {
    buffer: Vec<u8>,
    length: usize,
}

impl Block {
    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// The thread that reads, seen from the one that counts.
pub(super) struct Reader {
    messages: Receiver<Message>,
    used: Sender<Vec<u8>>,
}

impl Reader {
    /// Starts to read the files, one after the other; none is the standard input.
    pub(super) fn start(mut files: Vec<PathBuf>) -> Self {
        if files.is_empty() {
            files.push(PathBuf::from("-"));
        }
        let (sender, messages) = sync_channel(BLOCKS_AHEAD);
        let (used, buffers) = channel();
        // Nobody joins the thread: when counting fails it may be in a read that never ends, and the process goes.
        thread::spawn(move || {
            for file in files {
                let last = match read_file(&file, &sender, &buffers) {
                    Ok(()) => Message::EndOfFile,
                    Err(error) => Message::Unreadable(format!("{}: {error}", file.display())),
                };
                if sender.send(last).is_err() {
                    return;
                }
            }
        });
        Self { messages, used }
    }

    /// The next message; `Timeout` if there is none at `due`, `Disconnected` after the last.
    pub(super) fn receive(&self, due: Option<Instant>) -> Result<Message, RecvTimeoutError> {
        match due {
            None => self.messages.recv().map_err(RecvTimeoutError::from),
            Some(due) => self
                .messages
                .recv_timeout(due.saturating_duration_since(Instant::now())),
        }
    }

    /// Gives the memory of a block back to the reading thread.
    pub(super) fn give_back(&self, block: Block) {
        // After its last block the thread needs no more.
        let _ = self.used.send(block.buffer);
    }
}

fn read_file(
    path: &Path,
    sender: &SyncSender<Message>,
    buffers: &Receiver<Vec<u8>>,
) -> io::Result<()> {
    if path == Path::new("-") {
        return read_blocks(io::stdin().lock(), sender, buffers);
    }
    read_blocks(File::open(path)?, sender, buffers)
}

fn read_blocks(
    mut input: impl Read,
    sender: &SyncSender<Message>,
    buffers: &Receiver<Vec<u8>>,
) -> io::Result<()> {
    loop {
        let mut buffer = buffers.try_recv().unwrap_or_else(|_| vec![0; BLOCK_BYTES]);
        let length = match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if sender
            .send(Message::Block(Block { buffer, length }))
            .is_err()
        {
            // The counting side has failed; it says why.
            return Ok(());
        }
    }
}
