use flowctl_core::component::Cancellation;

/// Gives `stop` when the process is first asked to end, and returns when it is asked again.
pub(crate) async fn heed(stop: Cancellation) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        for _ in 0..2 {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            if stop.is_cancelled() {
                break;
            }
            tracing::info!(signal = name, "draining; a second signal ends at once");
            stop.cancel();
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await?;
        stop.cancel();
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
