//! Databases, brokers and LMSs that do not answer: where it was tried, and which key to mend.

use super::Folder;

#[test]
fn who_does_not_answer_is_named_with_key_and_place_and_without_password() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = Folder::new(Some(&format!("http://{closed}/")));
    folder.run("keys generate");
    let said = |command: &str| {
        let mut command = folder.command(command);
        command.env("ACCOLADE_DATABASE__URL", format!("postgres://accolade:hunter2@{closed}/badges"));
        command.env("ACCOLADE_QUEUE__URL", format!("amqp://accolade:hunter2@{closed}/%2f"));
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert!(!said.contains("hunter2"), "{said}");
        said.replace(&closed.to_string(), "PLACE")
    };
    let database = "`database.url`: no connection to PLACE (Connection refused): is PostgreSQL running there, and \
                    the port open?";
    let doctor = said("doctor");
    for line in [
        &format!("MEND  database: {database}\n"),
        "MEND  queue: `queue.url`: no connection to PLACE (Connection refused): is RabbitMQ running there, and the \
         port open?\n",
        "MEND  source canvas: `sources.canvas.site` is http://PLACE: ",
    ] {
        assert!(doctor.contains(line), "{line} is missing in:\n{doctor}");
    }
    assert!(doctor.contains(": no connection: tcp connect error: Connection refused\n"), "{doctor}");
    for command in ["deliveries", "awards list", "publish --list"] {
        assert_eq!(said(command), format!("accolade: {database}\n"), "{command}");
    }
    let serve = said("serve");
    assert!(serve.ends_with(&format!("accolade: {database}\n")), "{serve}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_than_that_of_badges_that_are_out_is_noticed() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    assert_eq!(serving.post("forms", super::explain::graded("e1", "ada", 41)).await, 200);
    serving.settled().await;
    serving.stop();
    assert!(folder.run("doctor").contains("all is well"));

    let file = folder.folder.path().join("accolade.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let address = format!("http://localhost:{}", folder.port);
    std::fs::write(&file, text.replace(&address, "https://badges.example.edu")).unwrap();
    let said = folder.run("doctor");
    let mend = "`public_url` is https://badges.example.edu, and badges that are out name http://localhost:PORT: their \
                pages, keys and status lists are looked for there, so write http://localhost:PORT again";
    assert!(said.contains(&format!("  MEND  address: {mend}\n")) && said.ends_with("(1)\n"), "{said}");

    // `serve` says it, too, and serves.
    let log = folder.folder.path().join("log");
    let mut process = folder.command("serve").stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let read = || std::fs::read_to_string(&log).unwrap_or_default();
    let began = std::time::Instant::now();
    while !read().contains("serving") && began.elapsed().as_secs() < 120 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let log = read().replace(&folder.port.to_string(), "PORT");
    assert!(log.contains("WARN") && log.contains(mend), "{log}");
}
