/// How much a [`Roster`](super::Roster) keeps, whoever registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RosterLimits {
    /// Services; 10,000 unless set.
    pub members: usize,
    /// Bytes of text of one service, its metrics included; 64 KiB unless set.
    pub member_bytes: usize,
    /// Bytes of text of all services; 64 MiB unless set.
    pub bytes: usize,
}

impl Default for RosterLimits {
    fn default() -> Self {
        Self {
            members: 10_000,
            member_bytes: 64 * 1024,
            bytes: 64 * 1024 * 1024,
        }
    }
}
