//! How a public badge is found, embedded, and shown on its way, in the reader's language.

use std::fs;
use std::path::Path;

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use serde_json::Value;
use uuid::Uuid;

use crate::support::app::credentials;
use crate::web::{Visit, header};

/// The badges of `config/badges`, one that rests on First Aid, and one that excludes it.
fn stacked(folder: &Path) {
    let badges = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/badges"));
    for entry in fs::read_dir(badges).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let stack = "[badge]\nname = \"Safety Officer\"\ndescription = \"Looks after others.\"\n\
        criteria = \"Hold First Aid.\"\n[award]\nbadge = \"first-aid\"\n";
    fs::write(folder.join("safety-officer.toml"), stack).unwrap();
    let forbids = "[badge]\nname = \"Beginner\"\ndescription = \"Begins.\"\ncriteria = \"No First Aid yet.\"\n\
        [award]\nsource = \"forms\"\ncourse = \"first-aid-2026\"\n\
        all = [ { assessment = \"intro\", passed = true }, { none = [ { badge = \"first-aid\" } ] } ]\n";
    fs::write(folder.join("beginner.toml"), forbids).unwrap();
}

async fn text(visit: &Visit, path: &str) -> String {
    let answer = visit.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// Every address in every sitemap.
async fn found(visit: &Visit) -> Vec<String> {
    let locations = |xml: &str| -> Vec<String> {
        xml.split("<loc>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    let mut found = Vec::new();
    for sitemap in locations(&text(visit, "/sitemap.xml").await) {
        found.extend(locations(&text(visit, &sitemap).await));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_is_found_and_nothing_else() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    let page = format!("{}/credentials/{id}", visit.process.url);
    let before = found(&visit).await;
    assert!(before.contains(&format!("{}/achievements/first-aid", visit.process.url)), "{before:?}");
    assert!(!before.iter().any(|address| address.contains("/credentials/")), "{before:?}");
    let robots = text(&visit, "/robots.txt").await;
    assert!(robots.contains(&format!("Sitemap: {}/sitemap.xml", visit.process.url)), "{robots}");
    for hidden in ["/claim/", "/address/"] {
        assert!(!robots.contains(hidden), "its pages say noindex, which has to be read: {robots}");
    }
    for personal in ["/dev/", "/hooks/", "/credentials/*/verify"] {
        assert!(robots.contains(&format!("Disallow: {personal}\n")), "{personal}: {robots}");
    }

    let embed = format!("/oembed?url={}", page.replace(':', "%3A").replace('/', "%2F"));
    assert_eq!(visit.get(&embed).await.status(), 404, "nobody learns that a private badge exists");
    visit.claim(&link).await;
    assert!(found(&visit).await.contains(&page));
    let guide = text(&visit, "/llms.txt").await;
    assert!(
        guide.starts_with("# Badges of Example University\n") && guide.contains("- [First Aid]("),
        "{guide}"
    );
    assert!(!guide.contains(&id.to_string()) && !guide.contains("claim/"), "{guide}");

    let answer: Value = serde_json::from_str(&text(&visit, &embed).await).unwrap();
    assert_eq!((&answer["version"], &answer["type"]), (&"1.0".into(), &"rich".into()));
    assert_eq!((&answer["width"], &answer["thumbnail_width"]), (&480.into(), &600.into()));
    let html = answer["html"].as_str().unwrap();
    assert!(html.contains(&format!("<a href=\"{page}\">")) && html.contains("Rosa Reyes"), "{html}");
    assert!(!html.contains("<script") && !html.contains("style="), "{html}");
    let small: Value =
        serde_json::from_str(&text(&visit, &format!("{embed}&maxwidth=300&maxheight=9999")).await).unwrap();
    assert_eq!((&small["width"], &small["height"]), (&300.into(), &200.into()));
    assert_eq!(visit.get(&format!("{embed}&format=xml")).await.status(), 501);
    let elsewhere = format!("?url=https://elsewhere.example/credentials/{id}");
    for other in ["", &elsewhere, "?url=http://localhost/claim/x"] {
        assert_eq!(visit.get(&format!("/oembed{other}")).await.status(), 404, "{other}");
    }
    // The page leads there.
    let html = text(&visit, &page).await;
    let told = html.split("application/json+oembed\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let told = told.replace("&#38;", "&");
    assert_eq!(serde_json::from_str::<Value>(&text(&visit, &told).await).unwrap()["title"], answer["title"]);

    visit.claim(&format!("{link}/hide")).await;
    assert!(!found(&visit).await.contains(&page), "what is hidden is not offered");
    assert_eq!(visit.get(&embed).await.status(), 404);
    visit.claim(&format!("{link}/show")).await;
    assert!(found(&visit).await.contains(&page));

    let now = accolade::clock::Clock::system().now();
    let standing = async |revoked, suspended| {
        visit.process.store.set_status(id, revoked, suspended, now).await.unwrap();
    };
    standing(false, true).await;
    assert!(!found(&visit).await.contains(&page), "what is on hold is not offered");
    assert_eq!(visit.get(&embed).await.status(), 404);
    assert!(text(&visit, &page).await.contains("<meta name=\"robots\" content=\"noindex\">"));
    standing(true, false).await;
    assert!(!found(&visit).await.contains(&page), "what was withdrawn is not offered");
    assert_eq!(visit.get(&embed).await.status(), 404);
    for odd in [
        "x.xml",
        "badges",
        "1.xml",
        "-1-0.xml",
        "1-99999999999999999999.xml",
        "01-0.xml",
        "1-9223372036854775807.xml",
    ] {
        assert_eq!(visit.get(&format!("/sitemaps/{odd}")).await.status(), 404, "{odd}");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_shows_the_way_on_which_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    stacked(folder.path());
    let badges = folder.path().to_path_buf();
    let visit = Visit::with(move |settings| settings.badges = badges).await;
    let event = |name: &str| {
        serde_json::json!({
            "id": format!("evt_{name}"), "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": { "id": "s-1", "email": "rosa@example.test", "name": name },
                "course": { "id": "first-aid-2026" }, "assessment": { "id": "final", "name": "Examination" },
                "score": { "given": 41, "max": 50 }, "passed": true,
            },
        })
    };
    let bearer = [("authorization", "Bearer sandbox-bearer")];
    visit.process.post("forms", &bearer, event("Rosa Reyes").to_string()).await;
    let ids = credentials(&visit.process.settled().await);
    assert_eq!(ids.len(), 2, "the badge and the one that rests on it: {ids:?}");
    let badge = async |id: Uuid| visit.process.store.credential(id).await.unwrap().unwrap().badge;
    let (aid, officer) = if badge(ids[0]).await == "first-aid" { (ids[0], ids[1]) } else { (ids[1], ids[0]) };
    let page = async |id: Uuid| text(&visit, &format!("/credentials/{id}")).await;

    visit.claim(&visit.process.links.link(aid)).await;
    let way = page(aid).await;
    assert!(
        way.contains("It counts towards") && way.contains("href=\"/achievements/safety-officer\""),
        "{way}"
    );
    assert!(!way.contains(&officer.to_string()), "the other badge is not public");
    visit.claim(&visit.process.links.link(officer)).await;
    let (way, above) = (page(aid).await, page(officer).await);
    assert!(way.contains(&format!("href=\"/credentials/{officer}\"")) && way.contains("Earned"), "{way}");
    assert!(
        above.contains("It rests on") && above.contains(&format!("href=\"/credentials/{aid}\"")),
        "{above}"
    );
    assert!(!way.contains("/achievements/beginner"), "it counts towards no badge that excludes it: {way}");
    let officers = format!("/credentials/{officer}\"");
    let link = visit.process.links.link(officer);
    visit.claim(&format!("{link}/hide")).await;
    assert!(!page(aid).await.contains(&officers), "what is hidden is not shown on the way");
    visit.claim(&format!("{link}/show")).await;
    let now = accolade::clock::Clock::system().now();
    for (revoked, suspended) in [(false, true), (true, false)] {
        visit.process.store.set_status(officer, revoked, suspended, now).await.unwrap();
        assert!(!page(aid).await.contains(&officers), "nor what does not count");
    }
    let above = page(officer).await;
    assert!(above.contains("no longer counts") && above.contains("It rests on"), "{above}");
    assert!(!above.contains("Earned") && !above.contains(&aid.to_string()), "{above}");
    let beginner = text(&visit, "/achievements/beginner").await;
    assert!(!beginner.contains("It rests on") && !beginner.contains("/achievements/first-aid"), "{beginner}");
    let badge = text(&visit, "/achievements/safety-officer").await;
    assert!(badge.contains("It rests on") && badge.contains("href=\"/achievements/first-aid\""), "{badge}");
    assert!(!badge.contains("Earned"));
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_speaks_the_readers_language() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    visit.claim(&link).await;
    let german = [(ACCEPT_LANGUAGE, "de-AT, en;q=0.5")];
    for path in
        ["/", "/verify", "/issuers/example-university", "/achievements/first-aid", "/nothing", "/claim/x"]
    {
        let answer = visit.asking(path, &german).await;
        assert_eq!(header(&answer, CONTENT_LANGUAGE.as_str()), "de", "{path}");
        let vary: Vec<_> = answer.headers().get_all(VARY).iter().collect();
        assert!(vary.iter().any(|value| *value == "accept-language"), "{path}: {vary:?}");
        assert!(answer.text().await.unwrap().contains("<html lang=\"de\" dir=\"ltr\">"), "{path}");
    }
    let arabic = text(&visit, &format!("/credentials/{id}?lang=ar")).await;
    assert!(arabic.contains("dir=\"rtl\"") && arabic.contains("الإسعافات الأولية"), "{arabic}");
    assert!(arabic.contains("href=\"/verify?lang=ar\""), "the choice goes on");
    let checks = text(&visit, &format!("/credentials/{id}/verify?lang=es")).await;
    assert!(checks.contains("Esta insignia es válida"), "{checks}");
    // What is signed is the same for everybody.
    let document = async |headers: &[_]| {
        visit.asking(&format!("/credentials/{id}"), headers).await.text().await.unwrap()
    };
    let english = document(&[(ACCEPT, "application/vc")]).await;
    assert_eq!(document(&[(ACCEPT, "application/vc"), (ACCEPT_LANGUAGE, "fr")]).await, english);
    let sheet = async |language: &str| {
        let answer = visit.get(&format!("/credentials/{id}.pdf?lang={language}")).await;
        (header(&answer, CONTENT_LANGUAGE.as_str()).to_owned(), answer.bytes().await.unwrap())
    };
    let (language, french) = sheet("fr").await;
    assert_eq!((language.as_str(), &sheet("fr").await.1), ("fr", &french), "the same bytes each time");
    assert_ne!(sheet("en").await.1, french);
    visit.end().await;
}
