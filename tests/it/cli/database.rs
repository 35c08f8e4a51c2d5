//! Databases that a command must leave as they are.

use std::path::Path;

use accolade::store::{OpenError, Store, TrailFilter};

use super::Folder;
use crate::support::database::TestDatabase;

#[tokio::test]
async fn an_older_or_empty_database_is_named_and_left_as_it_is() {
    let folder = Folder::new(None);
    std::fs::create_dir_all(folder.database().parent().unwrap()).unwrap();
    let file = folder.database();
    let left_alone = |file: &Path, commands: [&str; 2]| {
        let before = std::fs::read(file).unwrap();
        let said = commands.map(|command| folder.run(command)).concat();
        assert_eq!(std::fs::read(file).unwrap(), before);
        said
    };
    std::fs::write(&file, "").unwrap();
    insta::assert_snapshot!(left_alone(&file, ["deliveries", "parked retry 01a20a3c-aede-70c5-bb4a-b66604404784"]), @r"
    $ accolade deliveries
    accolade: the database has no tables yet: `accolade serve` makes them
    (1)
    $ accolade parked retry ID
    accolade: the database has no tables yet: `accolade serve` makes them
    (1)
    ");

    let url = format!("sqlite://{}", file.display());
    let store = Store::connect(&url, 1).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql("DELETE FROM _sqlx_migrations WHERE version > 1; UPDATE _sqlx_migrations SET version = 0")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let said = left_alone(&file, ["deliveries", "doctor"]);
    assert_eq!(said.matches("the database is of an older version (").count(), 2, "{said}");
    assert_eq!(said.matches("start `accolade serve` of this version once").count(), 2, "{said}");

    std::fs::write(&file, "not a database at all").unwrap();
    insta::assert_snapshot!(left_alone(&file, ["deliveries", "deliveries --state done"]), @r"
    $ accolade deliveries
    accolade: `database.url`: the database refused a statement: file is not a database (26)
    (1)
    $ accolade deliveries --state done
    accolade: `database.url`: the database refused a statement: file is not a database (26)
    (1)
    ");
}

#[tokio::test]
async fn only_a_migrated_database_is_opened() {
    let databases = [Some(TestDatabase::sqlite()), TestDatabase::postgres().await];
    for database in databases.into_iter().flatten() {
        let refused = Store::open(database.url(), 1).await.unwrap_err();
        assert!(
            matches!(&refused, OpenError::NotReady(why) if why.contains("`accolade serve` makes")),
            "{refused}"
        );
        database.store().await.close().await;
        let store = Store::open(database.url(), 1).await.unwrap();
        assert!(
            store.deliveries(&TrailFilter { limit: 1, ..TrailFilter::default() }).await.unwrap().is_empty()
        );
        store.verify().await.unwrap();
    }
}
