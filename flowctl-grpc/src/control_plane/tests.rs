use std::{net::SocketAddr, sync::Arc, time::Duration};

use flowctl_core::{
    control::{Binding, Expected, Roster, RosterLimits},
    run::RunHistory,
    spec::Role,
    store::Scope,
};
use tokio::sync::Semaphore;
use tonic::{Code, Request, transport::server::TcpConnectInfo};

use super::{
    legacy::LegacyService,
    shared::{RunSlot, Shared},
};
use crate::proto::legacy::{
    RegistrationAck, ServiceHeartbeat, ServiceInfo, control_plane_server::ControlPlane as _,
};

async fn shared() -> Arc<Shared> {
    let foreign = RunHistory::open_in(Scope::in_memory(), RunHistory::KEPT);
    Arc::new(Shared {
        roster: Roster::new(RosterLimits::default()),
        token: None,
        run: RunSlot::default(),
        foreign: foreign.await.unwrap(),
        waiting: Semaphore::new(Shared::WAITING),
    })
}

/// A call as it comes from a container: from beyond this machine, with nothing to show.
fn from<T>(peer: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(TcpConnectInfo {
        local_addr: Some("172.18.0.1:8080".parse::<SocketAddr>().unwrap()),
        remote_addr: Some(format!("{peer}:41000").parse().unwrap()),
    });
    request
}

fn container(component: &str, peer: Option<&str>) -> Expected {
    let mut expected = Expected::new(component.parse().unwrap(), Role::Source);
    expected.peer = peer.map(|peer| peer.parse().unwrap());
    expected
}

async fn register(shared: &Arc<Shared>, peer: &str) -> Result<RegistrationAck, Code> {
    let service = LegacyService(Arc::clone(shared));
    let answer = service.register(from(peer, ServiceInfo::default())).await;
    answer
        .map(tonic::Response::into_inner)
        .map_err(|status| status.code())
}

#[tokio::test(start_paused = true)]
async fn a_container_may_register_before_its_address_is_known() {
    let shared = shared().await;
    shared.roster.expect(container("source", None));
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        shared.roster.expect(container("other", Some("172.18.0.9")));
        tokio::time::sleep(Duration::from_secs(1)).await;
        shared
            .roster
            .expect(container("source", Some("172.18.0.3")));
    };
    let (answer, ()) = tokio::join!(register(&shared, "172.18.0.3"), later);
    let answer = answer.unwrap();
    assert_eq!(answer.service_id, "source");
    assert_eq!(
        answer.connection_info["control_plane_endpoint"],
        "172.18.0.1:8080"
    );
    let member = shared.roster.find("source").unwrap();
    assert_eq!(member.bound.unwrap().how, Binding::Identity);

    // It speaks for itself, and for nobody else; tools are not for it.
    let service = LegacyService(Arc::clone(&shared));
    let beat = |id: &str| ServiceHeartbeat {
        service_id: id.to_owned(),
        ..ServiceHeartbeat::default()
    };
    service
        .heartbeat(from("172.18.0.3", beat("source")))
        .await
        .unwrap();
    let refused = service
        .heartbeat(from("172.18.0.9", beat("source")))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = service
        .list_services(from("172.18.0.3", ()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_refused_and_only_so_many_may_wait() {
    let shared = shared().await;
    assert_eq!(
        register(&shared, "10.0.0.9").await,
        Err(Code::Unauthenticated)
    );
    let places = shared.waiting.acquire_many(64).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(
        register(&shared, "10.0.0.9").await,
        Err(Code::Unauthenticated)
    );
    assert!(began.elapsed().is_zero(), "nobody waits without a place");
    drop(places);
    let service = LegacyService(Arc::clone(&shared));
    let stranger = service
        .list_services(from("10.0.0.9", ()))
        .await
        .unwrap_err();
    assert_eq!(stranger.code(), Code::Unauthenticated);
    assert!(shared.roster.members().is_empty());
}
