//! What a text must keep to before the parser sees it: the parser goes as deep as the text does.

use super::Refused;

/// Longest text, in bytes.
pub(super) const LONGEST: usize = 1_000;
/// Most brackets in one another, and most `?` in all: each takes the parser one step deeper.
pub(super) const DEEPEST: usize = 16;
/// Most digits of a number: with so many, binary floating point, through which the parser takes a
/// number, still gives back the number that was written.
const MOST_DIGITS: usize = 15;
/// Words of the language, and names that are functions here.
const RESERVED: [&str; 28] = [
    "as",
    "break",
    "const",
    "continue",
    "duration",
    "else",
    "false",
    "for",
    "function",
    "has",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "math",
    "namespace",
    "null",
    "package",
    "return",
    "timestamp",
    "true",
    "type",
    "var",
    "void",
    "while",
    "int",
    "double",
];

/// Length, depth and numbers of a text.
pub(super) fn check(text: &str) -> Result<(), Refused> {
    if text.len() > LONGEST {
        return Err(Refused::new(format!(
            "the expression is longer than {LONGEST} bytes; make several conditions of it, in `all` or `any`"
        )));
    }
    let (mut depth, mut choices) = (0_usize, 0_usize);
    let (mut quote, mut before, mut run) = (None, ' ', 0_usize);
    let mut digits = 0_usize;
    for sign in text.chars() {
        run = if sign == before { run + 1 } else { 1 };
        match (quote, sign) {
            (_, '\\') => return Err(Refused::new("a `\\` has no use in an expression; remove it")),
            (_, '\'' | '"') if run == 3 => {
                return Err(Refused::new("a text stands in single quotes: grade == 'A'"));
            }
            (Some(_), '\n' | '\r') => return Err(Refused::new("a text in quotes does not end on its line")),
            (Some(open), _) if sign == open => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None, '/') if before == '/' => {
                return Err(Refused::new("comments stand outside of the expression, after `#`"));
            }
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '?') => choices += 1,
            _ => {}
        }
        if depth > DEEPEST || choices > DEEPEST {
            return Err(Refused::new(format!(
                "more than {DEEPEST} brackets in one another, or more than {DEEPEST} `?`; make it simpler"
            )));
        }
        let in_number = quote.is_none() && (sign.is_ascii_digit() || sign == '.' && digits > 0);
        match sign {
            _ if in_number && digits == 0 && is_of_name(before) => {}
            'e' | 'E' if quote.is_none() && digits > 0 && before.is_ascii_digit() => {
                return Err(Refused::new("a number with an exponent; write all of its digits"));
            }
            _ if in_number => digits += usize::from(sign != '.'),
            _ => digits = 0,
        }
        if digits > MOST_DIGITS {
            return Err(Refused::new(format!("a number with more than {MOST_DIGITS} digits; shorten it")));
        }
        before = sign;
    }
    Ok(())
}

/// Whether a result can have this name.
pub(super) fn check_name(name: &str) -> Result<(), Refused> {
    let begins = name.starts_with(|sign: char| sign.is_ascii_alphabetic());
    if !begins || !name.chars().all(is_of_name) {
        return Err(Refused::new(format!(
            "“{name}” cannot be a name in an expression; use letters, digits and `_`, and begin with a letter"
        )));
    }
    if RESERVED.contains(&name) {
        return Err(Refused::new(format!(
            "`{name}` is a word of the language; give the result another name"
        )));
    }
    Ok(())
}

fn is_of_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}
