//! The application's own log of what it did and when: the other half of the evidence that a report is judged by.

use serde::{Deserialize, Serialize};

/// One line of the log. Times are seconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Line {
    /// The server accepts connections.
    Ready { at: f64, thread: u32, pid: u32 },
    /// A harmless situation is under way.
    Running { name: String, at: f64, thread: u32, pid: u32 },
    /// A blocking call is about to be made.
    Begin { name: String, at: f64, thread: u32, pid: u32 },
    /// It came back.
    End { name: String, at: f64, thread: u32, pid: u32 },
    /// The address of the other side.
    Peer { address: String },
}

/// A blocking call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Block {
    /// The process it was made in.
    pub(crate) pid: u32,
    /// The thread it was made on.
    pub(crate) thread: u32,
    /// What the application calls it.
    pub(crate) name: String,
    /// When it began.
    pub(crate) begin: f64,
    /// When it ended; `None` when it never did.
    pub(crate) end: Option<f64>,
}

/// What a log says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Witness {
    /// Blocking calls, in the order in which they began. A call inside another on the same thread belongs to the outer one.
    pub(crate) blocks: Vec<Block>,
    /// Processes that said they serve.
    pub(crate) serving: Vec<u32>,
    /// When each of them said it.
    pub(crate) since: Vec<f64>,
    /// Processes that said that a situation is under way which is no single call.
    #[serde(default)]
    pub(crate) running: Vec<u32>,
    /// Addresses of other sides.
    pub(crate) peers: Vec<String>,
}

impl Witness {
    /// Reads a log. A last line without an end of line was being written when the application was killed.
    pub(crate) fn parse(log: &str) -> Result<Self, String> {
        let mut witness = Self::default();
        let mut open: Vec<(Block, usize)> = Vec::new();
        for line in log.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let parsed = serde_json::from_str(line).map_err(|error| format!("witness log: {error} in {line:?}"))?;
            match parsed {
                Line::Peer { address } => witness.peers.push(address),
                Line::Ready { pid, at, .. } => {
                    witness.serving.push(pid);
                    witness.since.push(at);
                }
                Line::Running { pid, .. } => witness.running.push(pid),
                Line::Begin { name, at, thread, pid } => {
                    match open.iter_mut().find(|(block, _)| block.pid == pid && block.thread == thread) {
                        Some((_, depth)) => *depth += 1,
                        None => open.push((Block { pid, thread, name, begin: at, end: None }, 0)),
                    }
                }
                Line::End { at, thread, pid, .. } => {
                    let found = open.iter().position(|(block, _)| block.pid == pid && block.thread == thread);
                    let Some(index) = found else {
                        return Err(format!("witness log: an end without a begin: {line:?}"));
                    };
                    if open[index].1 > 0 {
                        open[index].1 -= 1;
                    } else {
                        let (block, _) = open.remove(index);
                        witness.blocks.push(Block { end: Some(at), ..block });
                    }
                }
            }
        }
        witness.blocks.extend(open.into_iter().map(|(block, _)| block));
        witness.blocks.sort_by(|left, right| left.begin.total_cmp(&right.begin));
        Ok(witness)
    }
}
