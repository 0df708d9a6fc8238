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
    assert_eq!(report["total"]["uncosted_runs"], 0, "nothing times what is not known is nothing");
    let days = aiia.json(&["usage", "--by", "day", "--json"]);
    assert_eq!((days["items"].as_array().map(Vec::len), &days["items"][0]["runs"]), (Some(1), &json!(3)));
    let later = aiia.json(&["usage", "--since", "2999-01-01", "--json"]);
    assert_eq!(later["total"]["runs"], 0);
    assert!(!aiia.run(&["usage", "--since", "yesterday"]).status.success());
    let table = aiia.run(&["usage"]);
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(text.contains("scripted/other") && text.contains("0.0000") && !text.contains('>'), "{text}");
    let http = HttpClient::new(&aiia);
    let run = http.ask(&http.chat(), "what does this cost?");
    http.run_events(&run);
    assert_eq!(http.get(&format!("/runs/{run}"))["cost_usd"], 0.0);
}

#[test]
fn what_was_paid_stays_when_prices_change() {
    let aiia = Installation::new();
    let set = |key: &str, price: &str| assert!(aiia.run(&["config", "set", key, price]).status.success());
    let cost = || aiia.json(&["usage", "--json"])["items"][0]["cost_usd"].clone();
    let (input, output) = ("prices.\"scripted/*\".input", "prices.\"scripted/*\".output");
    set(input, "1000000");
    // A price of which one half is missing makes no cost.
    let http = HttpClient::new(&aiia);
    let chat = http.chat();
    let ask = || {
        let run = http.ask(&chat, "why?");
        http.run_events(&run);
        run
    };
    let first = ask();
    assert_eq!(http.get(&format!("/runs/{first}"))["cost_usd"], Value::Null);
    assert_eq!(aiia.json(&["usage", "--json"])["total"]["unpriced_runs"], 1);
    set(output, "0");
    let second = ask();
    assert_eq!(http.get(&format!("/runs/{second}"))["cost_usd"], 10.0);
    set(input, "3000000");
    assert_eq!(cost(), 10.0, "it was paid at the old price");
    let third = ask();
    assert_eq!(cost(), 40.0);
    for (run, expected) in [(&first, Value::Null), (&second, json!(10.0)), (&third, json!(30.0))] {
        assert_eq!(http.get(&format!("/runs/{run}"))["cost_usd"], expected);
    }
    let origin = "configuration: prices.\"scripted/*\"";
    assert_eq!(http.get(&format!("/runs/{second}"))["price"]["origin"], origin);
    let report = aiia.json(&["usage", "--json"]);
    let prices: Vec<_> = report["prices"].as_array().expect("prices").iter().collect();
    let told: Vec<_> = prices.iter().map(|price| (&price["input"], &price["runs"], &price["origin"])).collect();
    let expected = [(json!(1e6), json!(1)), (json!(1e6), json!(1)), (json!(3e6), json!(1))];
    assert!(told.iter().all(|(.., said)| **said == origin), "{report}");
    let inputs: Vec<_> = told.iter().map(|(input, runs, _)| ((*input).clone(), (*runs).clone())).collect();
    assert_eq!(inputs.len(), expected.len(), "{report}");
    assert!(expected.iter().all(|one| inputs.contains(one)), "{report}");
    let table = aiia.run(&["usage"]);
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(text.contains("> 40.0000") && text.contains("3000000 read, 0 written, USD"), "{text}");
}
