//! The descriptors of a table, in a program that may close what is not its own (`closefrom` when it becomes a
//! daemon, say) and get the same number again for something else. So before a descriptor is used to allocate, to
//! lock or to close, it is compared with the file that it was opened for.
use crate::sys;
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// An open file, as long as nobody closes it under us.
#[derive(Debug)]
pub(crate) struct TableFile {
    file: ManuallyDrop<File>,
    device: u64,
    inode: u64,
}

impl TableFile {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let details = file.metadata()?;
        Ok(Self {
            file: ManuallyDrop::new(file),
            device: details.dev(),
            inode: details.ino(),
        })
    }

    /// What names the file on this machine: device and inode.
    pub(crate) fn name(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// The file, if the descriptor still is its own.
    pub(crate) fn get(&self) -> io::Result<&File> {
        self.get_with_length().map(|(file, _)| file)
    }

    /// The same, and how long it is: one call of the system, where a growing table makes many.
    pub(crate) fn get_with_length(&self) -> io::Result<(&File, u64)> {
        let details = self.file.metadata()?;
        if self.name() == (details.dev(), details.ino()) {
            Ok((&self.file, details.len()))
        } else {
            Err(io::Error::from_raw_os_error(libc::EBADF))
        }
    }

    fn is_same(&self, file: &File) -> io::Result<bool> {
        let details = file.metadata()?;
        Ok(self.name() == (details.dev(), details.ino()))
    }

    /// Opens the file anew: another open file description, so other locks. By the descriptor; if that is not ours
    /// any more, or without /proc, by name, if that still is the same file.
    pub(crate) fn reopen(&self, path: Option<&Path>) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .custom_flags(libc::O_CLOEXEC | libc::O_NONBLOCK);
        let by_descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for path in [Some(Path::new(&by_descriptor)), path]
            .into_iter()
            .flatten()
        {
            match options.open(path) {
                Ok(file) if self.is_same(&file)? => return Ok(file),
                Ok(_) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl AsFd for TableFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for TableFile {
    fn drop(&mut self) {
        if self.get().is_ok() {
            sys::close(self.file.as_raw_fd());
        }
    }
}
