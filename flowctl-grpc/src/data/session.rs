use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::{Mutex as AsyncMutex, watch};

use super::worker::Worker;

/// An object that outlives the connection over which it is called, and its last answer.
pub(super) struct Session<W: Worker> {
    pub(super) id: Bytes,
    /// Who is attached.
    attached: watch::Sender<Attachment>,
    pub(super) inner: Arc<AsyncMutex<Inner<W>>>,
}

pub(super) struct Inner<W: Worker> {
    /// `None` before it is opened and after it is closed.
    pub(super) worker: Option<W>,
    /// The last call, and what was answered.
    pub(super) number: u64,
    pub(super) answer: Vec<W::Response>,
}

/// Which connection a session belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attachment {
    /// Rises with every connection.
    pub(super) epoch: u64,
    /// Another session writes instead.
    pub(super) superseded: bool,
}

/// All sessions of one role.
pub(super) struct Sessions<W: Worker>(Mutex<Known<W>>);

struct Known<W: Worker> {
    live: HashMap<Bytes, Arc<Session<W>>>,
    /// Sessions that must not come back, the last ones.
    superseded: VecDeque<Bytes>,
}

/// What became of a wish to attach.
pub(super) enum Attached<W: Worker> {
    /// To this session, with what it must do before: close those.
    To {
        session: Arc<Session<W>>,
        mine: Attachment,
        attachment: watch::Receiver<Attachment>,
        before: Vec<Arc<Session<W>>>,
    },
    /// Another session took over from it.
    Superseded,
    /// There are too many.
    Full,
}

/// The most sessions of one role at a time.
const MOST: usize = 256;

/// How many superseded sessions are remembered.
const REMEMBERED: usize = 256;

impl<W: Worker> Sessions<W> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Known {
            live: HashMap::new(),
            superseded: VecDeque::new(),
        }))
    }

    /// Attaches a connection to the session with this id, made where there is none. Whoever was attached
    /// to it is not any more; where there may be only one session, all others are superseded.
    pub(super) fn attach(&self, id: &Bytes) -> Attached<W> {
        let mut known = self.known();
        if known.superseded.contains(id) {
            return Attached::Superseded;
        }
        let mut before = Vec::new();
        if !known.live.contains_key(id) {
            if W::ALONE {
                before = known.supersede_all();
            }
            if known.live.len() >= MOST {
                return Attached::Full;
            }
            let inner = Inner {
                worker: None,
                number: 0,
                answer: Vec::new(),
            };
            let session = Session {
                id: id.clone(),
                attached: watch::Sender::new(Attachment::default()),
                inner: Arc::new(AsyncMutex::new(inner)),
            };
            known.live.insert(id.clone(), Arc::new(session));
        }
        let Some(session) = known.live.get(id).cloned() else {
            return Attached::Full;
        };
        session.attached.send_modify(|attached| attached.epoch += 1);
        let attachment = session.attached.subscribe();
        let mine = *attachment.borrow();
        Attached::To {
            session,
            mine,
            attachment,
            before,
        }
    }

    /// Supersedes every session; they are to be closed.
    pub(super) fn supersede_all(&self) -> Vec<Arc<Session<W>>> {
        self.known().supersede_all()
    }

    /// Forgets the session, unless another connection was attached to it since `attachment`. Answers
    /// whether it is forgotten, and so whether it is to be closed.
    pub(super) fn forget(&self, session: &Session<W>, attachment: Attachment) -> bool {
        let mut known = self.known();
        if *session.attached.borrow() != attachment {
            return false;
        }
        known.live.remove(&session.id).is_some()
    }

    fn known(&self) -> MutexGuard<'_, Known<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Worker> Known<W> {
    fn supersede_all(&mut self) -> Vec<Arc<Session<W>>> {
        let sessions: Vec<Arc<Session<W>>> =
            self.live.drain().map(|(_, session)| session).collect();
        for session in &sessions {
            session
                .attached
                .send_modify(|attached| attached.superseded = true);
            self.superseded.push_back(session.id.clone());
            if self.superseded.len() > REMEMBERED {
                self.superseded.pop_front();
            }
        }
        sessions
    }
}

impl<W: Worker> Session<W> {
    /// Closes the object, once whoever uses it has let go.
    pub(super) async fn close(&self) {
        let worker = self.inner.lock().await.worker.take();
        if let Some(mut worker) = worker
            && let Err(error) = worker.close().await
        {
            tracing::warn!(error = %flowctl_core::Chain(&error), "a component did not close");
        }
    }
}
