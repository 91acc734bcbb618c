//! What operators look at names only metrics that exist, and all of them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{Metrics, reason};

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: Value = serde_json::from_str(&file("ops/grafana/hartslag.json")).unwrap();
    let mut expressions = Vec::new();
    collect(&dashboard, "expr", &mut expressions);

    let used: BTreeSet<_> = expressions
        .iter()
        .flat_map(|text| metrics_in(text))
        .collect();
    let known = exported();

    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "not exported: {unknown:?}");
    let families: BTreeSet<_> = known.iter().map(|name| family(name)).collect();
    let shown: BTreeSet<_> = used.iter().map(|name| family(name)).collect();
    assert_eq!(shown, families);
}

#[test]
fn alarms_name_metrics_that_exist_and_are_explained() {
    let alerts = file("ops/prometheus/alerts.yaml");
    let explained = file("docs/operating.md");
    let known = exported();

    let unknown: Vec<_> = metrics_in(&alerts)
        .into_iter()
        .filter(|name| !known.contains(name))
        .collect();
    let names = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let silent: Vec<_> = names
        .clone()
        .filter(|name| !explained.contains(&format!("`{name}`")))
        .collect();

    assert!(names.count() > 10);
    assert!(unknown.is_empty(), "not exported: {unknown:?}");
    assert!(silent.is_empty(), "not in docs/operating.md: {silent:?}");
}

/// Every series that the server can show, as Prometheus names them.
fn exported() -> BTreeSet<String> {
    let metrics = Metrics::default();
    let reasons = [
        &metrics.updates,
        &metrics.closes,
        &metrics.ballots,
        &metrics.abandoned,
        &metrics.work_refused,
    ];
    for family in reasons {
        family.get_or_create(&reason("any")).inc();
    }
    metrics.count_request(200);
    metrics_in(&metrics.text()).into_iter().collect()
}

/// A metric without the endings of its series.
fn family(name: &str) -> String {
    let endings = ["_bucket", "_sum", "_count", "_total"];
    let ending = endings.iter().find_map(|ending| name.strip_suffix(ending));
    ending.unwrap_or(name).to_owned()
}

/// Words that name a metric; in the server's own text the lines that tell of one are passed over.
fn metrics_in(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| {
        line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
    });
    words
        .filter(|word| word.starts_with("hartslag_"))
        .map(str::to_owned)
        .collect()
}

fn collect(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key).and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, key, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, key, found)),
        _ => {}
    }
}

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join(path)).unwrap()
}
