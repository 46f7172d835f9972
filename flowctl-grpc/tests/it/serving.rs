//! TLS, tokens, health, reflection, and the end of a server.

use flowctl_core::{Source, component::Resume, testing::Numbers};
use flowctl_grpc::{
    ClientTls, Dial, DialError, GrpcServer, Offer, ServerSettings, ServerTls, Token,
    data::{self, DataSource},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::lab::{Lab, context, quick};

fn numbers() -> Offer {
    Offer::new("far").source(|_| Ok(Box::new(Numbers::to(9).then_idle())))
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `localhost` and its key.
fn signed(authority: &CertifiedIssuer<'static, KeyPair>) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    (certificate.pem(), key.serialize_pem())
}

async fn identify(dial: Dial, lab: &Lab) -> Result<String, String> {
    let mut source = DataSource::new(dial, lab.address(), context());
    let identity = source.identify().await;
    let identity = identity.map_err(|error| flowctl_core::Chain(&error).to_string())?;
    Ok(identity.fingerprint)
}

#[tokio::test]
async fn only_who_shows_the_token_is_let_in() {
    let settings = ServerSettings::default().token(Token::new("open sesame"));
    let lab = Lab::of(GrpcServer::new(settings).add(data::service(&numbers()))).await;
    let right = quick().token(Token::new("open sesame"));
    assert_eq!(identify(right, &lab).await.as_deref(), Ok("numbers"));
    for dial in [quick(), quick().token(Token::new("open barley"))] {
        let error = identify(dial, &lab).await.unwrap_err();
        assert!(error.contains("does not let this program in"), "{error}");
        assert!(
            !error.contains("barley") && !error.contains("sesame"),
            "{error}"
        );
    }
    let error = quick()
        .token(Token::new("line\nbreak"))
        .connect(&lab.address())
        .await;
    assert!(matches!(
        error,
        Err(DialError::Settings { what: "token", .. })
    ));
}

#[tokio::test]
async fn tls_and_mutual_tls_admit_whom_they_should() {
    let (ours, theirs) = (authority(), authority());
    let (certificate, key) = signed(&ours);
    let plain = ServerTls::new(certificate, key);
    let mutual = plain.clone().clients(ours.pem());
    let trusting = |authority: &CertifiedIssuer<'static, KeyPair>| {
        ClientTls::trusting(authority.pem()).server_name("localhost")
    };
    let with_identity = |authority: &CertifiedIssuer<'static, KeyPair>| {
        let (certificate, key) = signed(authority);
        trusting(&ours).identity(certificate, key)
    };
    let mut impatient = quick();
    impatient.give_up_after = std::time::Duration::ZERO;
    for (server, client, admitted) in [
        (plain.clone(), Some(trusting(&ours)), true),
        (plain.clone(), Some(trusting(&theirs)), false),
        (plain.clone(), Some(ClientTls::trusting(ours.pem())), false),
        (plain.clone(), None, false),
        (mutual.clone(), Some(trusting(&ours)), false),
        (mutual.clone(), Some(with_identity(&ours)), true),
        (mutual.clone(), Some(with_identity(&theirs)), false),
    ] {
        let shown = format!("{server:?} {client:?}");
        let settings = ServerSettings::default().tls(server);
        let lab = Lab::of(GrpcServer::new(settings).add(data::service(&numbers()))).await;
        let mut dial = impatient.clone();
        dial.tls = client;
        let identified = identify(dial, &lab).await;
        assert_eq!(identified.is_ok(), admitted, "{shown}: {identified:?}");
    }
    let error = quick().connect("https://localhost:1").await;
    assert!(matches!(error, Err(DialError::Tls { .. })));
}

#[tokio::test]
async fn health_and_reflection_are_there_without_asking() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let server = GrpcServer::new(ServerSettings::default()).add(data::service(&numbers()));
    let health = server.health();
    let lab = Lab::of(server).await;
    let connection = quick().connect(&lab.address()).await.unwrap();
    let mut client = HealthClient::new(connection.clone());
    let mut status = async |service: &str| {
        let service = service.to_owned();
        let answer = client.check(HealthCheckRequest { service }).await;
        answer.unwrap().into_inner().status
    };
    assert_eq!(status("").await, 1);
    assert_eq!(status("flowctl.data.v1.Component").await, 1);
    health.serving("", false).await;
    assert_eq!(status("").await, 2);

    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(connection);
    let answers = client
        .server_reflection_info(tokio_stream::once(list))
        .await;
    let answer = answers
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(listed)) = answer.message_response else {
        panic!("{answer:?}");
    };
    let mut names: Vec<String> = listed
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["flowctl.data.v1.Component", "grpc.health.v1.Health"]
    );
}

#[tokio::test]
async fn a_server_ends_when_its_streams_have_drained() {
    let offer = numbers();
    let mut lab = Lab::data(&offer).await;
    let context = context();
    let mut source = DataSource::new(quick(), lab.address(), context.clone());
    source.identify().await.unwrap();
    source.open(Resume::default()).await.unwrap();
    lab.ask_to_stop();
    assert!(source.next().await.is_ok(), "open calls go on");
    assert!(!lab.is_over());
    context.cancellation.cancel();
    offer.drain();
    source.close().await.unwrap();
    lab.stop().await;
    offer.finished().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let lab = Lab::data(&numbers()).await;
    let server = GrpcServer::new(ServerSettings::default());
    let error = server.bind(lab.address).await.unwrap_err();
    assert!(error.to_string().contains(&lab.address()), "{error}");
}
