//! Building in containers: images, hermetic builds, their comparison, and packages.
//! See `docs/containers.md`.

mod apt;
mod engine;
pub mod image;
mod lock;
mod machine;
mod stage;
mod toolchain;

pub use engine::Engine;
