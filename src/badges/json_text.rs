//! JSON as it leaves: without empty members and odd characters, always in the same order.

use serde_json::Value;

/// Whether verifiers disagree on how to write the character in canonical form: the standard
/// escapes control characters and U+FFFE and U+FFFF (RDFC-1.0, section 5), several of those in
/// use do not, or only some. XML cannot hold most of them either.
pub(super) fn is_unportable(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a text holds none of those; looks at bytes first.
pub(super) fn is_portable(text: &str) -> bool {
    let suspect =
        |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || matches!(byte, 0x7f | 0xef);
    !text.bytes().fold(false, |found, byte| found | suspect(byte)) || !text.chars().any(is_unportable)
}

/// Drops characters that do not travel, then members and items that are null, blank or empty,
/// all the way down.
pub(super) fn tidy(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.into_iter().map(|(name, value)| (name, tidy(value))).filter(|(_, v)| !empty(v)).collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(tidy).filter(|item| !empty(item)).collect())
        }
        Value::String(mut text) => {
            text.retain(|c| !is_unportable(c));
            Value::String(text)
        }
        other => other,
    }
}

/// Whether a value says nothing.
pub(super) fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Writes a value compactly: `@context`, `id` and `type` first, the other members by name.
pub(super) fn write(value: &Value) -> String {
    let mut out = String::with_capacity(4096);
    write_into(value, &mut out);
    out
}

fn write_into(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable_by_key(|name| {
                let first = ["@context", "id", "type"].iter().position(|first| name == first);
                (first.unwrap_or(usize::MAX), *name)
            });
            out.push('{');
            for (position, name) in names.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                if let Some(value) = members.get(name) {
                    write_into(value, out);
                }
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_into(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_does_not_depend_on_how_it_was_built() {
        let text = write(&json!({"b": [1, {"z": null, "id": true}], "type": "T", "@context": [], "a": "x"}));
        assert_eq!(text, r#"{"@context":[],"type":"T","a":"x","b":[1,{"id":true,"z":null}]}"#);
    }

    #[test]
    fn empty_members_go_even_when_they_become_empty() {
        let value =
            json!({"a": null, "b": "", "c": " \n", "d": [], "e": {"f": {"g": [null]}}, "h": 0, "i": false});
        assert_eq!(tidy(value), json!({"h": 0, "i": false}));
    }

    #[test]
    fn characters_that_do_not_travel_go() {
        let value = json!({"a": "x\u{0}\u{b}y\t\r\n\u{7f}\u{85}𝄞\u{fffe}\u{ffff}", "b": ["\u{1}"]});
        assert_eq!(tidy(value), json!({"a": "xy\t\r\n\u{85}𝄞"}));
    }

    proptest! {
        #[test]
        fn a_text_travels_if_each_character_does(text in any::<String>(), odd in "[\u{0}-\u{20}\u{7f}\u{fff0}-\u{ffff}é]{0,2}") {
            let text = text + &odd;
            prop_assert_eq!(is_portable(&text), !text.chars().any(is_unportable));
        }

        #[test]
        fn what_is_written_reads_back(text in any::<String>(), number in any::<i64>()) {
            let value = json!({"t": format!("{text}\u{7f}\u{ffff}\u{0}"), "n": number, "l": [text.as_str()]});
            prop_assert_eq!(serde_json::from_str::<Value>(&write(&value)).unwrap(), value);
        }
    }
}
