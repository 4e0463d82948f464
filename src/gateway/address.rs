//! Where to listen.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// What stands before the path of a socket.
const UNIX: &str = "unix:";
/// The name that means this machine.
const LOCALHOST: &str = "localhost:";

/// An address to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A port. Names are not looked up: which address is opened should not depend on who answers.
    Tcp(SocketAddr),
    /// A socket that its owner alone may use.
    Unix(PathBuf),
}

impl Listen {
    /// Whether only programs of this machine reach it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix(UNIX) {
            Some("") => return Err("unix: is followed by a path".to_owned()),
            Some(path) => return Ok(Self::Unix(PathBuf::from(path))),
            None => {}
        }
        let port = text.strip_prefix(LOCALHOST).and_then(|port| port.parse().ok());
        match port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).or_else(|| text.parse().ok()) {
            Some(address) => Ok(Self::Tcp(address)),
            None => Err("it is no address and port, as 127.0.0.1:9777 or [::1]:9777, and no unix:PATH".to_owned()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(to, "http://{address}"),
            Self::Unix(path) => write!(to, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_sockets() {
        let local = |text: &str| text.parse::<Listen>().map(|listen| listen.is_local());
        for text in
            ["127.0.0.1:9777", "127.1.2.3:1", "[::1]:9777", "[::ffff:127.0.0.1]:9777", "localhost:0", "unix:/run/h"]
        {
            assert_eq!(local(text), Ok(true), "{text}");
        }
        for text in ["0.0.0.0:9777", "10.0.0.1:9777", "[::]:9777"] {
            assert_eq!(local(text), Ok(false), "{text}");
        }
        for text in ["", "9777", ":9777", "example.com:9777", "localhost", "localhost:x", "unix:", "127.0.0.1:99999"] {
            assert!(local(text).is_err(), "{text}");
        }
    }
}
