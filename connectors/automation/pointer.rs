//! JSON Pointer (RFC 6901) into JSON as it was sent: numbers keep all their digits.

use serde_json::value::RawValue;

use super::document::Document;

/// Where in a JSON document a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer {
    text: String,
    tokens: Vec<String>,
}

impl Pointer {
    /// Reads a pointer; the empty one, which means the whole document, is refused.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!(
                "“{text}” is no JSON Pointer: it begins with a slash and names one member after another, \
                 as in \"/answers/email\"; a fixed text is written {{ value = \"…\" }}"
            ));
        };
        let tokens = rest
            .split('/')
            .map(|token| unescape(token).ok_or(token))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|token| {
                format!(
                    "“{token}” in the JSON Pointer “{text}”: after “~” only 0 (for ~) or 1 (for /) may stand"
                )
            })?;
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// A pointer by member names.
    pub(super) fn to_members(names: &[&str]) -> Self {
        Self {
            text: format!("/{}", names.join("/")),
            tokens: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// The value there, if there is one; JSON's `null` is one.
    pub(super) fn find<'a>(&self, document: &Document<'a>) -> Option<&'a RawValue> {
        self.tokens.iter().try_fold(document.root(), |value, token| document.step(value, token))
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn unescape(token: &str) -> Option<String> {
    let mut out = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(char) = chars.next() {
        out.push(match char {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOCUMENT: &str =
        r#" { "a": {"b": [10, {"c": 1.00000000000000000001}]}, "m~n": 1, "x/y": 2, "": 3, "n": null } "#;

    fn find(pointer: &str) -> Option<String> {
        let document: &RawValue = serde_json::from_str(DOCUMENT).unwrap();
        Pointer::parse(pointer).unwrap().find(&Document::new(document)).map(|value| value.get().to_owned())
    }

    #[test]
    fn members_elements_and_escapes_are_found() {
        for (pointer, value) in [
            ("/a/b/0", "10"),
            ("/a/b/1/c", "1.00000000000000000001"),
            ("/m~0n", "1"),
            ("/x~1y", "2"),
            ("/", "3"),
            ("/n", "null"),
        ] {
            assert_eq!(find(pointer).as_deref(), Some(value), "{pointer}");
        }
    }

    #[test]
    fn what_is_not_there_is_none() {
        for pointer in ["/b", "/a/b/2", "/a/b/01", "/a/b/-", "/a/b/+1", "/a/b/", "/m~0n/x", "/n/x"] {
            assert_eq!(find(pointer), None, "{pointer}");
        }
    }

    #[test]
    fn of_two_members_with_one_name_the_later_counts_and_like_texts_are_told_apart() {
        let document =
            r#"{"a": 1, "b": {"c": {}, "d": [{"c": 1}]}, "\u0061": 2, "e": {"c": {}, "d": [{"c": 2}]}}"#;
        let document = Document::new(serde_json::from_str(document).unwrap());
        for (pointer, value) in [("/a", "2"), ("/b/d/0/c", "1"), ("/e/d/0/c", "2"), ("/b/c", "{}")] {
            for _ in 0..2 {
                let found = Pointer::parse(pointer).unwrap().find(&document);
                assert_eq!(found.map(RawValue::get), Some(value), "{pointer}");
            }
        }
    }

    #[test]
    fn what_is_no_pointer_is_refused_with_an_example() {
        for text in ["", "a/b", "$.a", "/a~2", "/a~"] {
            assert!(Pointer::parse(text).unwrap_err().contains("JSON Pointer"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(/([a-z0-9~]|\\PC){0,4}){0,6}", document in "\\PC{0,40}") {
            if let (Ok(pointer), Ok(document)) =
                (Pointer::parse(&text), serde_json::from_str::<&RawValue>(&document))
            {
                let _ = pointer.find(&Document::new(document));
            }
            if let Ok(pointer) = Pointer::parse(&text) {
                let _ = pointer.find(&Document::new(serde_json::from_str(DOCUMENT).unwrap()));
            }
        }
    }
}
