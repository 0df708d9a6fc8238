//! What tokens cost: the user's table, then the built-in one, which holds list prices of a day (compared with the table that
//! `LiteLLM` 1.106.2 publishes) and can be out of date.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aiia_protocol::run::{Run, Usage};
use aiia_protocol::usage::{TokenPrice, US_DOLLARS};
use serde::Deserialize;

use crate::config::Price;
use crate::engine::Configured;

/// What a token that is written to a cache costs more than another one, as Anthropic has it for five minutes; others that have a price for
/// it do not count such tokens apart.
const CACHE_WRITE: f64 = 1.25;

/// The longest origin that is kept.
const MAX_ORIGIN: usize = 400;

/// The built-in prices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuiltIn {
    /// The day on which they were compared with a published table.
    checked: String,
    models: BTreeMap<String, Price>,
}

static BUILT_IN: LazyLock<BuiltIn> =
    LazyLock::new(|| serde_json::from_str(include_str!("prices.json")).expect("the table is checked by a test"));

/// A price and where it comes from, as people read it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) price: Price,
    pub(crate) origin: String,
}

/// The price of a model that may be `here`, on this machine: the user's for it, the user's for all of its provider, nothing for one
/// that is here, the built-in one. A server here can be a way to one that costs.
pub(crate) fn of(model: &str, own: &BTreeMap<String, Price>, here: bool) -> Option<Known> {
    let provider = model.split('/').next().unwrap_or_default();
    let wide = format!("{provider}/*");
    let said: Vec<_> = [model, &wide].into_iter().filter_map(|name| own.get_key_value(name)).collect();
    if !said.is_empty() {
        // What the entry of the model leaves out stands in that of the provider.
        let first = |field: fn(&Price) -> Option<f64>| said.iter().find_map(|(_, price)| field(price));
        let price = Price {
            input: first(|price| price.input),
            output: first(|price| price.output),
            cached: first(|price| price.cached),
            cache_write: first(|price| price.cache_write),
        };
        let keys: Vec<String> = said.iter().map(|(key, _)| format!("prices.\"{key}\"")).collect();
        return Some(Known { price, origin: format!("configuration: {}", keys.join(", ")) });
    }
    if here {
        let price = Price { input: Some(0.0), output: Some(0.0), ..Price::default() };
        return Some(Known { price, origin: "on this machine".to_owned() });
    }
    let price = *BUILT_IN.models.get(model)?;
    Some(Known { price, origin: format!("built-in list price of {}", BUILT_IN.checked) })
}

/// The price in force of a model, as it is kept with what was asked; `None` where it is not known.
pub(crate) fn in_force(model: &str, configured: &Configured) -> Option<TokenPrice> {
    let here = configured.models.is_of_this_machine(model);
    let Known { price: Price { input, output, cached, cache_write }, mut origin } =
        of(model, &configured.config.settings.prices, here)?;
    // It may name a model of any length.
    origin.truncate(origin.floor_char_boundary(MAX_ORIGIN));
    Some(TokenPrice { input, output, cached, cache_write, currency: US_DOLLARS.to_owned(), origin })
}

/// Whether a price is known as a whole, in the currency of all costs.
pub(crate) fn is_whole(price: &TokenPrice) -> bool {
    price.currency == US_DOLLARS && price.input.is_some() && price.output.is_some()
}

/// Whether nothing costs anything at that price, however much it is.
pub(crate) fn is_nothing(price: &TokenPrice) -> bool {
    let all = [price.input, price.output, price.cached, price.cache_write];
    is_whole(price) && all.into_iter().flatten().all(|amount| amount == 0.0)
}

/// So many billionths of a dollar.
pub(crate) fn in_dollars(told: u64) -> f64 {
    told as f64 / 1e9
}

/// What a run cost so far: what its provider says, else by the price that was in force when it was asked.
pub(crate) fn cost_of_run(run: &Run) -> Option<f64> {
    if let Some(told) = run.usage.as_ref().and_then(|usage| usage.told_cost) {
        return Some(in_dollars(told));
    }
    match &run.price {
        Some(price) if is_nothing(price) => Some(0.0),
        Some(price) => cost(run.usage.as_ref()?, price),
        None => run.from_cache.then_some(0.0),
    }
}

/// What was used costs so many US dollars; `None` where it is not known.
pub(crate) fn cost(usage: &Usage, price: &TokenPrice) -> Option<f64> {
    if !is_whole(price) {
        return None;
    }
    let (input, output) = (usage.input_tokens?, usage.output_tokens?);
    let cached = usage.cached_tokens.unwrap_or(0).min(input);
    let kept = usage.cache_write_tokens.unwrap_or(0).min(input - cached);
    let fresh = (input - cached - kept) as f64 * price.input?;
    let read_again = cached as f64 * price.cached.or(price.input)?;
    let written_to_cache = kept as f64 * price.cache_write.or(price.input.map(|input| input * CACHE_WRITE))?;
    let written = output as f64 * price.output?;
    Some((fresh + read_again + written_to_cache + written) / 1e6)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_table_is_sound() {
        assert!(BUILT_IN.checked.parse::<jiff::civil::Date>().is_ok(), "{}", BUILT_IN.checked);
        for (model, price) in &BUILT_IN.models {
            assert!(model.contains('/') && price.input > Some(0.0) && price.output >= price.input, "{model}");
            assert!(price.cached.is_none() || price.cached < price.input, "{model}");
        }
    }

    #[test]
    fn the_users_own_price_wins() {
        let price = |input| Price { input: Some(input), output: Some(input), ..Price::default() };
        let own = BTreeMap::from([("openai/gpt-4.1".to_owned(), price(9.0)), ("groq/*".to_owned(), price(7.0))]);
        for (model, here, input, origin) in [
            ("openai/gpt-4.1", false, 9.0, "configuration: prices.\"openai/gpt-4.1\""),
            ("groq/anything", false, 7.0, "configuration: prices.\"groq/*\""),
            ("groq/anything", true, 7.0, "configuration: prices.\"groq/*\""),
            ("openai/gpt-4.1-mini", false, 0.4, "built-in list price of 20"),
            ("openai/gpt-4.1-mini", true, 0.0, "on this machine"),
        ] {
            let known = of(model, &own, here).unwrap();
            assert_eq!(known.price.input, Some(input));
            assert!(known.origin.starts_with(origin), "{}", known.origin);
        }
        assert_eq!(of("work/unknown", &own, false), None);
    }

    #[test]
    fn what_a_model_leaves_out_its_provider_says() {
        let all = Price { input: Some(3.0), output: Some(15.0), ..Price::default() };
        let own = BTreeMap::from([
            ("work/*".to_owned(), all),
            ("work/m".to_owned(), Price { input: Some(1.0), ..Price::default() }),
        ]);
        let known = of("work/m", &own, false).unwrap();
        assert_eq!(known.price, Price { input: Some(1.0), ..all });
        assert_eq!(known.origin, "configuration: prices.\"work/m\", prices.\"work/*\"");
        assert_eq!(of("work/other", &own, false).unwrap().price, all);
    }

    #[rstest]
    #[case(Some(1_000_000), Some(1_000_000), None, Some(1.0), Some(5.0))]
    #[case(Some(1_000_000), Some(0), Some(500_000), Some(0.1), Some(0.55))]
    #[case(Some(1_000_000), Some(0), Some(500_000), None, Some(1.0))]
    #[case::not_known(None, Some(5), None, None, None)]
    #[case::not_known_either(Some(5), None, None, None, None)]
    #[case::more_cached_than_read(Some(1_000_000), Some(0), Some(9_000_000), Some(0.1), Some(0.1))]
    fn costs(
        #[case] input_tokens: Option<u64>,
        #[case] output_tokens: Option<u64>,
        #[case] cached_tokens: Option<u64>,
        #[case] cached: Option<f64>,
        #[case] expected: Option<f64>,
    ) {
        let usage = Usage { input_tokens, output_tokens, cached_tokens, ..Usage::default() };
        let in_dollars = TokenPrice {
            input: Some(1.0),
            output: Some(4.0),
            cached,
            cache_write: None,
            currency: US_DOLLARS.to_owned(),
            origin: String::new(),
        };
        let found = cost(&usage, &in_dollars);
        assert_eq!(cost(&usage, &TokenPrice { currency: "EUR".to_owned(), ..in_dollars }), None);
        assert_eq!(found.map(|cost| (cost * 100.0).round()), expected.map(|cost| (cost * 100.0).round()));
    }

    #[rstest]
    #[case::as_anthropic_says(500_000, None, 200_000, 0.3 + 0.625 + 0.03)]
    #[case::at_its_own_price(500_000, Some(2.0), 0, 0.5 + 1.0)]
    #[case::more_than_was_read(9_000_000, None, 0, 1.25)]
    fn what_is_written_to_a_cache_has_a_price_of_its_own(
        #[case] written: u64,
        #[case] cache_write: Option<f64>,
        #[case] cached: u64,
        #[case] expected: f64,
    ) {
        let usage = Usage {
            input_tokens: Some(1_000_000),
            output_tokens: Some(0),
            cached_tokens: Some(cached),
            cache_write_tokens: Some(written),
            ..Usage::default()
        };
        let price = TokenPrice {
            input: Some(1.0),
            output: Some(4.0),
            cached: Some(0.15),
            cache_write,
            currency: US_DOLLARS.to_owned(),
            origin: String::new(),
        };
        let all = cost(&usage, &price).unwrap();
        assert!((all - expected).abs() < 1e-9, "{all}");
    }
}
