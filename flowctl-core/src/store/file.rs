use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::{Change, Store, StoreError};
use crate::{Namespace, PipelineName};

/// A store in a folder of its own, crash safe: one redb file and who holds it.
///
/// A pipeline's folder is `<state-dir>/v1/<namespace>/<name>/`. Exactly one process can have it open;
/// the lock is the operating system's and ends with the process, so there is no stale one.
#[derive(Clone)]
pub struct FileStore {
    database: Arc<Database>,
    folder: PathBuf,
}

/// The layout of the folder and of what the runner keeps in it.
const FORMAT: u32 = 1;
const ENTRIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("entries");
/// The file of the database in the folder.
const DATABASE: &str = "state.redb";
const META: TableDefinition<'_, &str, u32> = TableDefinition::new("meta");

impl FileStore {
    /// The folder of a pipeline under `state_dir`.
    #[must_use]
    pub fn folder(state_dir: &Path, namespace: &Namespace, name: &PipelineName) -> PathBuf {
        state_dir
            .join(format!("v{FORMAT}"))
            .join(namespace.as_str())
            .join(name.as_str())
    }

    /// The pipelines that have a folder under `state_dir`, by namespace and name. Blocks on the file system
    /// for a moment.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read; one that is not there has no pipelines.
    pub fn pipelines(state_dir: &Path) -> io::Result<Vec<(Namespace, PipelineName)>> {
        let mut pipelines = Vec::new();
        let root = state_dir.join(format!("v{FORMAT}"));
        for namespace in folders_in(&root)? {
            for name in folders_in(&root.join(&namespace))? {
                // What has another name is not ours.
                if let (Ok(namespace), Ok(name)) = (namespace.parse(), name.parse()) {
                    pipelines.push((namespace, name));
                }
            }
        }
        pipelines.sort();
        Ok(pipelines)
    }

    /// Whether there is a store in `folder`.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(DATABASE).exists()
    }

    /// Opens the store in `folder`, and makes it first if it is not there.
    ///
    /// Blocks on the file system for a few milliseconds.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process has it open, [`StoreError::UnknownFormat`] when it
    /// was written by another version, [`StoreError::Failed`] when the file system refuses or the
    /// file is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |action| move |error: io::Error| StoreError::failed(action, error);
        fs::create_dir_all(folder).map_err(failed("make its folder"))?;
        let path = folder.join(DATABASE);
        if !path.exists() {
            make(folder, &path)?;
        }
        let database = match Database::create(&path) {
            Ok(database) => database,
            Err(DatabaseError::DatabaseAlreadyOpen) => {
                let holder = fs::read_to_string(holder_file(folder)).unwrap_or_default();
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    pid => format!("process {pid}"),
                };
                return Err(StoreError::InUse {
                    folder: folder.to_owned(),
                    holder,
                });
            }
            Err(error) => return Err(StoreError::failed("open its file", error)),
        };
        check_format(&database, folder)?;
        remove_unfinished(folder);
        fs::File::create(holder_file(folder))
            .and_then(|mut file| write!(file, "{}", std::process::id()))
            .map_err(failed("write who holds it"))?;
        Ok(Self {
            database: Arc::new(database),
            folder: folder.to_owned(),
        })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        tokio::task::spawn_blocking(move || work(&database))
            .await
            .map_err(|error| StoreError::failed(action, error))?
            .map_err(|error| StoreError::failed(action, error))
    }
}

fn folders_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let (true, Ok(name)) = (entry.file_type()?.is_dir(), entry.file_name().into_string()) {
            folders.push(name);
        }
    }
    Ok(folders)
}

fn holder_file(folder: &Path) -> PathBuf {
    folder.join("holder")
}

/// What the name of a database that is being made begins with; the process follows.
const UNFINISHED: &str = "state.redb.new-";

/// Makes the database under another name and gives it its own when it is whole: a crash in between
/// would leave a file that is no database, and that nothing would ever open again.
fn make(folder: &Path, path: &Path) -> Result<(), StoreError> {
    let unfinished = folder.join(format!("{UNFINISHED}{}", std::process::id()));
    let failed = |error: io::Error| StoreError::failed("make its file", error);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let database = Database::create(&unfinished)
        .map_err(|error| StoreError::failed("make its file", error))?;
    check_format(&database, folder)?;
    drop(database);
    // A link is not made where something is, so that of two processes the first wins; the second
    // finds its own file gone, or the name taken, and then opens what the first has made.
    match fs::hard_link(&unfinished, path) {
        Ok(()) => fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed),
        Err(_) if path.exists() => Ok(()),
        // Some file systems have no links; what is left there is the race of two first starts.
        Err(_) => fs::rename(&unfinished, path).map_err(failed),
    }
}

/// Removes what was being made when a process ended. Only who holds the database does this.
fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn check_format(database: &Database, folder: &Path) -> Result<(), StoreError> {
    let found = read_or_set_format(database)
        .map_err(|error| StoreError::failed("read its format", error))?;
    if found == FORMAT {
        return Ok(());
    }
    Err(StoreError::UnknownFormat {
        folder: folder.to_owned(),
        found: found.to_string(),
        known: FORMAT,
    })
}

fn read_or_set_format(database: &Database) -> Result<u32, redb::Error> {
    let transaction = database.begin_write()?;
    let found = {
        let mut meta = transaction.open_table(META)?;
        transaction.open_table(ENTRIES)?;
        let found = meta.get("format")?.map(|format| format.value());
        match found {
            Some(format) => format,
            None => {
                meta.insert("format", FORMAT)?;
                FORMAT
            }
        }
    };
    transaction.commit()?;
    Ok(found)
}

#[async_trait]
impl Store for FileStore {
    async fn read(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        let name = name.to_owned();
        self.blocking("read", move |database| {
            let entries = database.begin_read()?.open_table(ENTRIES)?;
            let value = entries.get(name.as_str())?;
            Ok(value.map(|value| Bytes::copy_from_slice(value.value())))
        })
        .await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.blocking("write", move |database| {
            let transaction = database.begin_write()?;
            {
                let mut entries = transaction.open_table(ENTRIES)?;
                for change in &changes {
                    match change {
                        Change::Put(name, value) => {
                            entries.insert(name.as_str(), value.as_ref())?;
                        }
                        Change::Remove(name) => {
                            entries.remove(name.as_str())?;
                        }
                    }
                }
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    async fn scan(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        let prefix = prefix.to_owned();
        self.blocking("read", move |database| {
            let entries = database.begin_read()?.open_table(ENTRIES)?;
            let mut found = Vec::new();
            for entry in entries.range(prefix.as_str()..)? {
                let (name, value) = entry?;
                if !name.value().starts_with(&prefix) {
                    break;
                }
                found.push((
                    name.value().to_owned(),
                    Bytes::copy_from_slice(value.value()),
                ));
            }
            Ok(found)
        })
        .await
    }
}

impl std::fmt::Debug for FileStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileStore")
            .field("folder", &self.folder)
            .finish()
    }
}
