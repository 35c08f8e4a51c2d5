//! The bench for the whole (`benches/whole`) with a load that is over at once: that it counts right and
//! says what it counted, not how fast anything is.

use std::time::Duration;

#[path = "../../benches/whole/load/mod.rs"]
mod load;

use load::{Amount, Part, Plan, Report, Results, Servers};

use super::support::broker::amqp_url;

#[tokio::test]
async fn the_bench_counts_every_badge_of_both_ways_to_run() {
    let (Some(rabbitmq), Ok(postgres)) = (amqp_url(), std::env::var("DATABASE_URL")) else { return };
    let plan = Plan {
        program: env!("CARGO_BIN_EXE_accolade").into(),
        parts: vec![Part::Accept, Part::Production, Part::Embedded, Part::Growth, Part::GrowthEmbedded],
        badges: 100,
        time: Duration::from_secs(1),
        amount: Amount { awards: 600, deliveries: 3_000 },
        backlog: 100,
    };
    let servers = Servers::start(Some(postgres), Some(rabbitmq)).unwrap();
    let results = Results::measure(&plan, &servers).await.unwrap();
    let report = Report::of(&results, &plan, &servers).await.unwrap();
    let text = report.text();
    let parts = [
        "PostgreSQL: what is kept",
        "SQLite (FULL): what is kept",
        "PostgreSQL: webhooks stored",
        "SQLite: webhooks stored",
        "production: 100",
        "embedded: 100",
    ];
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("p50 0.00 ms"), "nothing is that fast: {text}");
    let folder = tempfile::tempdir().unwrap();
    report.write(folder.path(), "cargo bench").unwrap();
    let page = std::fs::read_to_string(folder.path().join("performance.md")).unwrap();
    assert!(page.contains("performance.svg") && page.contains("< 150 MB"), "{page}");
    let plot = std::fs::read_to_string(folder.path().join("performance.svg")).unwrap();
    let mut reader = quick_xml::Reader::from_str(&plot);
    let mut paths = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Empty(element) if element.name().as_ref() == "path" => paths += 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(paths > 8, "four lines with their keys: {plot}");
}
