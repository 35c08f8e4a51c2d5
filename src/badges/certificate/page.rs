//! The page: A4 landscape in points, one column for the image and the code, one for the words.

use std::fmt::Write as _;

use super::super::bake::BakeError;
use super::super::bake::render::FAMILY;
use super::super::drawing::{Room, escape, fit};
use super::{Certificate, qr};

/// A4 landscape, in points (1/72 inch).
pub(super) const WIDTH: f32 = 841.89;
/// See [`WIDTH`].
pub(super) const HEIGHT: f32 = 595.28;

/// Where the column of words begins, and how wide it is.
const WORDS: f32 = 306.0;
const WORDS_WIDTH: f32 = 474.0;
/// Where the column of the image begins, and how wide it is.
const SIDE: f32 = 66.0;
const SIDE_WIDTH: f32 = 190.0;
/// The top of the image, and its greatest height.
const IMAGE_TOP: f32 = 92.0;
const IMAGE_HEIGHT: f32 = 216.0;
/// The QR code, with its quiet zone outside.
const CODE: f32 = 112.0;
const CODE_TOP: f32 = 376.0;

const INK: &str = "#111827";
const SOFT: &str = "#4b5563";
const ACCENT: &str = "#1e3a8a";

/// A rectangle on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Where an image of this size goes: as large as its place, in the middle of it.
pub(super) fn image_place(certificate: &Certificate, width: f32, height: f32) -> Place {
    let scale = (SIDE_WIDTH / width).min(IMAGE_HEIGHT / height);
    let (width, height) = (width * scale, height * scale);
    let left = SIDE + (SIDE_WIDTH - width) / 2.0;
    let x = if certificate.right_to_left { WIDTH - left - width } else { left };
    Place { x, y: IMAGE_TOP + (IMAGE_HEIGHT - height) / 2.0, width, height }
}

pub(super) fn svg(certificate: &Certificate) -> Result<String, BakeError> {
    let mut page = Page { svg: String::new(), mirrored: certificate.right_to_left };
    let _ = write!(
        page.svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"{FAMILY}\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <rect x=\"24\" y=\"24\" width=\"{}\" height=\"{}\" rx=\"10\" fill=\"none\" stroke=\"{ACCENT}\" \
         stroke-width=\"2.5\"/>\n\
         <rect x=\"30\" y=\"30\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"none\" stroke=\"{ACCENT}\" \
         stroke-width=\"0.6\"/>\n",
        WIDTH - 48.0,
        HEIGHT - 48.0,
        WIDTH - 60.0,
        HEIGHT - 60.0,
    );
    page.words(certificate);
    page.code(certificate)?;
    page.svg.push_str("</svg>\n");
    Ok(page.svg)
}

struct Page {
    svg: String,
    mirrored: bool,
}

/// How a text looks.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    bold: bool,
    color: &'static str,
}

impl Page {
    fn words(&mut self, certificate: &Certificate) {
        let room = |largest, smallest, lines| Room { width: WORDS_WIDTH, largest, smallest, lines };
        let mut y = 84.0;
        y = self.block(&certificate.issuer, y, room(19.0, 12.0, 2), true, ACCENT);
        y = self.block(&certificate.title, y + 6.0, room(12.0, 10.0, 1), false, SOFT);
        y = self.block(&certificate.certifies, y + 34.0, room(12.5, 9.0, 2), false, SOFT);
        y = self.name(&certificate.holder, y + 8.0, 34.0, INK);
        y = self.block(&certificate.earned, y + 14.0, room(12.5, 9.0, 2), false, SOFT);
        y = self.name(&certificate.badge, y + 8.0, 25.0, ACCENT);
        // Down to the facts, whatever stands above: at least three lines, more where there is room.
        let lines = if y < 330.0 { 5 } else { 3 };
        self.block(&certificate.description, y + 16.0, room(12.0, 8.5, lines), false, INK);
        self.facts(certificate);
    }

    /// A name: on one line if it can be, else smaller on two.
    fn name(&mut self, text: &str, top: f32, size: f32, color: &'static str) -> f32 {
        let on = |largest, smallest, lines| Room { width: WORDS_WIDTH, largest, smallest, lines };
        let one = on(size, size * 0.6, 1);
        let whole = fit(text, true, one).lines.join(" ").split_whitespace().eq(text.split_whitespace());
        let room = if whole { one } else { on(size * 0.65, size * 0.4, 2) };
        self.block(text, top, room, true, color)
    }

    /// Writes lines from `top` down and gives their bottom.
    fn block(&mut self, text: &str, top: f32, room: Room, bold: bool, color: &'static str) -> f32 {
        let fitted = fit(text, bold, room);
        let mut bottom = top;
        for line in &fitted.lines {
            self.line(line, WORDS, bottom + fitted.size * 0.95, Style { size: fitted.size, bold, color });
            bottom += fitted.size * 1.3;
        }
        bottom
    }

    /// Side by side, each in its share of the width.
    fn facts(&mut self, certificate: &Certificate) {
        let facts = certificate.facts.get(..4).unwrap_or(&certificate.facts);
        #[allow(clippy::cast_precision_loss, reason = "at most 4")]
        let share = WORDS_WIDTH / facts.len().max(3) as f32;
        let mut x = WORDS;
        for (name, value) in facts {
            let room = |largest, smallest| Room { width: share - 12.0, largest, smallest, lines: 1 };
            let name = fit(name, false, room(9.5, 6.0));
            let value = fit(value, true, room(13.0, 7.0));
            for (fitted, y, bold, color) in [(name, 444.0, false, SOFT), (value, 461.0, true, INK)] {
                for line in &fitted.lines {
                    self.line(line, x, y, Style { size: fitted.size, bold, color });
                }
            }
            x += share;
        }
        let _ = writeln!(
            self.svg,
            "<path d=\"M{} 478H{}\" stroke=\"{SOFT}\" stroke-width=\"0.5\" stroke-opacity=\"0.5\"/>",
            self.at(WORDS),
            self.at(WORDS + WORDS_WIDTH)
        );
    }

    fn code(&mut self, certificate: &Certificate) -> Result<(), BakeError> {
        let code = qr::qr_code(&certificate.url)?;
        let left = SIDE + (SIDE_WIDTH - CODE) / 2.0;
        let left = if self.mirrored { WIDTH - left - CODE } else { left };
        let _ = writeln!(
            self.svg,
            "<path transform=\"translate({left} {CODE_TOP}) scale({})\" fill=\"#000000\" d=\"{}\"/>",
            CODE / f32::from(code.modules.max(1)),
            code.path
        );
        let room = |largest, smallest, lines| Room { width: WORDS_WIDTH, largest, smallest, lines };
        let y = self.block(&certificate.check, 484.0, room(8.5, 6.5, 2), false, SOFT);
        // An address reads from left to right, also beside Arabic words.
        let mirrored = self.mirrored;
        for (text, y) in [(&certificate.url, y + 9.0), (&certificate.id, y + 21.0)] {
            let fitted = fit(text, false, room(8.5, 5.0, 1));
            for line in &fitted.lines {
                let anchor = if mirrored { "end" } else { "start" };
                let style = Style { size: fitted.size, bold: false, color: INK };
                self.text(line, self.at(WORDS), y, anchor, style);
            }
        }
        Ok(())
    }

    /// A line in the direction of the page.
    fn line(&mut self, text: &str, x: f32, y: f32, style: Style) {
        let x = self.at(x);
        if self.mirrored {
            // Renderers take a line for left to right unless it says otherwise.
            self.text(&format!("\u{202b}{text}\u{202c}"), x, y, "end", style);
        } else {
            self.text(text, x, y, "start", style);
        }
    }

    fn text(&mut self, text: &str, x: f32, y: f32, anchor: &str, style: Style) {
        let weight = if style.bold { 700 } else { 400 };
        let _ = writeln!(
            self.svg,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{:.2}\" font-weight=\"{weight}\" fill=\"{}\" \
             text-anchor=\"{anchor}\">{}</text>",
            style.size,
            style.color,
            escape(text)
        );
    }

    fn at(&self, x: f32) -> f32 {
        if self.mirrored { WIDTH - x } else { x }
    }
}
