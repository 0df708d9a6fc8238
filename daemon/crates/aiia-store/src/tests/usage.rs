//! The usage ledger and what was paid.

use aiia_protocol::archive::FiledUsage;
use aiia_protocol::run::{Run, Usage};
use aiia_protocol::usage::{ReportUsage, TokenPrice};

use super::*;
use crate::schema;

fn price(input: f64, origin: &str) -> TokenPrice {
    TokenPrice {
        input: Some(input),
        output: Some(4.0),
        cached: None,
        cache_write: None,
        currency: "USD".to_owned(),
        origin: origin.to_owned(),
    }
}

fn used(input: u64, output: Option<u64>) -> Usage {
    Usage { input_tokens: Some(input), output_tokens: output, ..Usage::default() }
}

impl Fixture {
    /// A run that has begun at this price.
    async fn priced(&self, price: Option<TokenPrice>) -> BegunRun {
        let project = self.project("p").await;
        let chat = self.chat(&project.id).await;
        self.begin_run(NewRun { price, ..new_run(&chat, "Why?") }).await.unwrap()
    }

    async fn paid(&self, begun: &BegunRun, usage: Usage) -> Run {
        let last = FinishRun { usage: Some(usage), ..end(RunStatus::Completed, "a") };
        self.finish_run(begun.run.id.clone(), last).await.unwrap()
    }
}

#[tokio::test]
async fn what_providers_tell_as_the_cost_is_summed_apart() {
    let store = fixture();
    let list = price(1.0, "a list");
    for (told_cost, written) in [(Some(1_500), None), (None, Some(3)), (Some(500), Some(4)), (Some(1 << 41), None)] {
        let begun = store.priced(Some(list.clone())).await;
        store.paid(&begun, Usage { told_cost, cache_write_tokens: written, ..used(10, Some(1)) }).await;
    }
    let sums = store.usage(ReportUsage::default()).await.unwrap();
    let found: Vec<_> = sums.iter().map(|sum| (sum.told_cost, sum.runs, sum.cache_write_tokens)).collect();
    assert_eq!(found, [(Some(2_000), 2, Some(4)), (None, 2, Some(3))], "more than any request costs is no cost");
    assert_eq!(sums[1].counted.cache_write_tokens, Some(3));
    let mut filed: Vec<_> = store.export_usage().await.unwrap().iter().map(|row| row.usage.told_cost).collect();
    filed.sort_unstable();
    assert_eq!(filed, [None, None, Some(500), Some(1_500)]);
}

#[tokio::test]
async fn each_run_keeps_the_price_that_it_was_made_at() {
    let store = fixture();
    let (old, new) = (price(1.0, "old list"), price(2.0, "new list"));
    for (usage, price) in [
        (used(10, Some(1)), Some(&old)),
        (used(20, Some(1)), Some(&old)),
        (used(7, None), Some(&old)),
        (used(30, Some(1)), Some(&new)),
        (used(40, Some(1)), None),
    ] {
        let begun = store.priced(price.cloned()).await;
        let run = store.paid(&begun, usage).await;
        assert_eq!(run.price.as_ref(), price);
        assert_eq!(store.get_run(run.id.clone()).await, Ok(run));
    }
    let sums = store.usage(ReportUsage::default()).await.unwrap();
    let by_price: Vec<_> = sums.iter().map(|sum| (sum.price.as_ref(), sum.runs, sum.input_tokens)).collect();
    assert_eq!(by_price, [(None, 1, Some(40)), (Some(&old), 3, Some(37)), (Some(&new), 1, Some(30))]);
    assert_eq!((sums[1].uncounted, sums[1].counted.input_tokens), (1, Some(30)), "what is not counted has no cost");
}

#[tokio::test]
async fn a_run_that_is_given_up_keeps_its_price_too() {
    let store = fixture();
    let id = store.priced(Some(price(1.0, "list"))).await.run.id;
    let event = event(&id, 1, RunEventKind::Usage { usage: used(3, Some(4)) });
    store.append_events(id.clone(), vec![event]).await.unwrap();
    let run = store.abandon_run(id, RunStatus::Cancelled, None).await.unwrap();
    assert_eq!((run.price, run.usage), (Some(price(1.0, "list")), Some(used(3, Some(4)))));
    let rows = store.export_usage().await.unwrap();
    assert_eq!(rows[0].price, Some(price(1.0, "list")));
}

#[tokio::test]
async fn a_run_that_another_model_answers_costs_what_that_one_does() {
    let store = fixture();
    for other in [Some(price(2.0, "other")), None] {
        let begun = store.priced(Some(price(1.0, "list"))).await;
        store.answered_by(begun.run.id.clone(), "o/n".to_owned(), other.clone()).await.unwrap();
        assert_eq!(store.paid(&begun, used(3, Some(4))).await.price, other);
    }
}

#[tokio::test]
async fn a_file_carries_the_prices_and_an_older_one_has_none() {
    let from = fixture();
    let begun = from.priced(Some(price(1.0, "list"))).await;
    from.paid(&begun, used(10, Some(1))).await;
    let rows = from.export_usage().await.unwrap();
    let chat = from.export_chat(begun.chat.id.clone(), false).await.unwrap();
    for with_rows in [true, false] {
        let to = fixture();
        to.import_projects(from.export_projects(None).await.unwrap()).await.unwrap();
        if with_rows {
            to.import_usage(rows.clone()).await.unwrap();
        }
        to.import_chats(vec![chat.clone()], None).await.unwrap();
        assert_eq!(to.get_run(begun.run.id.clone()).await.unwrap().price, Some(price(1.0, "list")));
        assert_eq!(to.export_usage().await.unwrap(), rows);
    }
    let mut old = serde_json::to_value(&rows[0]).unwrap();
    old.as_object_mut().unwrap().remove("price");
    let old: FiledUsage = serde_json::from_value(old).unwrap();
    let to = fixture();
    to.import_usage(vec![old]).await.unwrap();
    assert_eq!(to.usage(ReportUsage::default()).await.unwrap()[0].price, None);
}

#[tokio::test]
async fn what_is_no_price_and_no_count_does_not_come_in() {
    let store = fixture();
    let begun = store.priced(Some(price(1.0, "list"))).await;
    store.paid(&begun, used(u64::MAX, Some(i64::MAX as u64))).await;
    let row = store.export_usage().await.unwrap().remove(0);
    assert_eq!(row.usage, Usage::default(), "a server told more than can be");
    for (input, currency, origin) in
        [(-1.0, "USD", "x".to_owned()), (1.0, "dollars", "x".to_owned()), (1.0, "USD", "x".repeat(501))]
    {
        let price = TokenPrice { currency: currency.to_owned(), ..price(input, &origin) };
        let row = FiledUsage { run_id: "other".into(), price: Some(price), ..row.clone() };
        is_invalid(store.import_usage(vec![row]).await.unwrap().remove(0), "/price");
    }
    for id in ["a", "b"] {
        let usage = used(u64::MAX, Some(u64::MAX));
        store.import_usage(vec![FiledUsage { run_id: id.into(), usage, ..row.clone() }]).await.unwrap();
    }
    for id in ["older", "version"] {
        let sql = "INSERT INTO usage_ledger (run_id, chat_id, project_id, model, status, input_tokens, output_tokens, created_at)
                   VALUES (?1, 'c', 'p', 'local/small', 'completed', 9223372036854775807, -1, '2026-01-01T00:00:00.000Z')";
        raw(store.dir.path()).execute(sql, [id]).unwrap();
    }
    let sums = store.usage(ReportUsage::default()).await.unwrap();
    let counts: Vec<_> = sums.iter().map(|sum| (sum.runs, sum.uncounted, sum.input_tokens)).collect();
    assert_eq!(counts, [(2, 2, None), (3, 3, None)], "sums do not overflow");
}

#[tokio::test]
async fn what_was_asked_before_prices_were_kept_has_none() {
    let dir = TempDir::new().unwrap();
    let before = &schema::MIGRATIONS[..15];
    Store::open_with(dir.path(), before).unwrap().close();
    raw(dir.path())
        .execute_batch(
            "INSERT INTO usage_ledger (run_id, chat_id, project_id, model, status, input_tokens, output_tokens, created_at)
             VALUES ('r', 'c', 'p', 'openai/gpt-4.1', 'completed', 5, 6, '2026-01-01T00:00:00.000Z')",
        )
        .unwrap();
    let store = Store::open(dir.path()).unwrap();
    let sums = store.usage(ReportUsage::default()).await.unwrap();
    assert_eq!((sums[0].runs, &sums[0].price, sums[0].input_tokens), (1, &None, Some(5)));
    assert_eq!(store.check().await, Ok(Vec::new()));
}
