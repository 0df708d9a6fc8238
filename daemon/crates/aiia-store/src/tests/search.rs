//! Search in titles and messages.

use aiia_protocol::chat::{Inclusion, UpdateChat};
use aiia_protocol::message::Role;
use aiia_protocol::search::{Search, SearchHit};
use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn query(query: &str) -> Search {
    Search { query: query.into(), ..Search::default() }
}

/// What is found, each as the message's text around the place, or `title: …`.
async fn found(store: &Store, wanted: Search) -> Vec<String> {
    let text = |hit: &SearchHit| hit.snippet.iter().map(|part| part.text.as_str()).collect::<String>();
    let hits = store.search(wanted).await.unwrap().items;
    let line = |hit: &SearchHit| if hit.message_id.is_none() { format!("title: {}", text(hit)) } else { text(hit) };
    hits.iter().map(line).collect()
}

/// A chat for each question, with its answer.
async fn library(store: &Fixture, turns: &[(&str, &str)]) -> Vec<Chat> {
    let project = store.project("p").await.id;
    let mut chats = Vec::new();
    for (question, answer) in turns {
        let chat = store.chat(&project).await;
        let change = UpdateChat { title: Some("-".into()), ..UpdateChat::new(chat.id.clone()) };
        store.update_chat(change).await.unwrap();
        let run = store.begin_run(new_run(&chat, question)).await.unwrap().run;
        store.finish_run(run.id, end(RunStatus::Completed, answer)).await.unwrap();
        chats.push(store.get_chat(chat.id).await.unwrap());
    }
    chats
}

const TURNS: &[(&str, &str)] = &[
    ("Why is parse_config(path) slow?", "It reads the file twice."),
    ("Größe des Ärgers", "Die Reading-Liste: it's 50% done_"),
    ("なぜこの関数は遅いのですか", "ファイルを二回読むからです。"),
    ("what does a::b->c do?", "Nothing AND never OR NEAR(x)."),
    ("e\u{301}te\u{301} in NFD", "שלום עולם 🙂 right to left"),
    ("Is C# like C++?", "Put it into .env, as &str."),
];

#[rstest]
#[case::word("slow", &["Why is parse_config(path) slow?"])]
#[case::beginning("rea", &["Die Reading-Liste: it's 50% done_", "It reads the file twice."])]
#[case::all_words("file reads", &["It reads the file twice."])]
#[case::phrase("\"the file\"", &["It reads the file twice."])]
#[case::no_phrase("\"file the\"", &[])]
#[case::diacritics("grosse", &[])]
#[case::diacritics_left_out("arger", &["Größe des Ärgers"])]
#[case::composed("été", &["e\u{301}te\u{301} in NFD"])]
#[case::code("config(path)", &["Why is parse_config(path) slow?"])]
#[case::code_case("PARSE_config", &["Why is parse_config(path) slow?"])]
#[case::signs("b->c", &["what does a::b->c do?"])]
#[case::short("->", &["what does a::b->c do?"])]
#[case::percent("50%", &["Die Reading-Liste: it's 50% done_"])]
#[case::signs_behind("C++", &["Is C# like C++?"])]
#[case::signs_behind_and_short("c#", &["Is C# like C++?"])]
#[case::signs_in_front(".env", &["Put it into .env, as &str."])]
#[case::signs_in_front_of_a_word("&str", &["Put it into .env, as &str."])]
#[case::japanese("この関数", &["なぜこの関数は遅いのですか"])]
#[case::two_signs("二回", &["ファイルを二回読むからです。"])]
#[case::hebrew("עולם", &["e\u{301}te\u{301} in NFD|no", "שלום עולם 🙂 right to left"])]
#[case::operators("never OR", &["Nothing AND never OR NEAR(x)."])]
#[case::quote("it's", &["Die Reading-Liste: it's 50% done_"])]
#[case::nothing("nowhere", &[])]
#[case::empty("", &[])]
#[tokio::test]
async fn what_was_said_is_found(#[case] words: &str, #[case] expected: &[&str]) {
    let store = fixture();
    library(&store, TURNS).await;
    let expected: Vec<&str> = expected.iter().copied().filter(|text| !text.ends_with("|no")).collect();
    assert_eq!(found(&store, query(words)).await, expected, "{words}");
}

#[rstest]
#[case("\"unterminated")]
#[case("foo AND")]
#[case("NEAR(")]
#[case("*")]
#[case("a:b")]
#[case("-x")]
#[case("^x")]
#[case("{content}: x")]
#[case("' OR 1=1--")]
#[case("%_\\")]
#[case("\u{0}")]
#[tokio::test]
async fn no_input_is_an_error(#[case] words: &str) {
    let store = fixture();
    library(&store, TURNS).await;
    assert!(store.search(query(words)).await.is_ok(), "{words}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_typed_is_safe_and_a_message_is_found_by_its_own_words(words in "\\PC{1,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = fixture();
            library(&store, &[(&format!("before {words} after"), "☃")]).await;
            prop_assert!(store.search(query(&words)).await.is_ok());
            let whole = Search { mode: aiia_protocol::search::SearchMode::Substring, ..query(words.trim()) };
            let hits = store.search(whole).await.unwrap().items.len();
            // Only ASCII letters are the same in both cases everywhere.
            if words.is_ascii() && !words.trim().is_empty() {
                prop_assert_eq!(hits, 1, "{}", words);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn titles_come_first_and_pages_follow_each_other() {
    let store = fixture();
    let turns: Vec<(String, String)> = (0..7).map(|n| (format!("needle {n}"), "-".to_owned())).collect();
    let turns: Vec<(&str, &str)> = turns.iter().map(|(q, a)| (q.as_str(), a.as_str())).collect();
    let chats = library(&store, &turns).await;
    for chat in &chats[..3] {
        let change = UpdateChat { title: Some("A needle".into()), ..UpdateChat::new(chat.id.clone()) };
        store.update_chat(change).await.unwrap();
    }
    for limit in [1, 2, 3, 4, 10] {
        let mut params = Search { limit: Some(limit), ..query("needle") };
        let mut seen = Vec::new();
        loop {
            let page = store.search(params.clone()).await.unwrap();
            seen.extend(page.items.into_iter().map(|hit| (hit.message_id.is_none(), hit.chat_id)));
            match page.next_cursor {
                None => break,
                cursor => params.cursor = cursor,
            }
        }
        let newest =
            |ids: &[Chat], title| ids.iter().rev().map(move |chat| (title, chat.id.clone())).collect::<Vec<_>>();
        assert_eq!(seen, [newest(&chats[..3], true), newest(&chats, false)].concat(), "{limit} a page");
    }
    assert_eq!(found(&store, query("needle 5")).await, ["needle 5"]);
    let other = store.search(Search { limit: Some(1), ..query("needle") }).await.unwrap().next_cursor;
    assert_eq!(store.search(Search { cursor: other, ..query("other") }).await, Err(StoreError::InvalidCursor));
}

#[tokio::test]
async fn filters_choose() {
    let store = fixture();
    let chats = library(&store, &[("needle one", "needle answer"), ("needle two", "-"), ("needle three", "-")]).await;
    let change = |number: usize| UpdateChat::new(chats[number].id.clone());
    store.update_chat(UpdateChat { archived: Some(true), ..change(1) }).await.unwrap();
    let tags = Some(vec!["Rust".into()]);
    store.update_chat(UpdateChat { tags, favourite: Some(true), ..change(2) }).await.unwrap();
    let count = async |wanted: Search| found(&store, Search { query: "needle".into(), ..wanted }).await.len();
    let all = Search::default;
    assert_eq!(count(all()).await, 3);
    assert_eq!(count(Search { archived: Inclusion::Include, ..all() }).await, 4);
    assert_eq!(count(Search { archived: Inclusion::Only, ..all() }).await, 1);
    assert_eq!(count(Search { tag: Some("rust".into()), ..all() }).await, 1);
    assert_eq!(count(Search { favourite: Some(false), ..all() }).await, 2);
    assert_eq!(count(Search { role: Some(Role::Assistant), ..all() }).await, 1);
    assert_eq!(count(Search { model: Some("local/small".into()), ..all() }).await, 1);
    assert_eq!(count(Search { chat_id: Some(chats[0].id.clone()), ..all() }).await, 2);
    assert_eq!(count(Search { since: Some("2999-01-01T00:00:00Z".into()), ..all() }).await, 0);
    assert_eq!(count(Search { until: Some("2999-01-01T00:00:00+02:00".into()), ..all() }).await, 3);
    is_invalid(store.search(Search { since: Some("yesterday".into()), ..all() }).await, "/since");
    is_invalid(store.search(query(&"x".repeat(1001))).await, "/query");
    is_not_found(store.search(Search { project_id: Some("no".into()), ..all() }).await, "project");
}

#[tokio::test]
async fn what_is_deleted_is_not_found_and_what_comes_back_is() {
    let store = fixture();
    let chats = library(&store, &[("needle", "-")]).await;
    let id = store.search(query("needle")).await.unwrap().items[0].message_id.clone().unwrap();
    let count = async || found(&store, query("needle")).await.len();
    store.delete_branch(id.clone(), None).await.unwrap();
    assert_eq!(count().await, 0);
    store.restore_branch(id).await.unwrap();
    assert_eq!(count().await, 1);
    store.delete_chat(chats[0].id.clone(), None).await.unwrap();
    assert_eq!(count().await, 0);
    store.purge_chat(chats[0].id.clone()).await.unwrap();
    store.assert_clean().await;
}

#[tokio::test]
async fn an_index_that_is_out_of_step_is_noticed() {
    let store = fixture();
    library(&store, TURNS).await;
    raw(store.dir.path())
        .execute_batch("DROP TRIGGER messages_changed; UPDATE messages SET content = 'else' WHERE key = 1")
        .unwrap();
    let findings = store.check().await.unwrap();
    assert!(findings.iter().any(|finding| finding.contains("message_words is out of step")), "{findings:?}");
    store.rebuild_indexes().await.unwrap();
    assert_eq!(found(&store, query("else")).await, ["else"]);
    store.assert_clean().await;
}
