//! Everything about the repository that takes more than one command.
fn main() {}
