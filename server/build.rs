//! Lets the server be built again when the web client was, and without it when it was not yet.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web-client/dist");
    // Cargo takes a missing path for a changed one, and would build anew each time.
    std::fs::create_dir_all(&client)?;
    println!("cargo::rerun-if-changed={}", client.display());
    Ok(())
}
