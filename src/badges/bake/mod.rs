//! Baking: a credential inside an image (Open Badges 3.0, section 5.3), and the images themselves.

mod png;
pub(super) mod render;
mod svg;

/// The most bytes that an image may have.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// The most pixels along one side.
const MOST_PIXELS: u32 = 4096;

/// A badge's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadgeImage {
    /// An SVG document.
    Svg(String),
    /// PNG bytes.
    Png(Vec<u8>),
}

/// Why an image cannot be used, or a credential cannot be read from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BakeError(pub String);

impl BakeError {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl BadgeImage {
    /// Checks that it can be rendered, and of which kind it is (by content).
    ///
    /// An SVG must stand alone: one that runs scripts or refers to anything outside is refused.
    pub fn read(bytes: Vec<u8>) -> Result<Self, BakeError> {
        within_bounds(&bytes)?;
        if png::is_png(&bytes) {
            render::check_png(&bytes)?;
            // Decoders are content with less than a whole file, into which nothing can be baked.
            png::bake(&bytes, "")?;
            return Ok(Self::Png(bytes));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| BakeError::new("the image is neither a PNG nor an SVG in UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        svg::check(&text)?;
        render::tree(&text)?;
        Ok(Self::Svg(text))
    }

    /// The image as PNG, `size` pixels wide where it has to be rendered (at most 4096).
    ///
    /// Texts in an SVG are drawn in DejaVu Sans, whatever font they name: it is part of the
    /// program, and the same everywhere.
    pub fn png(&self, size: u32) -> Result<Vec<u8>, BakeError> {
        match self {
            Self::Png(bytes) => Ok(bytes.clone()),
            Self::Svg(text) => render::svg(text, size),
        }
    }

    /// The image as SVG; a PNG is wrapped.
    pub fn svg(&self) -> String {
        match self {
            Self::Svg(text) => text.clone(),
            Self::Png(bytes) => svg::wrap(bytes),
        }
    }

    /// A PNG with the credential in one uncompressed iTXt chunk `openbadgecredential`.
    ///
    /// An SVG is rendered 600 pixels wide.
    pub fn baked_png(&self, credential: &str) -> Result<Vec<u8>, BakeError> {
        png::bake(&self.png(600)?, credential)
    }

    /// An SVG with the credential in `<openbadges:credential>`.
    pub fn baked_svg(&self, credential: &str) -> Result<String, BakeError> {
        svg::bake(&self.svg(), credential)
    }
}

/// The credential inside a baked PNG or SVG.
pub fn unbake(bytes: &[u8]) -> Result<String, BakeError> {
    within_bounds(bytes)?;
    if png::is_png(bytes) {
        return png::unbake(bytes);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| BakeError::new("the file is neither a PNG nor an SVG in UTF-8"))?;
    svg::unbake(text)
}

/// Whether the bytes look like an image and not like a credential itself.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    png::is_png(bytes) || text.starts_with(b"<")
}

fn within_bounds(bytes: &[u8]) -> Result<(), BakeError> {
    if bytes.len() > MOST_BYTES {
        return Err(BakeError::new(format!("the file has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
