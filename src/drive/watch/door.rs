//! Where alerts and requests come in, in the user's words.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::desk::Desk;
use crate::error::{Error, Result};
use crate::gateway::{Access, Gateway, Listen, Secret};

/// Where to listen, and what a client must know.
#[derive(Clone, Debug)]
pub struct Door {
    /// The address.
    pub listen: Listen,
    /// A file with the token that every request must bear.
    pub token: Option<PathBuf>,
    /// A file with the secret that Grafana signs notifications with.
    pub secret: Option<PathBuf>,
}

impl Door {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// When a file cannot be used, and as [`Gateway::open`].
    pub(super) fn open(&self, desk: Arc<Desk>) -> Result<Gateway> {
        let access = Access { token: read(self.token.as_deref())?, secret: read(self.secret.as_deref())? };
        Gateway::open(&self.listen, access, desk)
    }
}

fn read(path: Option<&Path>) -> Result<Option<Secret>> {
    let Some(path) = path else { return Ok(None) };
    Secret::read(path).map(Some).map_err(|reason| Error::Usage {
        message: format!("{} cannot be used: {reason}", path.display()),
        hint: Some(format!("make a new one: (umask 077; openssl rand -hex 32 > {})", path.display())),
    })
}
