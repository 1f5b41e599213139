//! All commands and flags; their doc comments are the help text.

use clap::{Parser, Subcommand};

/// Builds, patches, tests and tries BeeGFS over NTB.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole path on the miniature BeeGFS tree: patch, compile, two daemons on two
    /// emulated NTB nodes, checksummed traffic over NTB and then over TCP.
    Demo(crate::demo::Args),
    /// Everything that CI runs.
    Test(crate::task_test::Args),
    /// Take an upstream BeeGFS tree to patched daemons: check, copy, patch, build, install.
    BuildBeegfs(crate::build::Args),
    /// Images for builds in containers, made without a registry (needs docker or podman, mmdebstrap).
    Image(crate::container::image::Args),
    /// Build twice in containers that differ in folders, time, user and parallelism, and compare
    /// every file byte by byte.
    Reproduce(crate::container::reproduce::Args),
    /// Check a result of a build in a container: checksums, manifest, bill of materials.
    VerifyDist(crate::container::verify::Args),
    /// Everything that is pinned, in pins.toml: releases of BeeGFS, toolchain, tools, base images.
    Pins(crate::pins::Args),
    /// Check which structural edits fit a tree, or apply them to a copy.
    Patch(crate::patch::Args),
    /// For each release of a git directory: do the edits fit, does the patched tree build, do
    /// upstream's unit tests give what they give unpatched, does a small cluster work?
    VerifyBeegfs(crate::verify::Args),
    /// A cluster of patched daemons on this machine: network namespaces as hosts, each an
    /// emulated NTB node (needs root).
    Cluster(crate::cluster::Args),
    /// NTB for daemons of installed packages, without patching them: build, check, install.
    Plugin(crate::stock::Args),
    /// Attack the transport: its shared memory, its control channel, its handshake (needs cargo-fuzz).
    Fuzz(crate::fuzz::Args),
    /// Headers, bindings and libraries of the SISCI interface.
    #[command(subcommand)]
    Sisci(crate::sisci::Sisci),
    /// The C API: its header, and its installation for C and C++ programs.
    #[command(subcommand)]
    Capi(crate::capi::Capi),
    /// Run the tests of several threads and processes under the address and the thread sanitizer.
    Sanitize(crate::sanitize::Args),
}
