//! Something to be said, before it is known in which language.

use std::fmt;

use fluent_bundle::{FluentArgs, FluentValue};

use super::{Language, direction, escaped};

/// A message with its arguments. As text of this program's own (`Display`) it is English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    key: &'static str,
    arguments: Vec<(&'static str, Argument)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Text(String),
    Message(Message),
}

impl Message {
    /// A message of the language files, without arguments yet.
    pub fn new(key: &'static str) -> Self {
        Self { key, arguments: Vec::new() }
    }

    /// With a text that is the same in every language.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, Argument::Text(value.into())));
        self
    }

    /// With another message as its argument `why`.
    pub fn because(mut self, why: Message) -> Self {
        self.arguments.push(("why", Argument::Message(why)));
        self
    }

    /// Which message it is.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// As plain text, as [`Language::text`] says it.
    pub fn text(&self, language: Language) -> String {
        // In the files a message may go over several lines.
        self.said(language, &|value| direction::isolated(value, language)).replace('\n', " ")
    }

    /// As HTML, as [`Language::html`] says it.
    pub fn html(&self, language: Language) -> String {
        self.said(language, &|value| format!("<bdi>{}</bdi>", escaped(value)))
    }

    fn said(&self, language: Language, shown: &dyn Fn(&str) -> String) -> String {
        let said = |argument: &Argument| match argument {
            Argument::Text(text) => shown(text),
            Argument::Message(message) => message.said(language, shown),
        };
        let arguments: FluentArgs<'_> =
            self.arguments.iter().map(|(name, value)| (*name, FluentValue::from(said(value)))).collect();
        language.format(self.key, &arguments)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_string()
    }
}
