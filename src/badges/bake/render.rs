//! Rendering with resvg, which reads no files and no network here: the only thing from outside is
//! the machine's fonts.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::{BakeError, MOST_PIXELS, png};

/// Families to draw with where an SVG names none that is here, the first that is installed.
const FALLBACKS: [&str; 6] =
    ["DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Segoe UI"];

/// The fonts of this machine, read once.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let read = || {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        let has =
            |name: &str| fonts.faces().any(|face| face.families.iter().any(|(family, _)| family == name));
        let fallback = FALLBACKS.into_iter().find(|name| has(name)).map(str::to_owned).or_else(|| {
            let mut names: Vec<String> = fonts
                .faces()
                .filter_map(|face| face.families.first())
                .map(|(name, _)| name.clone())
                .collect();
            names.sort_unstable();
            names.into_iter().next()
        });
        if let Some(family) = fallback {
            fonts.set_serif_family(&family);
            fonts.set_sans_serif_family(&family);
            fonts.set_monospace_family(&family);
            fonts.set_cursive_family(&family);
            fonts.set_fantasy_family(&family);
        }
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(read))
}

/// The SVG, parsed; or why it cannot be drawn.
pub(super) fn tree(svg: &str) -> Result<Tree, BakeError> {
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
