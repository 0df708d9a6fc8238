//! Reads a JSON document element by element: the exports of other programs are one long list.

use std::io::Read;

use serde::de::{
    DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
};
use serde::{Deserialize, de};
use serde_json::Value;

use crate::Refused;

/// Calls `each` for every element of the list in `reader`, or once for an object, until it says `false`.
pub(crate) fn elements<T: for<'de> Deserialize<'de>>(
    reader: impl Read,
    each: &mut dyn FnMut(T) -> bool,
) -> Result<(), Refused> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let mut stopped = false;
    let read = Elements { each, stopped: &mut stopped, element: std::marker::PhantomData }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    match read {
        _ if stopped => Ok(()),
        Err(error) if error.is_io() => Err(Refused::Io(error.into())),
        Err(error) => Err(Refused::content(format!("The JSON is damaged or cut off: {error}."))),
        Ok(()) => Ok(()),
    }
}

struct Elements<'a, T> {
    each: &'a mut dyn FnMut(T) -> bool,
    stopped: &'a mut bool,
    element: std::marker::PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Elements<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of chats, or one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<T>()? {
            if !(self.each)(item) {
                *self.stopped = true;
                return Err(de::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        (self.each)(T::deserialize(MapAccessDeserializer::new(map))?);
        Ok(())
    }
}

/// What an element is, as far as its keys tell. Whatever it is, it can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) mapping: bool,
    pub(crate) chat_messages: bool,
    pub(crate) chat: bool,
    pub(crate) messages: bool,
    pub(crate) templates: bool,
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("anything")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Keys::default();
                while let Some(key) = map.next_key::<String>()? {
                    map.next_value::<IgnoredAny>()?;
                    match key.as_str() {
                        "mapping" => keys.mapping = true,
                        "chat_messages" => keys.chat_messages = true,
                        "chat" => keys.chat = true,
                        "messages" => keys.messages = true,
                        "templates" => keys.templates = true,
                        _ => {}
                    }
                }
                Ok(keys)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Keys, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Keys::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_i64<E>(self, _: i64) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_u64<E>(self, _: u64) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_f64<E>(self, _: f64) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_str<E>(self, _: &str) -> Result<Keys, E> {
                Ok(Keys::default())
            }
            fn visit_unit<E>(self) -> Result<Keys, E> {
                Ok(Keys::default())
            }
        }
        deserializer.deserialize_any(Look)
    }
}

/// A text at a path of keys; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// What is at a path of keys.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(*key))
}
