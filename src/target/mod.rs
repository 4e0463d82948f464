//! Which processes are meant.
