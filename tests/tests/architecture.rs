//! Who may know whom: what no part of the product may mention.

use std::fs;
use std::path::{Path, PathBuf};

/// A part of the product, and what its code must not mention.
const RULES: &[(&str, &[&str])] = &[
    (
        "protocol/src",
        &[
            "tokio",
            "async fn",
            "std::net",
            "std::fs",
            "SystemTime",
            "axum",
        ],
    ),
    (
        "protocol/src/gate",
        &["yrs", "crate::board", "crate::workshop"],
    ),
    ("protocol/src/wire", &["yrs", "crate::board"]),
    ("protocol/src/workshop", &["yrs", "crate::board"]),
    (
        "server/src/room",
        &[
            "crate::http",
            "crate::connection",
            "axum",
            "rusqlite",
            "redis::",
        ],
    ),
    (
        "server/src/room/state.rs",
        &["tokio", "async fn", "crate::log::sqlite", "SystemTime"],
    ),
    (
        "server/src/room/presence",
        &["tokio", "async fn", "SystemTime"],
    ),
    ("server/src/room/document.rs", &["tokio", "async fn"]),
    (
        "server/src/connection",
        &["crate::http", "crate::log", "yrs", "StatusCode"],
    ),
    (
        "server/src/log",
        &[
            "crate::http",
            "crate::connection",
            "crate::room",
            "axum",
            "yrs",
        ],
    ),
    (
        "server/src/access",
        &[
            "crate::http",
            "crate::connection",
            "crate::room",
            "axum",
            "yrs",
        ],
    ),
    (
        "server/src/work",
        &[
            "crate::http",
            "crate::connection",
            "crate::room",
            "axum",
            "yrs",
        ],
    ),
    ("server/src/work/seats.rs", &["tokio", "async fn", "clock"]),
    (
        "server/src/export",
        &["crate::http", "crate::connection", "axum"],
    ),
];

#[test]
fn every_module_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut broken = Vec::new();
    for (part, forbidden) in RULES {
        let files = rust_files(&root.join(part));
        assert!(!files.is_empty(), "{part} has no files: mend the rule");
        let product: Vec<_> = files.iter().filter(|file| !is_test(file)).collect();
        for file in product {
            broken.extend(mentions(file, forbidden));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Lines of the file, its tests aside, that mention a forbidden word in code.
fn mentions(file: &Path, forbidden: &[&str]) -> Vec<String> {
    let source = fs::read_to_string(file).expect("a source file is text");
    let code = source
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    (1..)
        .zip(code.lines())
        .filter_map(|(number, line)| {
            let code = line.split("//").next().unwrap_or_default();
            let word = forbidden.iter().find(|&&word| code.contains(word))?;
            Some(format!("{}:{number} mentions {word}", file.display()))
        })
        .collect()
}

/// Whether the file, or a folder that it is in, is a module that only tests have.
fn is_test(file: &Path) -> bool {
    let is_declared_for_tests = |module: &Path| {
        let (Some(name), Some(folder)) = (module.file_stem(), module.parent()) else {
            return false;
        };
        let name = name.to_string_lossy();
        let beside = folder.with_extension("rs");
        let parents = [folder.join("mod.rs"), folder.join("lib.rs"), beside];
        parents
            .iter()
            .filter_map(|parent| fs::read_to_string(parent).ok())
            .any(|source| {
                ["mod", "pub mod", "pub(crate) mod", "pub(super) mod"]
                    .iter()
                    .any(|declared| source.contains(&format!("#[cfg(test)]\n{declared} {name};")))
            })
    };
    file.ancestors().take(4).any(is_declared_for_tests)
}

fn rust_files(part: &Path) -> Vec<PathBuf> {
    if part.is_file() {
        return vec![part.to_owned()];
    }
    let Ok(entries) = fs::read_dir(part) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("a folder can be read").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}
