//! Yjs under Node, which must come to the same as yrs.

use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};

/// A Node process that loads every case.
pub(crate) struct Yjs {
    child: Child,
    input: BufWriter<ChildStdin>,
}

/// The admitted updates of a case, each with what can be read after it.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) steps: Vec<(Vec<u8>, String)>,
}

impl Yjs {
    /// Needs the npm packages of `tests`.
    pub(crate) fn start() -> std::io::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/fuzz-yjs.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            child,
            input: BufWriter::new(input),
        })
    }

    /// Hands in a case, and the state that all of it comes to.
    pub(crate) fn compare(&mut self, seed: u64, case: &Case, state: &[u8]) -> std::io::Result<()> {
        let steps: Vec<Value> = case
            .steps
            .iter()
            .map(|(update, content)| json!([BASE64.encode(update), content]))
            .collect();
        let line = json!({ "seed": seed, "steps": steps, "state": BASE64.encode(state) });
        writeln!(self.input, "{line}")
    }

    /// What Node says of all cases; `Err` when one differed.
    pub(crate) fn finish(self) -> std::io::Result<Result<String, String>> {
        let Self { mut child, input } = self;
        drop(
            input
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?,
        );
        let mut said = String::new();
        if let Some(mut output) = child.stdout.take() {
            output.read_to_string(&mut said)?;
        }
        let is_equal = child.wait()?.success();
        Ok(if is_equal { Ok(said) } else { Err(said) })
    }
}
