//! How often the forms of answers worked.

use super::*;
use crate::FormatRecord;

#[tokio::test]
async fn answers_are_counted_by_model_and_form() {
    let store = fixture();
    for (model, format, applied) in [
        ("a/one", "whole_symbol", true),
        ("a/one", "whole_symbol", false),
        ("a/one", "search_replace", false),
        ("b/two", "whole_symbol", true),
    ] {
        store.count_format(model.to_owned(), format.to_owned(), applied).await.unwrap();
    }
    let record = |format: &str, asked, applied| FormatRecord { format: format.to_owned(), asked, applied };
    let counted = store.formats("a/one".to_owned()).await.unwrap();
    assert_eq!(counted, [record("search_replace", 1, 0), record("whole_symbol", 2, 1)]);
    assert_eq!(store.formats("c/three".to_owned()).await.unwrap(), []);
}
