//! Golden files: what the Rust and the TypeScript tests both hold themselves to.

use std::path::Path;

/// Compares what was generated with the fixture in the tree, writes it where it differs, and
/// fails then: a change is committed with its fixture.
pub(crate) fn check(name: &str, generated: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut generated = serde_json::to_string_pretty(generated).unwrap();
    generated.push('\n');

    if generated != committed {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }

    assert!(
        generated == committed,
        "rewrote {}; commit it",
        path.display()
    );
}
