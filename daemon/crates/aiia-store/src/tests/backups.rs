//! Backups, and the drill of restoring one.

use super::*;
use crate::{BackupOccasion, restore};

/// A store with a finished run that says `content`.
async fn with_answer(content: &str) -> (Fixture, Chat) {
    let store = fixture();
    let begun = store.lone_run().await;
    store.finish_run(begun.run.id, end(RunStatus::Completed, content)).await.unwrap();
    (store, begun.chat)
}

#[tokio::test]
async fn a_backup_is_made_checked_and_restored() {
    let (store, chat) = with_answer("before").await;
    let made = store.create_backup(BackupOccasion::Due).await.unwrap();
    assert_eq!(store.list_backups(), std::slice::from_ref(&made));
    let report = store.verify_backup(made.name.clone()).await.unwrap();
    assert_eq!((report.findings, report.chats, report.messages), (Vec::new(), 1, 2));

    store.delete_chat(chat.id.clone(), None).await.unwrap();
    store.purge_chat(chat.id.clone()).await.unwrap();
    store.project("after").await;
    let Fixture { store, dir } = store;
    store.close();
    drop(store);
    let kept = restore(dir.path(), &made.name).unwrap().expect("what was there is kept");
    let back = Fixture { store: Store::open(dir.path()).unwrap(), dir };
    assert_eq!(back.get_chat(chat.id.clone()).await.unwrap().id, chat.id);
    assert_eq!(back.value::<i64>("SELECT count(*) FROM projects"), 1);
    back.assert_clean().await;
    let before = Connection::open(kept).unwrap();
    assert_eq!(before.query_row("SELECT count(*) FROM projects", [], |row| row.get::<_, i64>(0)), Ok(2));
}

#[tokio::test]
async fn what_was_cut_off_goes_with_the_next_copy() {
    let (store, _) = with_answer("x").await;
    let folder = store.dir.path().join("backups");
    std::fs::create_dir(&folder).unwrap();
    let halves = [
        folder.join("aiia-20250101T000000000Z.db.new"),
        folder.join("aiia-20250101T000000000Z.db.new-journal"),
        store.dir.path().join("aiia.db.before-repair-20250101T000000000Z.new"),
    ];
    let whole = folder.join("notes.new");
    for file in halves.iter().chain([&whole]) {
        std::fs::write(file, "half").unwrap();
    }
    let made = tokio::join!(store.create_backup(BackupOccasion::Due), store.create_backup(BackupOccasion::Due));
    assert!(made.0.is_ok() && made.1.is_ok(), "{made:?}");
    raw(store.dir.path()).execute_batch("UPDATE chats SET message_count = 7").unwrap();
    store.repair().await.unwrap();
    assert!(halves.iter().all(|half| !half.exists()) && whole.exists());
}

#[tokio::test]
async fn a_backup_of_a_time_to_come_takes_the_place_of_none() {
    let (store, _) = with_answer("x").await;
    let made = store.create_backup(BackupOccasion::Due).await.unwrap();
    let strange = Path::new(&made.path).with_file_name("aiia-29990101T000000000Z.db");
    std::fs::copy(&made.path, &strange).unwrap();
    assert_eq!(store.list_backups().len(), 2);
    let time: jiff::Timestamp = made.created_at.parse().unwrap();
    assert_eq!(store.newest_backup(jiff::Timestamp::now()), Some(time));
    store.create_backup(BackupOccasion::Due).await.unwrap();
    assert!(strange.exists());
}

#[tokio::test]
async fn a_backup_made_by_hand_stays_when_others_are_made_in_its_hour() {
    let (store, _) = with_answer("x").await;
    let mut by_hand = Vec::new();
    for _ in 0..2 {
        by_hand.push(store.create_backup(BackupOccasion::ByHand).await.unwrap().name);
        store.create_backup(BackupOccasion::Due).await.unwrap();
    }
    let listed: Vec<String> = store.list_backups().into_iter().map(|backup| backup.name).collect();
    assert!(by_hand.iter().all(|name| listed.contains(name)), "{by_hand:?} of {listed:?}");
    assert_eq!(listed.len(), 3, "of those that were due the newest of the hour stays");
}

#[tokio::test]
async fn a_backup_is_whole_while_others_write() {
    let store = fixture();
    let chat = store.chat(&store.project("p").await.id).await;
    let writer = {
        let (store, chat) = (store.store.clone(), chat.clone());
        tokio::spawn(async move {
            for number in 0..60 {
                let run = store.begin_run(new_run(&chat, &number.to_string())).await.unwrap().run;
                store.finish_run(run.id, end(RunStatus::Completed, "x")).await.unwrap();
            }
        })
    };
    for _ in 0..3 {
        let made = store.create_backup(BackupOccasion::Due).await.unwrap();
        let report = store.verify_backup(made.name).await.unwrap();
        assert_eq!((report.findings, report.messages % 2), (Vec::new(), 0));
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn a_damaged_backup_is_noticed_and_not_restored() {
    let (store, chat) = with_answer(&"long ".repeat(20_000)).await;
    let made = store.create_backup(BackupOccasion::Due).await.unwrap();
    let mut content = std::fs::read(&made.path).unwrap();
    let middle = content.len() / 2;
    content[middle..middle + 8192].fill(0xa5);
    std::fs::write(&made.path, content).unwrap();
    let report = store.verify_backup(made.name.clone()).await.unwrap();
    assert_ne!(report.findings, Vec::<String>::new());
    let Fixture { store, dir } = store;
    store.close();
    drop(store);
    let refused = restore(dir.path(), &made.name);
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
    let store = Store::open(dir.path()).unwrap();
    assert!(store.get_chat(chat.id).await.is_ok(), "the store is as it was");
}

#[tokio::test]
async fn a_name_leads_nowhere_else() {
    let (store, _) = with_answer("x").await;
    for name in ["", "..", "../aiia", "/etc/passwd", "aiia-20250101T000000000Z"] {
        is_not_found(store.verify_backup(name.into()).await, "backup");
        is_not_found(restore(store.dir.path(), name), "backup");
    }
}
