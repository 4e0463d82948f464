//! From words to requests.
//!
//! [`Arguments`] is the command line as clap reads it; [`Arguments::request`] turns it into a [`Request`], which carries
//! itself out through the `drive` room. Nothing else is done here.

mod arguments;
mod request;

pub use arguments::{Arguments, ColorChoice, FormatChoice, ThreadsChoice, Verb};
pub use request::{Request, explain};
