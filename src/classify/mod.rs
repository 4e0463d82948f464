//! What every thread and loop is doing now, with evidence.
