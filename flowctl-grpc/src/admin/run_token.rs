use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::Token;

/// The secret of a run, in a file of its state folder that only the user who runs it can read.
#[derive(Debug)]
pub struct RunToken;

impl RunToken {
    /// The file's name in the state folder.
    pub const FILE: &'static str = "admin.token";

    /// Makes a new secret of 256 random bits and writes it into `folder`, in place of the one of the run
    /// before. Blocks on the file system for a moment.
    ///
    /// # Errors
    ///
    /// When the file system refuses, or the operating system gives no random bits.
    pub fn create(folder: &Path) -> io::Result<Token> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let fresh = folder.join(format!("{}.new", Self::FILE));
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, folder.join(Self::FILE))?;
        Ok(Token::new(text))
    }

    /// The secret of the run whose state folder this is.
    ///
    /// # Errors
    ///
    /// When there is none, or the file system refuses.
    pub fn read(folder: &Path) -> io::Result<Token> {
        let mut text = String::new();
        File::open(folder.join(Self::FILE))?
            .take(4096)
            .read_to_string(&mut text)?;
        Ok(Token::new(text.trim()))
    }
}
