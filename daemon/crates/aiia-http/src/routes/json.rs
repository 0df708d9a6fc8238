//! JSON from outside: bounded in depth and number of values, no key twice, no NUL; a problem says where.

use std::cell::{Cell, RefCell};
use std::fmt;

use aiia_protocol::problem::{Problem, ProblemCode};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Values in one body: a small body can hold millions, which take far more memory than their text.
const MAX_VALUES: usize = 100_000;

/// The value of `text`.
pub(super) fn parse(text: &[u8]) -> Result<Value, Problem> {
    let reader = Reader::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = (&reader).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let at = pointer(reader.path.borrow().iter().map(String::as_str));
        Problem::new(ProblemCode::InvalidParams, format!("The body is not valid JSON: {error}."))
            .with_error(at, error.to_string())
    })
}

/// The JSON Pointer (RFC 6901) to the place that `steps` lead to.
pub(super) fn pointer<'a>(steps: impl IntoIterator<Item = &'a str>) -> String {
    steps.into_iter().fold(String::new(), |pointer, step| pointer + "/" + &step.replace('~', "~0").replace('/', "~1"))
}

/// Reads values and remembers where it is. On an error it stays there.
#[derive(Default)]
struct Reader {
    path: RefCell<Vec<String>>,
    values: Cell<usize>,
}

impl Reader {
    fn within<T, E>(&self, step: String, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.path.borrow_mut().push(step);
        let value = read()?;
        self.path.borrow_mut().pop();
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for &Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(D::Error::custom(format!("there are more than {MAX_VALUES} values")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        if value.contains('\0') {
            return Err(E::custom("a text holds a NUL character"));
        }
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = self.within(list.len().to_string(), || items.next_element_seed(self))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = self.within(key.clone(), || {
                if map.contains_key(&key) {
                    return Err(A::Error::custom("the key is there twice"));
                }
                if key.contains('\0') {
                    return Err(A::Error::custom("a key holds a NUL character"));
                }
                entries.next_value_seed(self)
            })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn good_values() {
        let text = r#"{"a":[1,-2,0.5,true,null,"\u00e4\ud83d\ude00"],"b":{"c":{}}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), json!({"a": [1, -2, 0.5, true, null, "ä😀"], "b": {"c": {}}}));
    }

    #[test]
    fn bad_values_say_where() {
        for (text, pointer) in [
            (r#"{"a":1,"a":2}"#, "/a"),
            (r#"{"a":{"b/c":[1,{"d":"\u0000"}]}}"#, "/a/b~1c/1/d"),
            (r#"{"a\u0000":1}"#, "/a\0"),
            (r#"{"a":"\ud800"}"#, "/a"),
            (r#"{"a":1e400}"#, "/a"),
            (r#"{"a":01}"#, "/a"),
            (r#"{"a":1"#, ""),
            ("{} x", ""),
            ("", ""),
            ("\"\u{1}\"", ""),
        ] {
            let problem = parse(text.as_bytes()).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (400, pointer), "{text}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err().errors[0].pointer, "/a");
    }

    #[test]
    fn bombs() {
        for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("[{}0]", "0,".repeat(MAX_VALUES))] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().status, 400);
        }
        assert!(parse(format!("{}{}", "[".repeat(100), "]".repeat(100)).as_bytes()).is_ok());
    }
}
