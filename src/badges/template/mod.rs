//! Badge images from a template: an SVG with placeholders for an institution's colours and a
//! badge's words.

mod icons;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bake::BakeError;
use super::bake::render::FAMILY;
use super::drawing::{Fitted, Room, escape, fit};

/// The templates that come with the program.
const BUILT_IN: [(&str, &str); 4] = [
    ("shield", include_str!("shield.svg")),
    ("circle", include_str!("circle.svg")),
    ("hexagon", include_str!("hexagon.svg")),
    ("ribbon", include_str!("ribbon.svg")),
];

/// What each placeholder is, for messages.
const PLACEHOLDERS: &str = "{{id}}, {{name}}, {{color}}, {{dark}}, {{accent}}, {{ink}}, and in a place \
                            {{text X Y WIDTH HEIGHT}}, {{institution X Y WIDTH HEIGHT}}, \
                            {{symbol X Y WIDTH HEIGHT}}";

/// The most placeholders in a template: each text costs time.
const MOST: usize = 200;

/// What a template shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The badge's id.
    pub id: String,
    /// The badge's name.
    pub name: String,
    /// Its words: one line each, or a single text that is wrapped.
    pub text: Vec<String>,
    /// The institution, if it stands on badges.
    pub institution: Option<String>,
    /// What stands above the words.
    pub symbol: Symbol,
    /// Colours as `#rrggbb`: the ground, what stands out from it, and the letters.
    pub color: String,
    /// See [`Look::color`].
    pub accent: String,
    /// See [`Look::color`].
    pub ink: String,
}

/// What stands above the words of a badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Symbol {
    /// One of [`icon_names`].
    Icon(String),
    /// Some large letters.
    Initials(String),
    /// The institution's logo, an SVG document.
    Logo(String),
}

/// The built-in template of this name.
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, svg)| *svg)
}

/// The names of the built-in templates.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The names of the symbols.
pub fn icon_names() -> impl Iterator<Item = &'static str> {
    icons::ICONS.iter().map(|(name, _)| *name)
}

/// Whether this is a colour as templates take it: `#rrggbb`.
pub fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The template with everything filled in.
///
/// What is filled in is escaped and not read again: no text becomes a tag or a placeholder.
pub fn fill(template: &str, look: &Look) -> Result<String, BakeError> {
    let mut out = String::with_capacity(template.len() + 1024);
    let mut rest = template;
    let mut count = 0;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (inside, behind) = after.split_once("}}").ok_or_else(|| {
            BakeError("a placeholder of the template has no end: write }} behind it".to_owned())
        })?;
        count += 1;
        if count > MOST {
            return Err(BakeError(format!("the template has more than {MOST} placeholders")));
        }
        placeholder(inside, look, &mut out)?;
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

/// Where something goes: x, y, width, height.
type Place = [f32; 4];

fn placeholder(inside: &str, look: &Look, out: &mut String) -> Result<(), BakeError> {
    let unknown = || {
        let shown: String = inside.chars().take(40).collect();
        BakeError(format!("the template has the placeholder {{{{{shown}}}}}; possible is {PLACEHOLDERS}"))
    };
    let mut parts = inside.split_whitespace();
    let name = parts.next().ok_or_else(unknown)?;
    let numbers: Vec<f32> = parts
        .map(|part| part.parse().ok().filter(|number: &f32| number.is_finite() && number.abs() < 10_000.0))
        .collect::<Option<_>>()
        .ok_or_else(unknown)?;
    let place: Option<Place> = match numbers.as_slice() {
        [] => None,
        [x, y, width, height] if *width > 0.0 && *height > 0.0 => Some([*x, *y, *width, *height]),
        _ => return Err(unknown()),
    };
    match (name, place) {
        ("id", None) => out.push_str(&escape(&look.id)),
        ("name", None) => out.push_str(&escape(&look.name)),
        ("color", None) => out.push_str(&look.color),
        ("dark", None) => out.push_str(&darker(&look.color)),
        ("accent", None) => out.push_str(&look.accent),
        ("ink", None) => out.push_str(&look.ink),
        ("text", Some(place)) => words(&look.text, place, &look.ink, out),
        ("institution", Some(place)) => {
            if let Some(institution) = &look.institution {
                words(std::slice::from_ref(institution), place, &look.ink, out);
            }
        }
        ("symbol", Some(place)) => symbol(look, place, out),
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Lines in the middle of a place, as large as they fit; no line takes more than half of it.
fn words(text: &[String], [x, y, width, height]: Place, ink: &str, out: &mut String) {
    let Fitted { size, lines } = match text {
        [one] => wrapped(one, width, height),
        many => in_lines(many, width, height),
    };
    #[allow(clippy::cast_precision_loss, reason = "a few lines")]
    let block = size * 1.18 * lines.len() as f32;
    // The baseline: the letters' height is about 0.73 of the size.
    let mut baseline = y + (height - block) / 2.0 + size * 0.95;
    for line in lines {
        bold_line(&line, [x + width / 2.0, baseline], size, ink, out);
        baseline += size * 1.18;
    }
}

/// A line of bold letters around the middle of its baseline.
fn bold_line(line: &str, [x, y]: [f32; 2], size: f32, ink: &str, out: &mut String) {
    let _ = write!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-family=\"{FAMILY}, sans-serif\" font-size=\"{size:.1}\" \
         font-weight=\"700\" fill=\"{ink}\" text-anchor=\"middle\">{}</text>",
        escape(line)
    );
}

/// One text in that number of lines that lets its letters be largest.
fn wrapped(text: &str, width: f32, height: f32) -> Fitted {
    let whole: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut best: Option<Fitted> = None;
    for lines in [1_u8, 2, 3, 4] {
        let largest = (height / (1.18 * f32::from(lines))).min(height * 0.5).max(1.0);
        let room = Room { width, largest, smallest: largest.min(9.0), lines: usize::from(lines) };
        let fitted = fit(text, true, room);
        let complete = fitted.lines.join(" ") == whole;
        if best.as_ref().is_none_or(|best| !complete || fitted.size > best.size * 1.05) {
            best = Some(fitted);
        }
        if complete && lines > 2 {
            break;
        }
    }
    best.unwrap_or(Fitted { size: 1.0, lines: Vec::new() })
}

/// Given lines, in one size.
fn in_lines(text: &[String], width: f32, height: f32) -> Fitted {
    #[allow(clippy::cast_precision_loss, reason = "a few lines")]
    let largest = (height / (1.18 * text.len().max(1) as f32)).min(height * 0.5);
    let room = Room { width, largest, smallest: largest.min(9.0), lines: 1 };
    let fitted: Vec<Fitted> = text.iter().map(|line| fit(line, true, room)).collect();
    let size = fitted.iter().map(|one| one.size).fold(largest, f32::min);
    Fitted { size, lines: fitted.into_iter().flat_map(|one| one.lines).collect() }
}

fn symbol(look: &Look, place: Place, out: &mut String) {
    let [x, y, width, height] = place;
    match &look.symbol {
        Symbol::Icon(name) => {
            let shapes =
                icons::ICONS.iter().find(|(known, _)| known == name).map_or("", |(_, shapes)| *shapes);
            let side = width.min(height);
            let (left, top) = (x + (width - side) / 2.0, y + (height - side) / 2.0);
            let shapes = shapes.replace("INK", &look.ink).replace("FIELD", &look.color);
            let _ = write!(
                out,
                "<g transform=\"translate({left:.1} {top:.1}) scale({:.3})\">{shapes}</g>",
                side / 100.0
            );
        }
        Symbol::Initials(letters) => {
            let room = Room { width, largest: height * 0.8, smallest: 9.0_f32.min(height), lines: 1 };
            let Fitted { size, lines } = fit(letters, true, room);
            for line in lines.into_iter().take(1) {
                let middle = [x + width / 2.0, y + height / 2.0 + size * 0.365];
                bold_line(&line, middle, size, &look.ink, out);
            }
        }
        Symbol::Logo(svg) => {
            let _ = write!(
                out,
                "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
                 href=\"data:image/svg+xml;base64,{}\"/>",
                STANDARD.encode(svg)
            );
        }
    }
}

/// A colour with less light.
fn darker(color: &str) -> String {
    let part = |at: usize| {
        let value = color.get(at..at + 2).and_then(|hex| u16::from_str_radix(hex, 16).ok()).unwrap_or(0);
        value * 55 / 100
    };
    format!("#{:02x}{:02x}{:02x}", part(1), part(3), part(5))
}

#[cfg(test)]
mod tests;
