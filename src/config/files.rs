//! The files of badges: those of a folder, or those that were published of one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Badge files and their images, by name: what a version is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadgeFiles {
    /// Where they are from, for people: a folder, or what a published version is called.
    pub place: PathBuf,
    /// Their bytes by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Where files are read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shelf<'a> {
    Folder(&'a Path),
    Stored(&'a BadgeFiles),
}

impl Shelf<'_> {
    pub(super) fn place(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Stored(files) => &files.place,
        }
    }

    /// The names of all files in it.
    pub(super) fn names(&self) -> io::Result<BTreeSet<String>> {
        match self {
            Self::Folder(folder) => std::fs::read_dir(folder)?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect(),
            Self::Stored(files) => Ok(files.files.keys().cloned().collect()),
        }
    }

    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => std::fs::read(folder.join(name)),
            Self::Stored(files) => files.files.get(name).cloned().ok_or(io::ErrorKind::NotFound.into()),
        }
    }
}
