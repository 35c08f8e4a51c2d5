//! What badges that are out say of where they are from.

use super::statement::statements;
use super::{Store, StoreError};

statements! {
    /// By the index of the times of awards, as the next one.
    FIRST_OUT = "SELECT credentials.document FROM awards JOIN credentials ON credentials.id = awards.id
        ORDER BY awards.awarded_at, awards.id LIMIT 1";

    LAST_OUT = "SELECT credentials.document FROM awards JOIN credentials ON credentials.id = awards.id
        ORDER BY awards.awarded_at DESC, awards.id DESC LIMIT 1";
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    document: String,
}

impl Store {
    /// The addresses of installations that the first and the last badge name, without a slash at the end:
    /// none before the first badge, one where nothing changed.
    pub async fn addresses_out(&self) -> Result<Vec<String>, StoreError> {
        let mut session = self.pool.read().await?;
        let mut addresses: Vec<String> = Vec::new();
        for statement in [&FIRST_OUT, &LAST_OUT] {
            let rows: Vec<DocumentRow> = session.all(statement, Vec::new()).await?;
            addresses.extend(rows.first().and_then(|row| address(&row.document)));
        }
        addresses.dedup();
        Ok(addresses)
    }
}

/// What stands before `/credentials/…` in a credential's id.
fn address(document: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let (address, _) = document.get("id")?.as_str()?.rsplit_once("/credentials/")?;
    Some(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_stands_before_the_credential() {
        let of = |id: &str| address(&serde_json::json!({"id": id}).to_string());
        assert_eq!(of("https://badges.example.edu/credentials/7").unwrap(), "https://badges.example.edu");
        assert_eq!(of("urn:uuid:7"), None);
        assert_eq!(address("{}"), None);
    }
}
