use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

const SVG: &str = "<?xml version=\"1.0\"?>\n<!-- a badge -->\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
                   viewBox=\"0 0 40 20\"><rect width=\"40\" height=\"20\" fill=\"#264\"/></svg>";

fn image() -> BadgeImage {
    BadgeImage::read(SVG.as_bytes().to_vec()).unwrap()
}

/// The image, drawn once and small.
fn small_png() -> BadgeImage {
    static PNG: LazyLock<Vec<u8>> = LazyLock::new(|| image().png(16).unwrap());
    BadgeImage::Png(PNG.clone())
}

#[test]
fn an_svg_is_drawn_at_the_width_asked_for_and_always_alike() {
    let png = image().png(80).unwrap();
    assert_eq!(png::size(&png).unwrap(), (80, 40));
    assert_eq!(png, image().png(80).unwrap());
    assert!(BadgeImage::read(png).is_ok());
    let flat = BadgeImage::Svg(SVG.replace("0 0 40 20", "0 0 4096 8"));
    assert_eq!(png::size(&flat.png(u32::MAX).unwrap()).unwrap(), (4096, 8));
    let text = SVG.replace("<rect", "<text x=\"2\" y=\"9\" font-size=\"9\">Badge</text><rect opacity=\"0\"");
    let text = BadgeImage::read(text.into_bytes()).unwrap();
    assert_eq!(text.png(80).unwrap(), text.png(80).unwrap());
}

#[test]
fn a_png_stays_as_it_is_and_is_wrapped_for_svg() {
    let bytes = image().png(30).unwrap();
    let png = BadgeImage::read(bytes.clone()).unwrap();
    assert_eq!(png.png(600).unwrap(), bytes);
    let wrapped = png.svg();
    assert!(wrapped.contains("viewBox=\"0 0 30 15\""), "{wrapped}");
    let error = BadgeImage::read(wrapped.into_bytes()).unwrap_err();
    assert!(error.0.contains("bitmap"), "an SVG whose picture would not be drawn is refused: {error}");
    assert_eq!(unbake(png.baked_svg("{}").unwrap().as_bytes()).unwrap(), "{}");
}

/// Found by fuzzing: what was drawn could not hold a badge.
#[test]
fn a_png_into_which_nothing_can_be_baked_is_refused() {
    let BadgeImage::Png(whole) = small_png() else { panic!("a PNG") };
    let without_end = &whole[..whole.len() - 12];
    let damaged = [without_end, b"\0\0\0\0IE\x60\x82", &[b'F'; 40]].concat();
    assert!(render::check_png(&damaged).is_ok(), "it is drawn");
    let error = BadgeImage::read(damaged).unwrap_err();
    assert_eq!(error.0, "the PNG ends in the middle");
    for length in whole.len() - 16..whole.len() {
        let cut = BadgeImage::read(whole[..length].to_vec());
        assert!(cut.is_err_and(|error| !error.0.is_empty()), "{length} bytes of {}", whole.len());
    }
}

#[test]
fn baking_again_replaces_the_credential() {
    let png = BadgeImage::Png(image().baked_png("{\"old\":1}").unwrap());
    let again = png.baked_png("{\"new\":2}").unwrap();
    assert_eq!(unbake(&again).unwrap(), "{\"new\":2}");
    assert_eq!(again.windows(19).filter(|part| part == b"openbadgecredential").count(), 1);
    assert!(BadgeImage::read(again).is_ok(), "a baked PNG is still a PNG");

    let svg = BadgeImage::Svg(image().baked_svg("{\"old\":1}").unwrap());
    let again = svg.baked_svg("{\"new\":2}").unwrap();
    assert_eq!(unbake(again.as_bytes()).unwrap(), "{\"new\":2}");
    assert_eq!(again.matches("xmlns:openbadges").count(), 1);
    assert_eq!(again.matches("<openbadges:credential>").count(), 1);
    assert!(BadgeImage::read(again.into_bytes()).is_ok(), "a baked SVG is still an SVG");
}

#[test]
fn the_png_chunk_is_uncompressed_and_before_the_image_data() {
    let baked = image().baked_png("{}").unwrap();
    let at = |what: &[u8]| baked.windows(what.len()).position(|part| part == what).unwrap();
    assert_eq!(at(b"iTXtopenbadgecredential\0\0\0\0\0{}") + 30, at(b"IDAT") - 8);
    assert!(at(b"IHDR") < at(b"iTXt"));
}

#[test]
fn an_empty_root_and_a_prefixed_root_can_be_baked() {
    for svg in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>",
        "<s:svg xmlns:s=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>",
        "<svg width='1' height='1' xmlns:openbadges='https://purl.imsglobal.org/ob/v3p0' >\n</svg>",
    ] {
        let baked = BadgeImage::Svg(svg.to_owned()).baked_svg("{\"a\":\"]]>\"}").unwrap();
        assert_eq!(unbake(baked.as_bytes()).unwrap(), "{\"a\":\"]]>\"}", "{baked}");
    }
}

#[test]
fn a_credential_under_another_prefix_or_escaped_is_found() {
    let svg = "<svg xmlns:b=\"https://purl.imsglobal.org/ob/v3p0\"><b:credential>\n{&quot;a&quot;:&#49;}\
               </b:credential></svg>";
    assert_eq!(unbake(svg.as_bytes()).unwrap(), "{\"a\":1}");
    let jws = "<svg xmlns:b=\"https://purl.imsglobal.org/ob/v3p0\"><b:credential verify=\"a.b.c\"/></svg>";
    assert_eq!(unbake(jws.as_bytes()).unwrap(), "a.b.c");
    let other = "<svg xmlns:b=\"urn:other\"><b:credential>{}</b:credential></svg>";
    assert!(unbake(other.as_bytes()).is_err());
}

#[test]
fn two_credentials_or_a_damaged_one_are_refused() {
    let svg = image().baked_svg("{}").unwrap();
    let two = svg.replace("</svg>", "<openbadges:credential>{}</openbadges:credential></svg>");
    assert!(unbake(two.as_bytes()).unwrap_err().0.contains("more than one"));

    let mut png = image().baked_png("{\"a\":1}").unwrap();
    let at = png.windows(4).position(|part| part == b"\"a\":").unwrap();
    png[at + 1] = b'b';
    assert!(unbake(&png).unwrap_err().0.contains("checksum"));
    assert!(unbake(&image().png(20).unwrap()).unwrap_err().0.contains("no Open Badges"));
}

#[test]
fn an_svg_that_runs_or_reaches_outside_is_refused() {
    for (bad, word) in [
        ("<script>alert(1)</script>", "script"),
        ("<foreignObject/>", "foreignobject"),
        ("<g onclick=\"alert(1)\"/>", "script"),
        ("<image href=\"https://example.test/x.png\"/>", "outside"),
        ("<image href=\"/etc/passwd\"/>", "outside"),
        ("<a href=\"javascript&#58;alert(1)\"/>", "outside"),
        ("<use xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"x.svg#a\"/>", "outside"),
        ("<style>@import 'x.css';</style>", "style"),
        ("<rect style=\"fill: url( 'https://example.test/x')\"/>", "style"),
    ] {
        let error = BadgeImage::read(SVG.replace("<rect", &format!("{bad}<rect")).into_bytes()).unwrap_err();
        assert!(error.0.contains(word), "{bad}: {error}");
    }
    let good = "<defs><linearGradient id=\"g\"/></defs><use href=\"#g\"/><rect fill=\"url(#g)\"/><rect";
    assert!(BadgeImage::read(SVG.replace("<rect", good).into_bytes()).is_ok());
}

#[test]
fn what_is_no_image_is_refused() {
    for bytes in [b"".as_slice(), b"GIF89a", b"<html/>", b"<svg", b"\x89PNG\r\n\x1a\n", b"\xff\xfe", b"{}"] {
        assert!(BadgeImage::read(bytes.to_vec()).is_err(), "{bytes:?}");
        assert!(unbake(bytes).is_err(), "{bytes:?}");
    }
    assert!(unbake(&vec![b' '; MOST_BYTES + 1]).unwrap_err().0.contains("MiB"));
    let mut huge = image().png(10).unwrap();
    huge[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
    assert!(BadgeImage::read(huge).unwrap_err().0.contains("100000"));
    assert!(BadgeImage::Svg("<svg viewBox='0 0 1 9999'/>".to_owned()).png(600).is_err());
}

proptest! {
    #[test]
    fn what_is_baked_comes_back(text in "[^\\p{Cc}\u{fffe}\u{ffff}]{0,200}") {
        let credential = format!("{{\"name\":\"{text}]]>&lt;\"}}");
        prop_assert_eq!(unbake(&small_png().baked_png(&credential).unwrap()).unwrap(), credential.clone());
        prop_assert_eq!(unbake(image().baked_svg(&credential).unwrap().as_bytes()).unwrap(), credential);
    }

    #[test]
    fn baking_into_svg_is_exact_or_refused(credential in ".{1,60}") {
        if let Ok(svg) = image().baked_svg(&format!("{{{credential}}}")) {
            prop_assert_eq!(unbake(svg.as_bytes()).unwrap(), format!("{{{credential}}}"));
        }
    }

    #[test]
    fn reading_never_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..4) {
        match kind {
            0 => bytes.splice(0..0, *b"\x89PNG\r\n\x1a\n").for_each(drop),
            1 => bytes.splice(0..0, *b"<svg xmlns:b=\"https://purl.imsglobal.org/ob/v3p0\"><b:credential").for_each(drop),
            _ => {}
        }
        let _ = unbake(&bytes);
        let _ = BadgeImage::Png(bytes.clone()).baked_png("{}");
        let _ = BadgeImage::Svg(String::from_utf8_lossy(&bytes).into_owned()).baked_svg("{}");
        let _ = BadgeImage::read(bytes);
    }

    #[test]
    fn a_damaged_image_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), svg in any::<bool>()) {
        let mut bytes =
            if svg { image().baked_svg("{}").unwrap().into_bytes() } else { small_png().baked_png("{}").unwrap() };
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = unbake(&bytes);
        let _ = BadgeImage::read(bytes);
    }
}
