//! The end of a process, asked for once and heard by everyone.

use tokio_util::sync::CancellationToken;

/// A request to stop. Clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A request that nobody has made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request. Making it again changes nothing.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether the request was made.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// The request as a token, for tasks that know only that.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.0.clone()
    }

    /// Ends when the request is made.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }
}

/// Ends when the operating system asks the process to stop: SIGTERM (from an orchestrator) or SIGINT (from a keyboard).
///
/// From its first call on, these signals no longer end the process by themselves.
///
/// # Errors
/// The operating system's, if it does not let us listen for signals.
pub async fn until_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "asked to stop");
        Ok(())
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
