//! The other side of a wait as the contract has it: names and addresses as they are read.

use serde::{Deserialize, Serialize};

use crate::aggregate::{self, Place};
use crate::words;

/// The other side of the wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SecondParty {
    /// The far end of a socket.
    Peer {
        /// `10.0.3.7:5432`
        address: String,
        /// `postgresql`, from the port; `None` when the port says nothing.
        service: Option<String>,
    },
    /// Who holds what is waited for.
    Holder {
        /// A thread or task in words.
        holder: String,
        /// Its stack, innermost first.
        stack: Vec<Place>,
    },
    /// A child process.
    Child {
        /// Its pid.
        pid: u32,
        /// Its name.
        name: String,
        /// Its state letter.
        state: char,
    },
    /// A file, pipe or device.
    File {
        /// Its path or description.
        path: String,
        /// The process at the other end or that holds the lock, in words.
        held_by: Option<String>,
    },
    /// A pool, control group or limit.
    Resource {
        /// Which.
        name: String,
    },
    /// Nobody.
    None,
}

impl From<&aggregate::SecondParty> for SecondParty {
    fn from(party: &aggregate::SecondParty) -> Self {
        match party {
            aggregate::SecondParty::Peer { address, service } => {
                Self::Peer { address: address.clone(), service: service.clone() }
            }
            aggregate::SecondParty::Holder { holder, stack } => {
                Self::Holder { holder: words::holder(holder), stack: stack.clone() }
            }
            aggregate::SecondParty::Child { pid, name, state } => {
                Self::Child { pid: *pid, name: name.clone(), state: *state }
            }
            aggregate::SecondParty::File { file, held_by } => {
                Self::File { path: words::opened(file), held_by: words::held_by(held_by) }
            }
            aggregate::SecondParty::Resource { resource } => Self::Resource { name: words::resource(resource) },
            aggregate::SecondParty::None => Self::None,
        }
    }
}
