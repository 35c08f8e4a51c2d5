use proptest::prelude::*;

use super::super::BadgeImage;
use super::*;

fn look() -> Look {
    Look {
        id: "workplace-safety".to_owned(),
        name: "Workplace Safety".to_owned(),
        text: vec!["Workplace Safety".to_owned()],
        institution: Some("Example University".to_owned()),
        symbol: Symbol::Icon("star".to_owned()),
        color: "#2563eb".to_owned(),
        accent: "#facc15".to_owned(),
        ink: "#ffffff".to_owned(),
    }
}

fn drawn(template: &str, look: &Look) -> Result<BadgeImage, BakeError> {
    BadgeImage::read(fill(template, look)?.into_bytes())
}

#[test]
fn every_template_and_symbol_is_drawn() {
    let arabic = Look {
        text: vec!["السلامة في مكان العمل".to_owned()],
        institution: Some("جامعة المثال".to_owned()),
        symbol: Symbol::Initials("س".to_owned()),
        ..look()
    };
    let long = Look {
        text: vec!["Advanced Quantitative Methods for Interdisciplinary Environmental Research".to_owned()],
        ..look()
    };
    let logo = built_in("circle").map(|svg| fill(svg, &look()).unwrap()).unwrap();
    let logo = Look { symbol: Symbol::Logo(logo), ..look() };
    let mut all: Vec<(String, String, Look)> = built_in_names()
        .flat_map(|name| {
            [("", look()), ("-ar", arabic.clone()), ("-long", long.clone()), ("-logo", logo.clone())]
                .map(|(kind, look)| (name.to_owned(), format!("{name}{kind}"), look))
        })
        .collect();
    all.extend(icon_names().map(|icon| {
        (
            "circle".to_owned(),
            format!("icon-{icon}"),
            Look { symbol: Symbol::Icon(icon.to_owned()), ..look() },
        )
    }));
    for (template, name, look) in all {
        let image = drawn(built_in(&template).unwrap(), &look).unwrap();
        let png = image.png(300).unwrap();
        let map = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!((map.width(), map.height()), (300, 300), "{name}");
        // Its colours are there: the letters', and the ground's or what it fades to.
        let has = |wanted: &dyn Fn((u8, u8, u8)) -> bool| {
            map.pixels()
                .iter()
                .any(|pixel| pixel.alpha() == 255 && wanted((pixel.red(), pixel.green(), pixel.blue())))
        };
        assert!(has(&|pixel| pixel == (255, 255, 255)), "{name}");
        assert!(has(&|(red, green, blue)| blue > 100 && red < 60 && green < 120), "{name}");
        // The corners stay clear.
        assert_eq!(map.pixel(0, 0).unwrap().alpha(), 0, "{name}");
    }
}

#[test]
fn words_are_as_large_as_they_fit() {
    let place = [0.0, 0.0, 300.0, 100.0];
    let short = wrapped("Safety", 300.0, 100.0);
    assert_eq!((short.lines.len(), short.size), (1, 50.0));
    let two = wrapped("Workplace Safety", 300.0, 100.0);
    assert_eq!(two.lines, ["Workplace", "Safety"]);
    let long = wrapped("Advanced Quantitative Methods for Interdisciplinary Research", 300.0, 100.0);
    assert!(long.lines.len() >= 3 && long.lines.join(" ").ends_with("Research"), "{long:?}");
    let mut out = String::new();
    words(&["Lab".to_owned(), "Safety".to_owned()], place, "#ffffff", &mut out);
    insta::assert_snapshot!(out);
}

#[test]
fn a_template_says_what_is_wrong_in_it() {
    let wrong = |template: &str| drawn(template, &look()).unwrap_err().0;
    let svg = |inside: &str| {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">{inside}</svg>")
    };
    assert!(
        wrong(&svg("{{colour}}"))
            .starts_with("the template has the placeholder {{colour}}; possible is {{id}}")
    );
    assert!(wrong(&svg("{{text 1 2 3}}")).starts_with("the template has the placeholder {{text 1 2 3}}"));
    assert!(wrong(&svg("{{text 1 2 0 4}}")).contains("{{text 1 2 0 4}}"));
    assert!(wrong(&svg("{{name")).starts_with("a placeholder of the template has no end"));
    assert!(wrong(&svg("<script/>")).contains("<script>"));
    assert!(wrong(&svg("<image href=\"https://elsewhere.example/x.svg\"/>")).contains("outside"));
    assert!(wrong(&svg(&"{{id}}".repeat(201))).contains("more than 200"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_text_gives_an_image(name in "(?s).{1,80}", text in "\\PC{0,100}", letters in "(?s).{0,6}") {
        let look = Look { name, text: vec![text], symbol: Symbol::Initials(letters), ..look() };
        for name in built_in_names() {
            prop_assert!(drawn(built_in(name).unwrap(), &look).is_ok());
        }
    }
}
