//! The connector and its table of protocols.

use std::sync::{Arc, Mutex};

use flowctl_core::{
    ComponentSpec, Connector, Source,
    component::Resume,
    connector::{ConnectError, Served},
    spec::{Config, Role},
    testing::Numbers,
};
use flowctl_grpc::{Adapter, GrpcConnector, Offer, Parameters};

use crate::{
    lab::{Lab, context, id, quick},
    v1::{self, sequences},
};

fn at(protocol: &str, address: impl Into<String>) -> Served {
    Served::new(
        protocol,
        address,
        ComponentSpec::new(id("far"), Role::Source),
    )
}

fn numbers() -> Offer {
    Offer::new("far").source(|_| Ok(Box::new(Numbers::to(9))))
}

#[tokio::test]
async fn known_protocols_become_sources_and_others_are_refused_by_name() {
    let connector = GrpcConnector::new().dial(quick());
    let offer = numbers();
    for (protocol, lab) in [
        ("flowctl.data.v1", Lab::data(&offer).await),
        ("flowctl.v1", v1::served(&offer).await),
    ] {
        let served = at(protocol, lab.address());
        let mut source = connector.source(&served, context()).await.unwrap();
        source.identify().await.unwrap();
        source.open(Resume::default()).await.unwrap();
        assert_eq!(sequences(&mut *source).await, (1..=9).collect::<Vec<_>>());
    }
    let error = connector
        .source(&at("other.v1", "a:1"), context())
        .await
        .err();
    assert!(
        matches!(error, Some(ConnectError::NotCarried { protocol, role: "source" }) if protocol == "other.v1")
    );
    let error = connector
        .source(&at("flowctl.v1", "http://a:1/health"), context())
        .await
        .err();
    assert!(matches!(error, Some(ConnectError::Address { .. })));
}

#[tokio::test]
async fn a_strangers_adapter_is_asked_and_what_it_lacks_is_refused() {
    #[derive(Debug)]
    struct OnlySources;
    #[async_trait::async_trait]
    impl Adapter for OnlySources {
        async fn source(
            &self,
            _dial: &flowctl_grpc::Dial,
            _served: &Served,
            _context: flowctl_core::ComponentContext,
        ) -> Result<Box<dyn Source>, ConnectError> {
            Ok(Box::new(Numbers::to(3)))
        }
    }
    let connector = GrpcConnector::new().with("mine.v1", OnlySources);
    let served = at("mine.v1", "a:1");
    let mut source = connector.source(&served, context()).await.unwrap();
    assert_eq!(sequences(&mut *source).await, [1, 2, 3]);
    let error = connector.sink(&served, context()).await.err();
    assert!(matches!(
        error,
        Some(ConnectError::NotCarried { role: "sink", .. })
    ));
}

#[tokio::test]
async fn drain_is_understood_by_who_serves_our_protocol() {
    let connector = GrpcConnector::new().dial(quick());
    let offer = numbers();
    let lab = Lab::data(&offer).await;
    assert!(
        connector
            .drain(&at("flowctl.v1", lab.address()))
            .await
            .unwrap()
    );
    assert!(offer.draining().is_cancelled());
    let lab = v1::served(&numbers()).await;
    assert!(
        !connector
            .drain(&at("flowctl.v1", lab.address()))
            .await
            .unwrap()
    );
    let address = lab.address();
    lab.stop().await;
    let error = connector
        .drain(&at("flowctl.v1", address))
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }));
}

#[tokio::test]
async fn a_source_of_flowctl_v1_is_told_its_environment_and_its_configuration() {
    let told: Arc<Mutex<Vec<Parameters>>> = Arc::default();
    let tells = Arc::clone(&told);
    let offer = Offer::new("far").source(move |parameters| {
        tells.lock().unwrap().push(parameters.clone());
        Ok(Box::new(Numbers::to(1)))
    });
    let lab = v1::served(&offer).await;
    let mut served = at("flowctl.v1", lab.address());
    served.component.env = [("START_LEDGER", "7"), ("END_LEDGER", "9")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let config = serde_json::json!({ "end_ledger": 8, "network": "test" });
    served.component.config = Config::new(config).unwrap();
    let connector = GrpcConnector::new().dial(quick());
    let mut source = connector.source(&served, context()).await.unwrap();
    source.identify().await.unwrap();
    source.open(Resume::default()).await.unwrap();
    let told = told.lock().unwrap().last().cloned().unwrap();
    let expected = [
        ("end_ledger", "8"),
        ("network", "test"),
        ("start_ledger", "7"),
    ];
    assert!(
        told.iter()
            .map(|(name, value)| (&**name, &**value))
            .eq(expected)
    );
}
