//! The channel against real servers on this machine.

mod balance;
mod deadline;
mod limits;
mod local;
mod passing;
mod replica;
mod retry;
mod security;
