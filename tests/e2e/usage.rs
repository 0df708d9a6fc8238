//! What was used, and what it cost: what is not known is no nothing.

use aiia_tests::http_client::HttpClient;
use aiia_tests::installation::Installation;
use aiia_tests::model_server::Script;
use serde_json::{Value, json};

#[test]
fn what_is_used_is_counted_by_model_and_day_and_survives_its_chat() {
    let aiia = Installation::new();
    assert!(aiia.run(&["ask", "why?"]).status.success());
    assert!(aiia.run(&["ask", "why not?", "--model", "scripted/other"]).status.success());
    // An answer whose server tells no tokens.
    let answer = b"data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n".to_vec();
    aiia.model.next(Script::Raw(vec![answer]));
    assert!(aiia.run(&["ask", "and now?"]).status.success());
    let report = aiia.json(&["usage", "--json"]);
    let names: Vec<&Value> = report["items"].as_array().expect("rows").iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["scripted/m", "scripted/other"]);
    let row = &report["items"][0];
    assert_eq!((&row["runs"], &row["uncounted_runs"], &row["input_tokens"]), (&json!(2), &json!(1), &json!(10)));
    assert_eq!(row["cost_usd"], 0.0, "a model on this machine costs nothing");
    assert_eq!(report["total"]["runs"], 3);
    let days = aiia.json(&["usage", "--by", "day", "--json"]);
    assert_eq!((days["items"].as_array().map(Vec::len), &days["items"][0]["runs"]), (Some(1), &json!(3)));
    let later = aiia.json(&["usage", "--since", "2999-01-01", "--json"]);
    assert_eq!(later["total"]["runs"], 0);
    assert!(!aiia.run(&["usage", "--since", "yesterday"]).status.success());
    let table = aiia.run(&["usage"]);
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(text.contains("scripted/other") && text.contains("> 0.0000"), "{text}");
    let http = HttpClient::new(&aiia);
    let run = http.ask(&http.chat(), "what does this cost?");
    http.run_events(&run);
    assert_eq!(http.get(&format!("/runs/{run}"))["cost_usd"], 0.0);
}
