//! `[image]`: badges that are drawn.

use super::*;
use crate::badges::template;

fn drawn(table: &str) -> String {
    format!("{BADGE}[image]\n{table}\n")
}

fn load(files: &[(&str, &str)]) -> Result<Catalog, String> {
    let files = folder(files);
    Catalog::load(files.path(), &Nameable::of(SOURCES))
        .map_err(|error| error.to_string().replace(&format!("{}/", files.path().display()), ""))
}

#[test]
fn a_badge_is_drawn_in_the_colours_of_the_brand_and_its_own() {
    let logo = r##"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z" fill="#123456"/></svg>"##;
    let own = r#"<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="300" height="200" fill="{{color}}" stroke="{{accent}}"/>{{symbol 9 9 90 90}}{{text 0 100 300 90}}</svg>"#;
    let files = [
        ("_brand.toml", "institution = \"Example & Co\"\ncolor = \"#0f766e\"\nlogo = \"our-logo.svg\"\n"),
        ("our-logo.svg", logo),
        (
            "a.toml",
            &drawn(
                "template = \"own.svg\"\nicon = \"logo\"\ntext = [\"Better <Safe>\"]\naccent = \"#be123c\"",
            ),
        ),
        ("own.svg", own),
        ("unused.svg", "not read"),
    ];
    let catalog = load(&files).unwrap();
    assert_eq!(catalog.badges.len(), 1, "_brand.toml is no badge");
    let badge = &catalog.badges[0];
    let Some(BadgeImage::Svg(svg)) = &badge.image else { panic!("{:?}", badge.image) };
    assert!(svg.contains("fill=\"#0f766e\" stroke=\"#be123c\""), "{svg}");
    assert!(svg.contains("&lt;Safe&gt;") && svg.contains("data:image/svg+xml;base64,"), "{svg}");
    assert_eq!(badge.achievement.image_caption.as_deref(), Some("Better <Safe>, Example & Co"));
    // What it is drawn from is part of the version, and read again from there.
    let names: Vec<&str> = catalog.files.files.keys().map(String::as_str).collect();
    assert_eq!(names, ["_brand.toml", "a.toml", "our-logo.svg", "own.svg"]);
    let again = Catalog::of(&catalog.files, &Nameable::of(SOURCES)).unwrap();
    assert_eq!((&again.version, &again.badges[0].image), (&catalog.version, &badge.image));
    let mut other = files;
    other[0].1 = "color = \"#0f766f\"\nlogo = \"our-logo.svg\"\n";
    assert_ne!(load(&other).unwrap().version, catalog.version);
}

#[test]
fn the_examples_of_the_guide_are_understood() {
    let guide = include_str!("../../../config/badges/README.md");
    let section = guide.split("## `[image]`").nth(1).unwrap().split("\n## ").next().unwrap();
    let examples: Vec<&str> =
        section.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [image, brand] = examples.as_slice() else { panic!("{examples:?}") };
    let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
    let badge = format!("{BADGE}{image}");
    let catalog = load(&[("_brand.toml", *brand), ("our-logo.svg", logo), ("a.toml", &badge)]).unwrap();
    let caption = catalog.badges[0].achievement.image_caption.as_deref();
    assert_eq!(caption, Some("Workplace Safety, Example University"));
    let words = template::built_in_names().chain(template::icon_names());
    for word in words.chain(["{{color}}", "{{accent}}", "{{ink}}", "{{dark}}", "{{id}}", "{{name}}"]) {
        assert!(section.contains(word), "{word}");
    }
}

#[test]
fn what_is_wrong_with_an_image_is_told() {
    let bad = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">{{colour}}</svg>";
    let named = |name: &str, table: &str| drawn(table).replace("A badge", name);
    let files = [
        ("_brand.toml", "color = \"blue\"\nlogo = \"../logo.svg\"\ncolour = \"#000000\"\n"),
        ("a.toml", &named("A", "template = \"shild\"")),
        (
            "b.toml",
            &named("B", "template = \"shield\"\nicon = \"stra\"\ncolor = \"red\"\ntext = [\" \"]\nsize = 3"),
        ),
        ("c.toml", &named("C", "template = \"shield\"\nicon = \"star\"\ninitials = \"WS\"")),
        ("d.toml", &named("D", "template = \"bad.svg\"")),
        ("bad.svg", bad),
        ("e.toml", &named("E", "template = \"../bad.svg\"")),
        ("f.toml", &named("F", "template = \"gone.svg\"")),
        ("g.toml", &named("G", "template = \"shield\"")),
        ("g.svg", "<svg/>"),
        ("h.toml", &named("H", "template = \"shield\"\nicon = \"logo\"")),
        ("i.toml", &named("I", "template = \"shield\"\ninitials = \"ABCDE\"")),
    ];
    insta::assert_snapshot!(load(&files).unwrap_err());
}

#[test]
fn an_issuer_may_have_colours_of_its_own() {
    let files = [
        ("_brand.toml", "institution = \"Example\"\ncolor = \"#0f766e\"\n"),
        ("_brand-law.toml", "institution = \"Law\"\ncolor = \"#7f1d1d\"\n"),
        ("a.toml", &drawn("template = \"shield\"")),
        (
            "b.toml",
            &drawn("template = \"shield\"")
                .replace("[badge]", "[badge]\nissuer = \"law\"")
                .replace("\nname = \"", "\nname = \"B "),
        ),
    ];
    let folder = folder(&files);
    let with_law = Nameable { issuers: vec!["school".to_owned(), "law".to_owned()], ..Nameable::of(SOURCES) };
    let catalog = Catalog::load(folder.path(), &with_law).unwrap();
    for (badge, has, has_not) in [(0, "#0f766e", "#7f1d1d"), (1, "#7f1d1d", "#0f766e")] {
        let Some(BadgeImage::Svg(svg)) = &catalog.badges[badge].image else { panic!() };
        assert!(svg.contains(has) && !svg.contains(has_not), "{svg}");
    }
    let error = Catalog::load(folder.path(), &Nameable::of(SOURCES)).unwrap_err().to_string();
    assert!(
        error.contains("_brand-law.toml: there is no issuer “law”; the configuration has `school`"),
        "{error}"
    );
}
