//! Starting afresh: forgetting what earlier runs left.

use tokio::sync::watch;

use super::{
    deadline::Deadline,
    engine::StopAsked,
    error::{RunError, RunErrorKind},
    generation::Generation,
    history::RunHistory,
    instances::Instances,
    opened::Opened,
};
use crate::component::Held;

/// What [`Runner::reset`](super::Runner::reset) forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reset {
    /// The pipeline's state: checkpoints, and what components keep in it. The history of its runs stays.
    /// Refused when a sink holds data, which the next run would pass over.
    State,
    /// The state, and what its sinks hold.
    StateAndSinks,
}

impl Generation<'_> {
    /// Forgets what earlier runs left, first in the sinks, so that a reset that is cut short is
    /// finished by the next: a sink that holds nothing rewinds its sources.
    pub(super) async fn reset(&mut self, what: Reset) -> Result<(), RunError> {
        let instances = Instances::of(self.state);
        instances.end_leftovers(self.parts, self.scope).await?;
        let mut opened = Opened::default();
        let done = self.reset_sinks(&mut opened, what).await;
        opened.close().await;
        let (_nobody, asked) = watch::channel(None);
        self.end(Deadline::after(self.grace), &mut StopAsked(asked))
            .await;
        self.parts.close_run(self.scope).await;
        done?;
        let state = |error| RunError::from_store(RunErrorKind::State, error);
        // That there were runs stays true.
        let history = |name: &str| name.starts_with(RunHistory::CORNER);
        self.state.clear_but(history).await.map_err(state)
    }

    async fn reset_sinks(&mut self, opened: &mut Opened, what: Reset) -> Result<(), RunError> {
        // A program that flowctl carries nothing for keeps what it holds to itself.
        let carried = self
            .layout
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.carried.is_some());
        self.make(opened, Some(carried.map(|(place, _)| place).collect()))
            .await?;
        if what == Reset::StateAndSinks {
            for (node, (sink, _)) in &mut opened.sinks {
                sink.reset()
                    .await
                    .map_err(|error| self.not_started(*node, error))?;
            }
        }
        self.open_sinks(opened).await?;
        let holds = opened.sinks.iter().find(|(_, (_, held))| holds_data(held));
        match holds {
            None => Ok(()),
            Some((node, _)) => {
                let help = match what {
                    Reset::State => "`--fresh=sinks` empties it too",
                    Reset::StateAndSinks => "it cannot be emptied from here; empty it by hand",
                };
                Err(RunError::new(RunErrorKind::HoldsData)
                    .of(self.id(*node))
                    .with_help(help))
            }
        }
    }
}

fn holds_data(held: &Held) -> bool {
    matches!(held, Held::Positions(positions) if !positions.is_empty())
}
