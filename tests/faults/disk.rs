//! A small disk, which a test fills: a file system in memory, mounted at a folder. Only root may do that.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The disk. Unmounted with the value.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Mounts one of so many MiB at an empty folder, for a user of this machine. `None`, and a line for the end of the run, where that
    /// is not allowed.
    pub(crate) fn mount(folder: &Path, mebibytes: u32, user: &str) -> Option<Self> {
        let size = format!("size={mebibytes}m,mode=700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "accolade"]).arg(folder).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            let disk = Self(folder.to_owned());
            assert!(Command::new("chown").arg(user).arg(folder).status().unwrap().success());
            return Some(disk);
        }
        println!("not checked: a database on a full disk (only root can mount a small one)");
        None
    }

    /// Leaves no byte free.
    pub(crate) fn fill(&self) {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(self.filler());
        let (mut file, mut size) = (file.unwrap(), 256 << 10);
        while size > 0 {
            if file.write_all(&vec![0; size]).is_err() {
                size /= 2;
            }
        }
    }

    /// Makes room again.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
