//! What a client must know: a bearer token, or the key that a notification is signed with.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use nix::fcntl::OFlag;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A shorter one can be guessed.
const SHORTEST: usize = 16;
/// A longer file is something else.
const LONGEST: u64 = 4096;
/// Rights of others to read, and of anybody but the owner to write. A group may read: that is how a pod is given a secret.
const TOO_OPEN: u32 = 0o026;
/// Digits of a signature in hexadecimal.
const DIGITS: usize = 64;

/// Bytes that are compared in constant time and never shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Secret")
    }
}

impl Secret {
    /// Reads it from a file, without the white space around it.
    ///
    /// # Errors
    ///
    /// In words, when there is no such file, when others may read or change it, and when it is too short.
    pub fn read(path: &Path) -> Result<Self, String> {
        // A FIFO would keep us waiting.
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let file =
            OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).map_err(|error| error.to_string())?;
        let data = file.metadata().map_err(|error| error.to_string())?;
        if !data.is_file() || data.len() > LONGEST {
            return Err("it is no file with a short text".to_owned());
        }
        if data.mode() & TOO_OPEN != 0 {
            return Err(format!("others may read or change it (mode {:03o})", data.mode() & 0o777));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        let bytes = bytes.trim_ascii();
        if bytes.len() < SHORTEST {
            return Err(format!("it has fewer than {SHORTEST} bytes"));
        }
        Ok(Self(bytes.to_vec()))
    }

    /// Whether this is it. How long that takes tells its length and nothing else.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        self.0.as_slice().ct_eq(given).into()
    }

    /// Whether the parts, one after the other, were signed with it: HMAC-SHA256, in hexadecimal.
    pub(super) fn has_signed(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let Ok(mut code) = Hmac::<Sha256>::new_from_slice(&self.0) else { return false };
        parts.iter().for_each(|part| code.update(part));
        bytes_of(signature).is_some_and(|signature| code.verify_slice(&signature).is_ok())
    }
}

fn bytes_of(hexadecimal: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(hexadecimal).ok().filter(|text| text.len() == DIGITS && text.is_ascii())?;
    (0..DIGITS).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_that_others_may_read_or_that_is_too_short_is_none() {
        let path = std::env::temp_dir().join(format!("hangspy-secret-{}", std::process::id()));
        let read = |mode, text: &str| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Secret::read(&path)
        };
        let secret = read(0o600, " 0123456789abcdef\n").unwrap();
        assert!(secret.is(b"0123456789abcdef") && !secret.is(b"0123456789abcdeF") && !secret.is(b""));
        assert_eq!(format!("{secret:?}"), "Secret");
        assert!(read(0o640, "0123456789abcdef").is_ok(), "as in a pod");
        assert_eq!(read(0o644, "0123456789abcdef").unwrap_err(), "others may read or change it (mode 644)");
        assert!(read(0o620, "0123456789abcdef").unwrap_err().contains("change"));
        assert!(read(0o600, "short").unwrap_err().contains("16 bytes"));
        assert!(read(0o600, &"x".repeat(5000)).unwrap_err().contains("short text"));
        fs::remove_file(&path).unwrap();
        assert!(Secret::read(&path).is_err());
        assert!(Secret::read(Path::new("/")).is_err());
    }

    #[test]
    fn signatures_are_those_of_rfc_4231() {
        let key = Secret(b"Jefe".to_vec());
        let signature = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(key.has_signed(&[b"what do ya want ", b"for nothing?"], signature));
        assert!(!key.has_signed(&[b"what do ya want for nothing!"], signature));
        for wrong in [&b""[..], b"5bdc", &[b'x'; 64], &[0xff; 64]] {
            assert!(!key.has_signed(&[b"what do ya want for nothing?"], wrong));
        }
    }
}
