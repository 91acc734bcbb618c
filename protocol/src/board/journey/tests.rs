use serde_json::{Value, json};

use super::*;
use crate::board::samples;
use crate::limits::{JOURNEY_BYTES, JOURNEY_VALUES};

#[test]
fn x1_each_sample_is_valid_and_written_as_it_came() {
    for slug in samples::SLUGS {
        let file = samples::file(slug);

        let journey = Journey::parse(&file).unwrap();

        assert_eq!(journey.to_json().as_bytes(), file, "{slug}");
    }
}

/// Each rule of `samples/README.md`, broken: which change, to what, where it shows, and how.
const BROKEN: [(&str, &str, &str, &str); 15] = [
    ("/heartbeat", "[1, -1]", "/heartbeat", "is not stored"),
    (
        "/phases/0/desired/heartbeat",
        "[1]",
        "/phases/0/desired/heartbeat",
        "is not stored",
    ),
    (
        "/phases/0/desired/touchpoints/0/ref",
        r#""f2t1""#,
        "/phases/0/desired/touchpoints/0/ref",
        "same phase",
    ),
    (
        "/phases/0/desired/touchpoints/0/ref",
        r#""f1t2""#,
        "/phases/0/desired/touchpoints/1/ref",
        "twice",
    ),
    (
        "/phases/0/desired/touchpoints/1/score",
        "2",
        "/phases/0/desired/touchpoints/1/score",
        "keeps the score",
    ),
    (
        "/phases/0/desired/touchpoints/0/score",
        "null",
        "/phases/0/desired/touchpoints/0/score",
        "\"remove\" only",
    ),
    (
        "/phases/0/metrics/0/target",
        "70",
        "/phases/0/metrics/0/target",
        "higher than the baseline (70)",
    ),
    ("/workshop/votesPerParticipant", "1", "/ideas", "at most 10"),
    ("/ideas/7/votes", "11", "/ideas/7/votes", "at most 10"),
    (
        "/ideas/7/status",
        r#""selected""#,
        "/ideas/7/status",
        "ideaIds",
    ),
    (
        "/actions/0/ideaIds/1",
        r#""i99""#,
        "/actions/0/ideaIds/1",
        "not the id of an idea",
    ),
    (
        "/brief/interviews/to",
        r#""2026-10-06""#,
        "/brief/interviews/to",
        "before the workshop",
    ),
    (
        "/actions/0/startDate",
        r#""2026-10-05""#,
        "/actions/0/startDate",
        "workshop day",
    ),
    (
        "/actions/0/startDate",
        r#""2026-11-23""#,
        "/actions/0/startDate",
        "at the latest",
    ),
    (
        "/actions/0/status",
        r#""planned""#,
        "/actions/0/startDate",
        "must start after",
    ),
];

#[test]
fn each_rule_broken_once_gives_that_fault_alone() {
    for (change, value, pointer, says) in BROKEN {
        let value: Value = serde_json::from_str(value).unwrap();
        let mut file: Value = serde_json::from_slice(&samples::file("koffiebar-openen")).unwrap();
        put(&mut file, change, value);
        if change == "/ideas/7/votes" {
            // Room for them within what all may give together.
            file["ideas"][0]["votes"] = json!(0);
            file["ideas"][1]["votes"] = json!(0);
        }
        if change.ends_with("/ref") {
            // The touchpoint that lost its ref is another fault; see the next test.
            file["phases"][0]["touchpoints"][0]["id"] = json!("f1t9");
            file["phases"][0]["desired"]["touchpoints"].as_array_mut().unwrap().push(json!({
                "ref": "f1t9", "title": "Zoekt", "channel": "phone", "score": 2, "change": "improve"
            }));
            file["ideas"][5]["touchpointId"] = json!("f1t9");
        }

        let faults = Journey::from_value(file).unwrap_err();

        assert_eq!(places(&faults), [pointer], "{change}: {faults:?}");
        assert!(faults[0].detail.contains(says), "{change}: {faults:?}");
    }
}

#[test]
fn rule_3_a_current_touchpoint_without_a_desired_one_is_a_fault() {
    let mut file: Value = serde_json::from_slice(&samples::file("trouwen")).unwrap();
    let desired = file.pointer_mut("/phases/1/desired/touchpoints").unwrap();
    desired.as_array_mut().unwrap().remove(0);

    let faults = Journey::from_value(file).unwrap_err();

    assert_eq!(places(&faults), ["/phases/1/touchpoints/0/id"]);
}

#[test]
fn rule_3_a_new_touchpoint_alone_has_no_ref() {
    let mut file: Value = serde_json::from_slice(&samples::file("trouwen")).unwrap();
    file["phases"][2]["desired"]["touchpoints"][2]["change"] = json!("improve");

    let faults = Journey::from_value(file).unwrap_err();

    assert_eq!(places(&faults), ["/phases/2/desired/touchpoints/2/ref"]);
}

#[test]
fn rules_4_and_9_speak_of_all_phases() {
    let mut worse: Value = serde_json::from_slice(&samples::file("verhuizen")).unwrap();
    let mut unmarked = worse.clone();
    for phase in worse["phases"].as_array_mut().unwrap() {
        for touchpoint in phase["desired"]["touchpoints"].as_array_mut().unwrap() {
            let remains = touchpoint["change"] == "keep" || touchpoint["score"].is_null();
            if !remains {
                touchpoint["score"] = json!(-2);
            }
        }
    }
    for phase in unmarked["phases"].as_array_mut().unwrap() {
        for touchpoint in phase["touchpoints"].as_array_mut().unwrap() {
            touchpoint["momentOfTruth"] = json!(false);
        }
    }

    let worse = Journey::from_value(worse).unwrap_err();
    let unmarked = Journey::from_value(unmarked).unwrap_err();

    assert_eq!(places(&worse), ["/phases"]);
    assert!(worse[0].detail.contains("mean"));
    assert_eq!(places(&unmarked), ["/phases"]);
    assert!(unmarked[0].detail.contains("momentOfTruth"));
}

#[test]
fn x2_every_fault_of_a_file_is_told_at_once() {
    let mut file: Value = serde_json::from_slice(&samples::file("koffiebar-openen")).unwrap();
    file["slug"] = json!("Koffie bar");
    file["title"] = json!("x");
    file["asOf"] = json!("2026-11-31");
    file["language"] = json!("fr");
    file["persona"].as_object_mut().unwrap().remove("age");
    file["persona"]["digitalSkill"] = json!(6);
    file["persona"]["needs"] = json!("rust");
    file["phases"][1]["touchpoints"][0]["chanel"] = json!("email");
    file["phases"][1]["touchpoints"][0]["score"] = json!(3);
    file["phases"][2]["duration"]["value"] = json!(0);
    file["ideas"][1]["id"] = json!("i01");
    file["a/b~c"] = json!(null);

    let faults = Journey::from_value(file).unwrap_err();

    assert_eq!(
        places(&faults),
        [
            "/asOf",
            "/language",
            "/slug",
            "/title",
            "/persona/age",
            "/persona/needs",
            "/persona/digitalSkill",
            "/phases/1/touchpoints/0/score",
            "/phases/1/touchpoints/0/chanel",
            "/phases/2/duration/value",
            "/a~1b~0c",
            "/ideas/1/id",
            "/actions/1/ideaIds/0",
        ]
    );
    assert!(faults[1].detail.contains("one of: nl, en"));
    assert!(
        faults[5]
            .detail
            .contains("must be a list, not the text \"rust\"")
    );
}

#[test]
fn x2_a_file_that_is_not_json_says_where() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "line 1"),
        (b"{\"title\": \"x\",}", "line 1 column 15"),
        (b"{\"title\": 1, \"title\": 2}", "stands there twice"),
        (b"{} {}", "trailing characters"),
        (b"\xff\xfe", "line 1"),
        (&[b'['; 40], "nested deeper"),
        (b"[]", "must be an object, not a list"),
    ];
    for (bytes, says) in cases {
        let faults = Journey::parse(bytes).unwrap_err();

        assert!(faults[0].detail.contains(says), "{faults:?}");
    }
}

#[test]
fn x3_a_file_over_a_limit_is_refused() {
    let long = vec![b' '; JOURNEY_BYTES + 1];
    let many = format!("[{}0]", "0,".repeat(JOURNEY_VALUES));

    assert!(
        Journey::parse(&long).unwrap_err()[0]
            .detail
            .contains("bytes")
    );
    assert!(
        Journey::parse(many.as_bytes()).unwrap_err()[0]
            .detail
            .contains("values")
    );
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let mut file: Value = serde_json::from_slice(&samples::file("trouwen")).unwrap();
    file["phases"][0]["touchpoints"][0]["score"] = json!(-1.0);
    file["ideas"][0]["impact"] = json!(4.0);
    file["persona"]["age"] = json!(29.0);

    let journey = Journey::from_value(file).unwrap();

    assert_eq!(journey.phases[0].touchpoints[0].score, Some(-1));
    assert!(journey.to_json().contains("\"age\": 29.0"));
}

#[test]
fn a_mark_at_the_begin_of_a_file_does_not_matter() {
    let mut file = vec![0xEF, 0xBB, 0xBF];
    file.extend(samples::file("trouwen"));

    assert!(Journey::parse(&file).is_ok());
}

#[test]
fn x4_a_draft_may_miss_everything_but_leads_somewhere() {
    let empty = json!({"schemaVersion": "1.1", "draft": true});
    let astray = json!({
        "schemaVersion": "1.1", "draft": true,
        "phases": [{"id": "f1", "touchpoints": [{"id": "a", "moreScores":
            [{"persona": 2, "score": 1, "basis": "data"}]}]}],
        "ideas": [{"id": "i1", "phaseId": "f2", "touchpointId": "b"}],
        "actions": [{"id": "a1", "ideaIds": ["i1", "i2"]}],
    });

    assert_eq!(Journey::from_value(empty).map(|it| it.phases.len()), Ok(0));
    assert_eq!(
        places(&Journey::from_value(astray).unwrap_err()),
        [
            "/ideas/0/phaseId",
            "/ideas/0/touchpointId",
            "/actions/0/ideaIds/1",
            "/phases/0/touchpoints/0/moreScores/0/persona",
        ]
    );
}

fn places(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|fault| fault.pointer.as_str()).collect()
}

/// Sets a value at a pointer, appending to lists.
fn put(file: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match file.pointer_mut(parent).unwrap() {
        Value::Array(items) => {
            let index: usize = name.parse().unwrap();
            items.splice(index..(index + 1).min(items.len()), [value]);
        }
        parent => parent[name] = value,
    }
}
