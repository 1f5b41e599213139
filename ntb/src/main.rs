//! `ntb`: what the NTB sockets of this machine do.

fn main() {}
