use proptest::prelude::*;

use super::*;

const IMAGE: &str = include_str!("../../../config/badges/workplace-safety.svg");

fn certificate() -> Certificate {
    Certificate {
        language: "en".to_owned(),
        right_to_left: false,
        title: "Certificate".to_owned(),
        certifies: "This is to certify that".to_owned(),
        earned: "has earned the badge".to_owned(),
        check: "The badge itself is a signed Open Badges 3.0 credential. What counts is what its page says today:"
            .to_owned(),
        issuer: "Example University".to_owned(),
        holder: "Ada Example".to_owned(),
        badge: "Workplace Safety".to_owned(),
        description: "Recognises hazards at a workplace, chooses protective measures, and acts correctly when an accident happens.".to_owned(),
        facts: vec![
            ("Awarded".to_owned(), "3 November 2026".to_owned()),
            ("Valid until".to_owned(), "3 November 2028".to_owned()),
            ("Credits".to_owned(), "1.5".to_owned()),
        ],
        id: "2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11".to_owned(),
        url: "https://badges.example.edu/credentials/2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11".to_owned(),
        awarded_at: "2026-11-03T09:12:00Z".parse().unwrap(),
        image: BadgeImage::Svg(IMAGE.to_owned()),
    }
}

fn arabic() -> Certificate {
    Certificate {
        language: "ar".to_owned(),
        right_to_left: true,
        title: "شهادة".to_owned(),
        certifies: "تشهد هذه الوثيقة بأن".to_owned(),
        earned: "قد حصل على الشارة".to_owned(),
        check: "الشارة نفسها وثيقة موقّعة وفق معيار Open Badges 3.0. والمعتمد هو ما تقوله صفحتها اليوم:"
            .to_owned(),
        issuer: "جامعة المثال".to_owned(),
        holder: "فاطمة الزهراء".to_owned(),
        badge: "السلامة في مكان العمل".to_owned(),
        description: "تتعرّف على المخاطر في مكان العمل، وتختار وسائل الوقاية، وتتصرّف بشكل صحيح عند وقوع حادث."
            .to_owned(),
        facts: vec![
            ("تاريخ المنح".to_owned(), "3 نوفمبر 2026".to_owned()),
            ("الساعات".to_owned(), "1.5".to_owned()),
        ],
        ..certificate()
    }
}

#[test]
fn the_same_award_gives_the_same_bytes() {
    let (one, other) = (certificate().pdf().unwrap(), certificate().pdf().unwrap());
    assert_eq!(one, other);
    assert!(one.starts_with(b"%PDF-"));
    // Fonts are cut to the letters that are used.
    assert!(one.len() < 100_000, "{} bytes", one.len());
}

#[test]
fn a_certificate_in_arabic_is_mirrored() {
    let svg = arabic().svg().unwrap();
    assert!(svg.contains("text-anchor=\"end\"") && !svg.contains("text-anchor=\"start\""));
    let place = page::image_place(&arabic(), 512.0, 512.0);
    assert!(place.x > page::WIDTH / 2.0, "{place:?}");
    let place = page::image_place(&certificate(), 512.0, 512.0);
    assert!(place.x + place.width < page::WIDTH / 2.0, "{place:?}");
    assert!(arabic().can_be_drawn());
    assert!(!Certificate { holder: "王小明".to_owned(), ..certificate() }.can_be_drawn());
}

#[test]
fn long_texts_stay_in_their_places() {
    let long = "Interdisciplinary environmental research methods for graduates ".repeat(20);
    let certificate = Certificate {
        issuer: long.clone(),
        holder: long.clone(),
        badge: long.clone(),
        description: long.clone(),
        facts: vec![(long.clone(), long); 6],
        ..certificate()
    };
    let svg = certificate.svg().unwrap();
    let facts = svg.find("y=\"444.00\"").unwrap();
    let lowest = svg[..facts]
        .split(" y=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.parse::<f32>().ok())
        .fold(0.0, f32::max);
    assert!((330.0..434.0).contains(&lowest), "{lowest}");
    assert_eq!(svg.matches("y=\"444.00\"").count(), 4);
}

#[test]
fn the_page_as_it_is_drawn() {
    let svg = certificate().svg().unwrap();
    let code = svg.find("<path transform").unwrap();
    let end = code + svg[code..].find('\n').unwrap();
    insta::assert_snapshot!(format!("{}(the code)\n{}", &svg[..code], &svg[end + 1..]));
}

#[test]
fn the_code_has_the_address() {
    // 75 characters at level M need version 5 (ISO/IEC 18004, table 7): 37 modules a side.
    let code = qr::qr_code(&certificate().url).unwrap();
    assert_eq!(code.modules, 37);
    // The first row of a finder pattern: seven dark modules.
    assert!(code.path.starts_with("M0 0h7v1h-7z"), "{}", &code.path[..20]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_gives_a_page(holder in "(?s).{0,60}", badge in "\\PC{0,120}", rtl: bool) {
        let certificate = Certificate { holder, badge, right_to_left: rtl, ..certificate() };
        prop_assert!(certificate.pdf().is_ok());
    }
}
