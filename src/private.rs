//! Files about people, which nobody else on the machine may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes a folder, and those above it, with mode 0700; those that are there stay as they are.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens a file to write to, with its folder; a new one has mode 0600, one that is there stays as it is.
///
/// # Errors
/// When it cannot be made or opened.
pub(crate) fn file(file: &Path) -> io::Result<File> {
    if let Some(place) = file.parent() {
        folder(place)?;
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file)
}

/// The same, empty: what is there is replaced.
///
/// # Errors
/// When it cannot be made or opened.
pub(crate) fn empty(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => file(path),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_new_is_private_and_what_is_there_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let (within, path) = (place.path().join("data/mails"), place.path().join("data/mails/one"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        file(&path).unwrap().write_all(b"kept").unwrap();
        assert_eq!((mode(&path), mode(&within), mode(within.parent().unwrap())), (0o600, 0o700, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        file(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"kept".to_vec(), 0o644));
        empty(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (Vec::new(), 0o600));
    }
}
