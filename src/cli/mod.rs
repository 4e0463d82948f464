//! From words to requests.
