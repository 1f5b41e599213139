//! What a person has done to the fabric: links taken down, nodes made away with, faults ordered.
//!
//! ```text
//! <dir>/control.toml       the state of all links and nodes, and the faults; replaced as a whole
//! <dir>/control.lock       held (flock) by whoever changes it
//! <dir>/fault-<number>     how often a fault was asked and how often it struck: words that all
//!                          processes share
//! ```
//!
//! A change is first a new file, then a word to each process that lives: it reads the file, does what
//! changed, and answers. A process that starts later reads the file after its door is open, so it
//! misses nothing. Whatever is killed in between leaves a whole file.

pub mod census;
pub mod fault;
pub mod push;
pub mod report;
pub mod state;
pub mod view;
