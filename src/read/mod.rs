//! From a session to a snapshot.
