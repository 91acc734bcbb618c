//! How much room a disk has.

use std::path::Path;

/// Bytes that we may still write on the disk of this path; nothing where it cannot be told.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
