//! Rendering with resvg, which reads no files, no network and no fonts of the machine here.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::{BakeError, MOST_PIXELS, png};

/// The one family: DejaVu Sans, regular and bold, with Latin, Greek, Cyrillic and Arabic letters. It
/// is part of the program, so that a badge looks the same on every machine.
pub(in crate::badges) const FAMILY: &str = "DejaVu Sans";

/// The fonts, read once.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let read = || {
        let mut fonts = Database::new();
        for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
            fonts.load_font_source(Source::Binary(Arc::new(font)));
        }
        fonts.set_serif_family(FAMILY);
        fonts.set_sans_serif_family(FAMILY);
        fonts.set_monospace_family(FAMILY);
        fonts.set_cursive_family(FAMILY);
        fonts.set_fantasy_family(FAMILY);
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(read))
}

/// The SVG, parsed; or why it cannot be drawn.
pub(in crate::badges) fn tree(svg: &str) -> Result<Tree, BakeError> {
    let options = Options {
        fontdb: fonts(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    Tree::from_str(svg, &options).map_err(|error| BakeError::new(format!("the SVG cannot be drawn: {error}")))
}

/// The SVG drawn `width` pixels wide.
pub(super) fn svg(svg: &str, width: u32) -> Result<Vec<u8>, BakeError> {
    let tree = tree(svg)?;
    let size = tree.size().to_int_size();
    let scaled = size
        .scale_to_width(width.clamp(1, MOST_PIXELS))
        .filter(|scaled| scaled.height() <= MOST_PIXELS)
        .ok_or_else(|| BakeError::new("the SVG is too high for its width"))?;
    let mut pixmap = Pixmap::new(scaled.width(), scaled.height())
        .ok_or_else(|| BakeError::new("the SVG has no area to draw on"))?;
    #[allow(clippy::cast_precision_loss, reason = "at most 4096")]
    let (x, y) = (scaled.width() as f32 / tree.size().width(), scaled.height() as f32 / tree.size().height());
    resvg::render(&tree, Transform::from_scale(x, y), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| BakeError::new(format!("the SVG cannot be written as PNG: {error}")))
}

/// Refuses a PNG that is too large or damaged.
pub(super) fn check_png(bytes: &[u8]) -> Result<(), BakeError> {
    let (width, height) = png::size(bytes)?;
    if width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(BakeError::new(format!(
            "the PNG is {width} × {height} pixels; at most {MOST_PIXELS} × {MOST_PIXELS} will do"
        )));
    }
    Pixmap::decode_png(bytes)
        .map(|_| ())
        .map_err(|error| BakeError::new(format!("the PNG cannot be drawn: {error}")))
}
