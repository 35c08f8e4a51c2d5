//! A signer in a process of its own: it is killed, dies, hangs, signs wrongly, and returns, while
//! learners pass.

use std::fs;

use super::*;

/// A program that starts only where there is a file `up`. Where there is a file `slow`, it takes its
/// time, and notes in `asked.GROUP` and `answered.GROUP` what it does, and in `ended` that its input
/// ended; with `lie` it spoils all signatures but the first, with which it shows that it has the key,
/// and notes them in `lied`; with `hang` it never answers. It notes its groups of processes in `groups`.
pub(crate) fn program(folder: &Path) -> Vec<String> {
    fs::rename(folder.join("issuer.pem"), folder.join("elsewhere.pem")).unwrap();
    fs::write(folder.join("up"), "").unwrap();
    let script = format!(
        r#"cd '{}' && test -e up || exit 1
        echo $$ >> groups
        if test -e hang; then echo $$ >> hung; exec sleep 600; fi
        if test -e lie; then
            '{accolade}' keys signer elsewhere.pem | sed -u '1!s/"signatures":\["....../"signatures":["AAAAAA/' | tee -a lied
            exit
        fi
        if test -e slow; then
            while read -r line; do
                echo "$line" >> asked.$$; sleep 0.3; echo "$line"
            done | '{accolade}' keys signer elsewhere.pem | tee -a answered.$$
            echo $$ >> ended; exit
        fi
        exec '{accolade}' keys signer elsewhere.pem"#,
        folder.display(),
        accolade = env!("CARGO_BIN_EXE_accolade"),
    );
    vec!["sh".to_owned(), "-c".to_owned(), script]
}

/// Ends all signers at once, whatever they do.
pub(crate) fn kill(folder: &Path) {
    // Those that start meanwhile note themselves in another file.
    let groups = folder.join("killed");
    fs::rename(folder.join("groups"), &groups).unwrap();
    for group in lines(&groups) {
        // It may have ended already.
        let _ = std::process::Command::new("kill").args(["-9", "--", &format!("-{group}")]).output().unwrap();
    }
}

/// Whether one of them is in the middle of a request.
pub(crate) fn busy(folder: &Path) -> bool {
    let noted = |what: &str, group: &str| lines(&folder.join(format!("{what}.{group}"))).len();
    lines(&folder.join("groups")).iter().any(|group| noted("asked", group) > noted("answered", group))
}

pub(crate) fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

async fn wait(what: &str, wished: impl Fn() -> bool) {
    let began = tokio::time::Instant::now();
    while !wished() {
        assert!(began.elapsed() < Duration::from_mins(2), "still not so: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Campus {
    /// The attempts of what waits.
    async fn attempts(&self) -> Vec<u32> {
        let filter = TrailFilter { limit: 10_000, ..TrailFilter::default() };
        let trails = self.front.store.deliveries(&filter).await.unwrap();
        let open = trails.iter().filter(|trail| trail.state == DeliveryState::Waiting);
        let events = open.flat_map(|trail| &trail.signals).flat_map(|signal| &signal.events);
        let events: Vec<Uuid> = events.map(|event| event.id).collect();
        let candidates = self.front.store.candidates(&events).await.unwrap();
        candidates.iter().map(|candidate| candidate.attempts).collect()
    }
}

async fn lost_and_found(way: Way) {
    let Some(campus) = Campus::signing_by(way, program).await else { return };
    let folder = campus.site.folder.path().to_owned();
    let set = |name: &str| fs::write(folder.join(name), "").unwrap();
    let unset = |name: &str| fs::remove_file(folder.join(name)).unwrap();
    let flow = campus.flow();
    campus.until("it signs", |signed| of(signed, KeyState::Active) > 10).await;

    // It is killed in the middle of a batch, more than once.
    set("slow");
    kill(&folder);
    for _ in 0..2 {
        wait("it is asked", || busy(&folder)).await;
        kill(&folder);
    }

    // It dies, and does not come back.
    wait("it was started again", || folder.join("groups").exists()).await;
    unset("up");
    kill(&folder);
    let dead = flow.count.load(Ordering::SeqCst);
    while flow.count.load(Ordering::SeqCst) < dead + 20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let learners = flow.end().await;
    unset("slow");

    // It comes back, and never answers.
    set("hang");
    set("up");
    wait("it hangs", || !lines(&folder.join("hung")).is_empty()).await;
    unset("hang");

    // It is ended for that, and the next one signs wrongly.
    set("lie");
    wait("it lies", || {
        lines(&folder.join("lied")).iter().filter(|line| line.contains("[\"AAAAAA")).count() > 1
    })
    .await;
    let attempts = campus.attempts().await;
    assert!(attempts.len() >= 15, "those after it died wait: {}", attempts.len());
    assert!(attempts.iter().all(|attempts| *attempts == 0), "no attempt is spent on an outage: {attempts:?}");

    // That one is ended, too.
    unset("lie");
    campus.until("all have badges", |signed| of(signed, KeyState::Active) == learners).await;
    campus.all_hold(learners).await;
    let list = campus.run("keys list");
    assert!(list.contains(&format!("{learners} badges")), "{list}");
    campus.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_signer_that_is_away_does_not_sign_is_signed_later_embedded() {
    lost_and_found(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_signer_that_is_away_does_not_sign_is_signed_later_in_production() {
    lost_and_found(Way::Production).await;
}

/// The program has two keys: the second is taken when the first is to be replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_program_is_replaced() {
    let campus = Campus::signing_by(Way::Embedded, |folder| {
        let keys =
            [folder.join("issuer.pem"), folder.join("next.pem")].map(|file| file.display().to_string());
        let next = accolade::badges::SigningKey::from_seed([9; 32]).to_pem();
        accolade::secrets::write_new(&folder.join("next.pem"), &next).unwrap();
        let program = [env!("CARGO_BIN_EXE_accolade"), "keys", "signer"].map(str::to_owned);
        program.into_iter().chain(keys).collect()
    });
    let campus = campus.await.unwrap();
    pass(&campus.front, 1).await;
    campus.until("the first key signs", |signed| of(signed, KeyState::Active) == 1).await;
    let said = campus.run("keys rotate");
    assert!(said.contains("is announced") && !said.contains("its private half"), "{said}");
    campus.clock_to(campus.announced().await.signs_from);
    campus.until("the next signs", |signed| of(signed, KeyState::Retired) == 1).await;
    pass(&campus.front, 2).await;
    campus.all_hold(2).await;
    assert_eq!(of(&campus.signed().await, KeyState::Active), 1);
    campus.end().await;
}
