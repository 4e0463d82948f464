//! From a pid to a session that can be read.
