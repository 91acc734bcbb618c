//! `hartslag doctor`: looks at what the promises rest on, and says what to do where they do not
//! hold.

mod machine;
mod proxy;
mod redis;
mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::config::DoctorConfig;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, worse.
    Warning,
    /// A promise does not hold, or the server will not run.
    Error,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Every check that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Examination {
    /// The worst of them.
    pub verdict: Verdict,
    /// All, in the order in which they were made.
    pub findings: Vec<Finding>,
}

impl Finding {
    fn ok(check: &'static str, seen: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Ok,
            seen: seen.into(),
            advice: None,
        }
    }

    fn warning(check: &'static str, seen: impl Into<String>, advice: &str) -> Self {
        Self {
            verdict: Verdict::Warning,
            advice: Some(advice.to_owned()),
            ..Self::ok(check, seen)
        }
    }

    fn error(check: &'static str, seen: impl Into<String>, advice: &str) -> Self {
        Self {
            verdict: Verdict::Error,
            ..Self::warning(check, seen, advice)
        }
    }
}

impl From<Vec<Finding>> for Examination {
    fn from(findings: Vec<Finding>) -> Self {
        let worst = findings.iter().map(|finding| finding.verdict).max();
        Self {
            verdict: worst.unwrap_or(Verdict::Ok),
            findings,
        }
    }
}

impl fmt::Display for Examination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let word = match finding.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Error => "error",
            };
            writeln!(formatter, "{word:<9}{}: {}", finding.check, finding.seen)?;
            if let Some(advice) = &finding.advice {
                writeln!(formatter, "         → {advice}")?;
            }
        }
        Ok(())
    }
}

/// Makes every check. A running server is not disturbed.
pub async fn examine(config: &DoctorConfig) -> Examination {
    let mut findings = Vec::new();
    match &config.store.redis_url {
        Some(url) => findings.extend(redis::examine(url).await),
        None => findings.extend(sqlite::examine(&config.store.data).await),
    }
    findings.push(machine::clock());
    findings.push(machine::open_files());
    if let Some(url) = &config.public_url {
        findings.extend(proxy::examine(url).await);
    }
    findings.into()
}
