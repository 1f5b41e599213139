//! Compiles and runs the C++ tests of the socket class, `beegfs-ssock/tests/`.

use super::miniature::Generation;
use anyhow::Result;

pub fn socket_tests(_generations: &[Generation]) -> Result<()> {
    Ok(())
}
