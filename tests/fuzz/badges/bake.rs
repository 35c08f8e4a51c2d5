//! Images: badges inside them, and those that are drawn from templates.

use accolade::badges::template::{self, Look, Symbol};
use accolade::badges::{BadgeImage, bake as images};

/// The largest image that is drawn here: drawing costs time, not reading.
const DRAWN: usize = 4_096;

/// An image. What is baked into it comes out as it went in, whatever was in it before, and the image is
/// still one.
pub(crate) fn bake(data: &[u8]) {
    let unbaked = images::unbake(data);
    assert_eq!(unbaked, images::unbake(data), "read twice, it says something else");
    let inside = unbaked.as_deref().unwrap_or("{\"id\": \"urn:x\", \"name\": \"a ]]> & <b> \u{1F600}\"}");
    assert!(inside.len() <= data.len().max(64) * 2, "more comes out than is in it");
    if data.len() > DRAWN {
        return;
    }
    let Ok(image) = BadgeImage::read(data.to_vec()) else { return };
    if let Ok(baked) = image.baked_svg(inside) {
        assert_eq!(images::unbake(baked.as_bytes()).as_deref(), Ok(inside), "SVG");
        // A PNG in an SVG is for verifiers, and refused as an image of a badge.
        let drawn = matches!(image, BadgeImage::Png(_)) || BadgeImage::read(baked.into_bytes()).is_ok();
        assert!(drawn, "baked, it is no image");
    }
    if let BadgeImage::Png(_) = image {
        let baked = image.baked_png(inside).expect("a PNG that can be drawn holds a badge");
        assert_eq!(images::unbake(&baked).as_deref(), Ok(inside), "PNG");
        assert!(BadgeImage::read(baked).is_ok(), "baked, it is no image");
    }
}

/// A template. Filled in it holds no placeholder of its own, no word becomes markup, and what can be
/// read as an image draws.
pub(crate) fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let look = Look {
        id: "workplace-safety".to_owned(),
        name: "Safety <script> & \"{{name}}\"".to_owned(),
        text: vec!["Workplace".to_owned(), "Safety & </svg>".to_owned()],
        institution: Some("Northwood {{id}}".to_owned()),
        symbol: Symbol::Initials("WS".to_owned()),
        color: "#115544".to_owned(),
        accent: "#ffcc00".to_owned(),
        ink: "#ffffff".to_owned(),
    };
    let Ok(filled) = template::fill(text, &look) else { return };
    assert!(text.contains("<script") || !filled.contains("<script"), "{filled}");
    let times = |text: &str, part: &str| text.matches(part).count();
    assert!(times(&filled, "</svg>") <= times(text, "</svg>"), "{filled}");
    if data.len() <= DRAWN
        && let Ok(image) = BadgeImage::read(filled.into_bytes())
    {
        let _ = image.png(16);
    }
}
