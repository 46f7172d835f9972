use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowctl_core::{
    control::{Caller, Heartbeat, InstanceId, Member, Registration, Roster},
    run::RunHistory,
};
use tokio::{sync::Semaphore, time};
use tonic::{Request, Response, Status};

use super::{
    access::{About, Known, Refusal, Shown, admit, shows},
    caller::{Called, peer},
    convert::status,
};
use crate::{Token, admin::ServedRun};

/// What the services of a control plane share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) roster: Roster,
    pub(super) token: Option<Token>,
    /// The run that this control plane belongs to, once there is one.
    pub(super) run: RunSlot,
    /// Runs of other programs that use this control plane.
    pub(super) foreign: RunHistory,
    /// Registrations that may wait to be known at once.
    pub(super) waiting: Semaphore,
}

/// A place for the run that is served, which is filled once it is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunSlot(Arc<Mutex<Option<Arc<ServedRun>>>>);

impl RunSlot {
    pub(crate) fn fill(&self, run: Arc<ServedRun>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }

    pub(crate) fn get(&self) -> Option<Arc<ServedRun>> {
        let run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        run.clone()
    }
}

/// How long a registration waits until the address that it comes from is known. Components in the field
/// give it five seconds, try it once, and never again.
const KNOWN_WITHIN: Duration = Duration::from_secs(3);

impl Shared {
    /// How many registrations may wait at once.
    pub(super) const WAITING: usize = 64;

    /// As whom a call is made.
    pub(super) fn caller<T>(&self, about: About, request: &Request<T>) -> Result<Caller, Status> {
        let called = Called::of(request);
        self.admit(about, &called.shown()).map_err(refused)
    }

    /// Takes in a heartbeat; `say` fills in what the request says.
    pub(super) fn heartbeat<T>(
        &self,
        request: Request<T>,
        say: impl FnOnce(T, &mut Heartbeat),
    ) -> Result<Response<()>, Status> {
        let mut heartbeat = Heartbeat::default();
        heartbeat.caller = self.caller(About::Component, &request)?;
        heartbeat.peer = peer(&request);
        say(request.into_inner(), &mut heartbeat);
        self.roster
            .heartbeat(heartbeat)
            .map_err(|error| status(&error))?;
        Ok(Response::new(()))
    }

    /// Takes in a registration.
    pub(super) fn register(&self, registration: Registration) -> Result<Member, Status> {
        self.roster
            .register(registration)
            .map_err(|error| status(&error))
    }

    /// Who has this id.
    pub(super) fn member(&self, id: &str) -> Result<Member, Status> {
        let member = self.roster.find(id);
        member.ok_or_else(|| Status::not_found(format!("service {id} not found")))
    }

    /// As whom a registration is made, once that is known.
    pub(super) async fn registering<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let called = Called::of(request);
        let within = time::Instant::now() + KNOWN_WITHIN;
        let place = self.waiting.try_acquire();
        loop {
            let changed = self.roster.changed();
            match self.admit(About::Component, &called.shown()) {
                Err(Refusal::Stranger) if place.is_ok() => {
                    if time::timeout_at(within, changed).await.is_err() {
                        return Err(refused(Refusal::Stranger));
                    }
                }
                answer => return answer.map_err(refused),
            }
        }
    }

    fn admit(&self, about: About, shown: &Shown<'_>) -> Result<Caller, Refusal> {
        admit(about, shown, self)
    }
}

impl Known for Shared {
    fn is_run(&self, authorization: &[u8]) -> bool {
        let token = self.token.as_ref();
        token.is_some_and(|token| token.is_shown_by(authorization))
    }

    fn with_token(&self, authorization: &[u8]) -> Option<InstanceId> {
        let has = |token: &Option<String>| {
            let token = token.as_deref();
            token.is_some_and(|token| shows(authorization, token))
        };
        let mut found = self.roster.expected(|one| has(&one.token)).into_iter();
        found.next()
    }

    fn at(&self, peer: IpAddr) -> Option<InstanceId> {
        let is = |own: IpAddr| own.to_canonical() == peer;
        let found = self.roster.expected(|one| one.peer.is_some_and(is));
        let mut found = found.into_iter();
        found.next().filter(|_| found.next().is_none())
    }
}

fn refused(refusal: Refusal) -> Status {
    match refusal {
        Refusal::WrongToken => Status::unauthenticated("the token is not the right one"),
        Refusal::Stranger => Status::unauthenticated(
            "the call is not from this machine, shows no token, and is from no component of the run",
        ),
        Refusal::OnlyComponents => {
            Status::permission_denied("a component of the run may only speak for itself")
        }
    }
}
