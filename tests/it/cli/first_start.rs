//! What an administrator meets before the first start.

use std::os::unix::fs::PermissionsExt as _;

use super::Folder;

#[test]
fn without_a_configuration_it_says_how_to_name_one() {
    let folder = Folder::new(None);
    let output = folder.command("check").env_remove("ACCOLADE_CONFIG").output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    accolade: (no configuration file): `issuer.slug` is missing: add `slug = …` under [issuer]
    (no configuration file): `issuer.name` is missing: add `name = …` under [issuer]
    (no configuration file): `issuer.url` is missing: add `url = …` under [issuer]
    (no configuration file): `mail.from` is missing: add `from = …` under [mail]
    (no configuration file): `public_url` is missing: add `public_url = …`
    name a configuration file with --config FILE or ACCOLADE_CONFIG
    ");
}

#[test]
fn before_the_first_start_every_command_says_what_to_do_and_makes_no_database() {
    let folder = Folder::new(None);
    insta::assert_snapshot!(folder.run("check"), @r"
    $ accolade check
    badge   first-aid                First Aid
    source  forms                    automation  http://localhost:PORT/hooks/forms
    issuer.key_file: there is no file data/keys/issuer.pem; `accolade keys generate` makes it
    claim.secret_file: there is no file data/keys/claim.secret; `accolade keys generate` makes it
    (1)
    ");
    insta::assert_snapshot!(folder.run("doctor"), @r"
    $ accolade doctor
      well  badges: 1 read
      MEND  issuer: issuer.key_file: there is no file data/keys/issuer.pem; `accolade keys generate` makes it
      MEND  claim links: claim.secret_file: there is no file data/keys/claim.secret; `accolade keys generate` makes it
      well  database: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
      well  queue: embedded answers
      well  mail: mails become files in data/outbox
      well  source forms: nothing to ask: an automation source has no API; it accepts requests with a bearer token and believes them
    2 to mend
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries"), @r"
    $ accolade deliveries
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries 01a20a3c-aede-70c5-bb4a-b66604404784"), @r"
    $ accolade deliveries ID
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    insta::assert_snapshot!(folder.run("parked retry 01a20a3c-aede-70c5-bb4a-b66604404784"), @r"
    $ accolade parked retry ID
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    insta::assert_snapshot!(folder.run("serve"), @r"
    $ accolade serve
    accolade: issuer.key_file: there is no file data/keys/issuer.pem; `accolade keys generate` makes it
    (1)
    ");
    insta::assert_snapshot!(folder.run("keys generate"), @r"
    $ accolade keys generate
    signing key: made data/keys/issuer.pem (mode 0600)
    key of the JWT form: made data/keys/issuer-jwt.pem (mode 0600)
    secret of claim links: made data/keys/claim.secret (mode 0600)
    (0)
    ");
    insta::assert_snapshot!(folder.run("keys generate"), @r"
    $ accolade keys generate
    signing key: data/keys/issuer.pem is there already
    key of the JWT form: data/keys/issuer-jwt.pem is there already
    secret of claim links: data/keys/claim.secret is there already
    (0)
    ");
    insta::assert_snapshot!(folder.run("doctor"), @r"
    $ accolade doctor
      well  badges: 1 read
      well  issuer: did:web:localhost%3APORT
      well  claim links: the secret reads well
      well  database: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
      well  queue: embedded answers
      well  mail: mails become files in data/outbox
      well  source forms: nothing to ask: an automation source has no API; it accepts requests with a bearer token and believes them
    all is well
    (0)
    ");
    insta::assert_snapshot!(folder.run("check"), @r"
    $ accolade check
    badge   first-aid                First Aid
    source  forms                    automation  http://localhost:PORT/hooks/forms
    everything reads well; `accolade doctor` tries the connections
    (0)
    ");
    assert!(!folder.database().exists());
}

#[test]
fn check_finds_keys_that_others_can_read_and_shows_no_secret_of_an_address() {
    let folder = Folder::new(Some("https://canvas.example.edu"));
    folder.run("keys generate");
    for key in ["issuer-jwt.pem", "claim.secret"] {
        let file = folder.folder.path().join("data/keys").join(key);
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    insta::assert_snapshot!(folder.run("check"), @r"
    $ accolade check
    badge   first-aid                First Aid
    source  canvas                   canvas      http://localhost:PORT/hooks/canvas/{path_secret}
    source  forms                    automation  http://localhost:PORT/hooks/forms
    issuer.jwt_key_file: data/keys/issuer-jwt.pem can be read by others (mode 0644); run `chmod 600 data/keys/issuer-jwt.pem`
    claim.secret_file: data/keys/claim.secret can be read by others (mode 0644); run `chmod 600 data/keys/claim.secret`
    (1)
    ");
}

#[test]
fn the_doctor_looks_for_the_key_that_signs_mails() {
    let dkim = [("DOMAIN", "example.edu"), ("SELECTOR", "b1"), ("KEY_FILE", "keys/dkim.pem")];
    let dkim = dkim.map(|(key, value)| (format!("ACCOLADE_MAIL__DKIM__{key}"), value));
    let output = Folder::new(None).command("doctor").envs(dkim).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("MEND  mail: mail.dkim.key_file keys/dkim.pem: "), "{said}");
}
