//! Who may call what. Pure.

use std::net::IpAddr;

use flowctl_core::control::{Caller, InstanceId};

use crate::dial::Token;

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// What components call about themselves: register, heartbeat, unregister.
    Component,
    /// What tools call.
    Run,
}

/// What a caller shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    /// The address it calls from.
    pub(super) peer: Option<IpAddr>,
    /// Whether its certificate was signed by an authority of the settings.
    pub(super) certificate: bool,
    /// The `authorization` header.
    pub(super) authorization: Option<&'a [u8]>,
}

/// Who is known of the run.
pub(super) trait Known {
    /// Whether this header shows the run's token.
    fn is_run(&self, authorization: &[u8]) -> bool;

    /// Whose token this header shows.
    fn with_token(&self, authorization: &[u8]) -> Option<InstanceId>;

    /// The one instance that has this address.
    fn at(&self, peer: IpAddr) -> Option<InstanceId>;
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// What it shows is nobody's.
    WrongToken,
    /// It comes from elsewhere and shows nothing, and is from no instance that is known (yet).
    Stranger,
    /// Components may not call this.
    OnlyComponents,
}

/// As whom a call may be made.
pub(super) fn admit(
    about: About,
    shown: &Shown<'_>,
    known: &impl Known,
) -> Result<Caller, Refusal> {
    let instance = match shown.authorization {
        _ if shown.certificate => return Ok(Caller::Trusted),
        Some(header) if known.is_run(header) => return Ok(Caller::Trusted),
        Some(header) => known.with_token(header).ok_or(Refusal::WrongToken)?,
        None => match shown.peer.map(|peer| peer.to_canonical()) {
            Some(peer) if peer.is_loopback() => return Ok(Caller::Trusted),
            Some(peer) => known.at(peer).ok_or(Refusal::Stranger)?,
            None => return Err(Refusal::Stranger),
        },
    };
    match about {
        About::Component => Ok(Caller::Instance(instance)),
        About::Run => Err(Refusal::OnlyComponents),
    }
}

/// Whether an `authorization` header shows this text as its bearer token.
pub(super) fn shows(authorization: &[u8], token: &str) -> bool {
    Token::new(token).is_shown_by(authorization)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Run;

    fn instance(component: &str) -> InstanceId {
        InstanceId::new(component.parse().unwrap(), 0)
    }

    impl Known for Run {
        fn is_run(&self, authorization: &[u8]) -> bool {
            shows(authorization, "run")
        }

        fn with_token(&self, authorization: &[u8]) -> Option<InstanceId> {
            shows(authorization, "own").then(|| instance("with-token"))
        }

        fn at(&self, peer: IpAddr) -> Option<InstanceId> {
            (peer == "172.18.0.3".parse::<IpAddr>().unwrap()).then(|| instance("at-address"))
        }
    }

    #[test]
    fn who_may_call_what() {
        let trusted = Ok(Caller::Trusted);
        let as_instance = |component| Ok(Caller::Instance(instance(component)));
        let only = Err(Refusal::OnlyComponents);
        let (stranger, wrong) = (Err(Refusal::Stranger), Err(Refusal::WrongToken));
        let local = "127.0.0.1";
        let mapped = "::ffff:127.0.0.1";
        for (peer, certificate, header, component, run) in [
            (local, false, None, trusted.clone(), trusted.clone()),
            ("::1", false, None, trusted.clone(), trusted.clone()),
            (mapped, false, None, trusted.clone(), trusted.clone()),
            (local, false, Some("Bearer x"), wrong.clone(), wrong.clone()),
            (local, false, Some("run"), wrong.clone(), wrong.clone()),
            (
                local,
                false,
                Some("Bearer own"),
                as_instance("with-token"),
                only.clone(),
            ),
            ("10.0.0.9", false, None, stranger.clone(), stranger.clone()),
            ("10.0.0.9", true, None, trusted.clone(), trusted.clone()),
            (
                "10.0.0.9",
                false,
                Some("Bearer run"),
                trusted.clone(),
                trusted,
            ),
            (
                "10.0.0.9",
                false,
                Some("Bearer own"),
                as_instance("with-token"),
                only.clone(),
            ),
            (
                "10.0.0.9",
                false,
                Some("Bearer x"),
                wrong.clone(),
                wrong.clone(),
            ),
            (
                "172.18.0.3",
                false,
                None,
                as_instance("at-address"),
                only.clone(),
            ),
            (
                "::ffff:172.18.0.3",
                false,
                None,
                as_instance("at-address"),
                only.clone(),
            ),
            // Where it calls from does not make good for what it shows.
            ("172.18.0.3", false, Some("Bearer x"), wrong.clone(), wrong),
            (
                "172.18.0.3",
                false,
                Some("Bearer own"),
                as_instance("with-token"),
                only,
            ),
        ] {
            let shown = Shown {
                peer: Some(peer.parse().unwrap()),
                certificate,
                authorization: header.map(str::as_bytes),
            };
            let by = format!("{peer} {certificate} {header:?}");
            assert_eq!(admit(About::Component, &shown, &Run), component, "{by}");
            assert_eq!(admit(About::Run, &shown, &Run), run, "{by}");
        }
        let nowhere = Shown {
            peer: None,
            certificate: false,
            authorization: None,
        };
        assert_eq!(admit(About::Component, &nowhere, &Run), stranger);
    }
}
