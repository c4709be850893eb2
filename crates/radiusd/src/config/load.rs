//! From the disk: the file, the secrets that it names, and the dictionary.
use super::{Config, ConfigError, Problem};
use crate::dictionary::{Dictionary, DictionaryError};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A configuration that can be put in force.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The names of attributes.
    pub dictionary: Dictionary,
}

/// Why a configuration cannot be put in force.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What it says is wrong.
    Config {
        /// Which file.
        path: PathBuf,
        /// All that is wrong.
        error: ConfigError,
    },
    /// The dictionary that it names cannot be used.
    Dictionary(DictionaryError),
}

impl fmt::Display for LoadError {
    /// A line for each problem, with the file and the line in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, error } => {
                write!(f, "{}: {error}: name it by --config", path.display())
            }
            Self::Config { path, error } => {
                for (number, Problem { line, text }) in error.problems.iter().enumerate() {
                    let separator = if number == 0 { "" } else { "\n" };
                    let path = path.display();
                    match line {
                        0 => write!(f, "{separator}{path}: {text}")?,
                        line => write!(f, "{separator}{path}:{line}: {text}")?,
                    }
                }
                Ok(())
            }
            Self::Dictionary(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

/// Reads everything that a configuration consists of, and checks it: for the start, for a reload, and for a check.
///
/// # Errors
/// [`LoadError`]. What is wrong in the file is all found at once, but for the names of 64-bit counters, which need
/// the dictionary, and so a file that is right but for them.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let path = path.to_owned();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Err(LoadError::Read { path, error }),
    };
    let mut config = match Config::parse(&text, |secret| std::fs::read(secret)) {
        Ok(config) => config,
        Err(error) => return Err(LoadError::Config { path, error }),
    };
    let dictionary = match &config.dictionary {
        Some(file) => Dictionary::load(file).map_err(LoadError::Dictionary)?,
        None => Dictionary::built_in(),
    };
    match config.find_wide_counters(&dictionary) {
        Ok(()) => Ok(Loaded { config, dictionary }),
        Err(error) => Err(LoadError::Config { path, error }),
    }
}
