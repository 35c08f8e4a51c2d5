//! The outbox: a folder where each mail becomes a file instead of leaving.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Composed, SendError};
use crate::private;

/// Writes the mail as `{left part of the Message-ID}.eml`. The file appears whole or not at
/// all, and the same mail sent again replaces it: no duplicates.
pub(super) async fn write(folder: &Path, mail: &Composed) -> Result<String, SendError> {
    let name = file_name(&mail.message_id)?;
    let path = folder.join(&name);
    store(folder, path, mail.raw.clone()).await?;
    Ok(format!("written to {name}"))
}

/// Removes a mail; whether it was there.
///
/// # Errors
/// When it is there and stays.
pub fn remove(folder: &Path, message_id: &str) -> std::io::Result<bool> {
    let Ok(name) = file_name(message_id) else { return Ok(false) };
    match std::fs::remove_file(folder.join(name)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the folder can be written to.
pub(super) async fn probe(folder: &Path) -> Result<String, SendError> {
    let file = folder.join(".probe");
    store(folder, file.clone(), Vec::new()).await?;
    tokio::fs::remove_file(&file).await.map_err(|error| trouble(folder, &error))?;
    Ok(format!("mails become files in {}", folder.display()))
}

async fn store(folder: &Path, path: PathBuf, content: Vec<u8>) -> Result<(), SendError> {
    let place = folder.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = place.join(name);
        let mut file = private::empty(&temporary)?;
        file.write_all(&content)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&temporary, &path)
    })
    .await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(trouble(folder, &error)),
        Err(_) => Err(SendError::Temporary("writing to the outbox was interrupted".to_owned())),
    }
}

fn trouble(folder: &Path, error: &std::io::Error) -> SendError {
    SendError::Temporary(format!("the outbox folder {} cannot be written to: {error}", folder.display()))
}

/// A Message-ID's left part as a file name. It is made by this program; anything that is not a
/// plain name is refused rather than repaired.
fn file_name(message_id: &str) -> Result<String, SendError> {
    let left = message_id.split('@').next().unwrap_or_default();
    let plain = left.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if left.is_empty() || left.starts_with('.') || left.len() > 200 || !plain {
        return Err(SendError::Permanent("the Message-ID cannot be a file name".to_owned()));
    }
    Ok(format!("{left}.eml"))
}
