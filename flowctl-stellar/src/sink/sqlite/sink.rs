use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flowctl_core::{
    component::{ComponentContext, ComponentError, Held, OpenSink, Sink},
    event::Batch,
};

use super::{SqliteConfig, database::Database};
use crate::sink::blocking;

/// Puts token-transfer events into a SQLite database, one row each, with the position in the same
/// transaction. One sink at a time writes to a database; a second one is refused.
#[derive(Debug)]
pub struct Sqlite {
    config: SqliteConfig,
    context: ComponentContext,
    database: Option<Arc<Mutex<Database>>>,
}

impl Sqlite {
    /// A sink as `config` says. Touches no file yet.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(config: SqliteConfig, context: ComponentContext) -> Result<Self, ComponentError> {
        Ok(Self {
            config,
            context,
            database: None,
        })
    }

    /// Does `work` with the open database on a thread that may block.
    async fn with_database<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database) -> Result<T, ComponentError> + Send + 'static,
    ) -> Result<T, ComponentError> {
        let database = self.database.clone();
        let database = database.ok_or_else(|| ComponentError::stop("the sink is not open"))?;
        blocking(move || work(&mut database.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

#[async_trait]
impl Sink for Sqlite {
    async fn open(&mut self, open: &OpenSink) -> Result<Held, ComponentError> {
        self.database = None;
        let (path, open) = (self.config.path.clone(), open.clone());
        let database = blocking(move || Database::open(&path, &open)).await?;
        self.database = Some(Arc::new(Mutex::new(database)));
        self.with_database(|database| Ok(database.positions().held()))
            .await
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let (batches, codecs) = (batches.to_vec(), self.context.codecs.clone());
        self.with_database(move |database| database.write(&batches, &codecs))
            .await
    }

    async fn reset(&mut self) -> Result<(), ComponentError> {
        self.database = None;
        let path = self.config.path.clone();
        blocking(move || Database::remove(&path)).await
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        if self.database.is_none() {
            return Ok(());
        }
        let closed = self.with_database(Database::close).await;
        self.database = None;
        closed
    }
}
