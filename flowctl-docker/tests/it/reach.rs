//! Who reaches whom, and where.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use flowctl_core::{
    Executor,
    executor::{Endpoint, ExecutorErrorKind, ExitStatus, Reader},
    spec::Port,
};

use crate::bench::{Bench, kind, told};

fn address(endpoint: Endpoint) -> String {
    match endpoint {
        Endpoint::Network { address } => address,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn components_find_each_other_by_id_and_alias_and_others_do_not() {
    let Some(bench) = Bench::open("names").await else {
        return;
    };
    let mut server = bench.component("server", &["listen", "9000"]);
    server.aliases = vec!["nickname".parse().unwrap()];
    let handle = bench.start_component(server).await;
    bench.until_says(&handle, "listening").await;
    for (id, name) in [("a", "server"), ("b", "nickname")] {
        let (report, said) = bench.run(bench.component(id, &["get", name, "9000"])).await;
        assert_eq!(
            (report.status, said.as_str()),
            (ExitStatus::Code(0), "hello")
        );
    }
    let stranger = Bench::open("names").await.unwrap();
    let (report, said) = stranger
        .run(stranger.component("a", &["get", "server", "9000"]))
        .await;
    assert_eq!(report.status, ExitStatus::Code(2), "{said}");
    stranger.close().await;
    bench.close().await;
}

#[tokio::test]
async fn each_reader_has_an_address_of_its_own() {
    let Some(bench) = Bench::open("endpoints").await else {
        return;
    };
    let mut component = bench.component("server", &["listen", "9000"]);
    component.ports = vec![Port::new(9000)];
    let mut instance = bench.instance_of(component);
    instance.ports = bench.executor.reserve(&instance).await.unwrap();
    assert_eq!(instance.ports[0].address, "server:9000");
    let handle = bench.executor.start(&instance).await.unwrap();
    bench.until_says(&handle, "listening").await;
    let find = |port, reader| bench.executor.endpoint(&handle, port, reader);
    let inside = find(Some("main"), Reader::RunNetwork).await.unwrap();
    assert_eq!(address(inside), "server:9000");
    for reader in [Reader::Host, Reader::SameProcess] {
        let outside = address(find(None, reader).await.unwrap());
        assert!(outside.starts_with("127.0.0.1:"), "{outside}");
        let mut said = String::new();
        TcpStream::connect(&outside)
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(said, "hello\n");
        let number: u16 = outside.rsplit(':').next().unwrap().parse().unwrap();
        let container = bench.container(&handle).await;
        assert_eq!(container.ports["main"], Some(number));
    }
    let not_found = Some(ExecutorErrorKind::NotFound);
    assert_eq!(kind(find(Some("none"), Reader::Host).await), not_found);
    assert_eq!(kind(find(None, Reader::Cluster).await), not_found);
    bench.stop(&handle).await;
    assert_eq!(kind(find(None, Reader::Host).await), not_found);
    bench.close().await;
}

#[tokio::test]
async fn containers_reach_this_machine_at_the_gateway_of_their_run() {
    let Some(bench) = Bench::open("host address").await else {
        return;
    };
    let gateway = bench.executor.host_address(&bench.scope).await.unwrap();
    let listener = TcpListener::bind((gateway, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let answer = std::thread::spawn(move || {
        let (mut client, from) = listener.accept().unwrap();
        client.write_all(b"from outside").unwrap();
        from
    });
    let words = ["get", &gateway.to_string(), &port].map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (report, said) = bench.run(bench.component("a", &words)).await;
    assert_eq!(
        (report.status, said.as_str()),
        (ExitStatus::Code(0), "from outside")
    );
    assert_ne!(
        answer.join().unwrap().ip(),
        gateway,
        "it came from the container"
    );
    bench.close().await;
}

#[tokio::test]
async fn a_pinned_port_is_where_it_says_and_its_owner_is_named() {
    let Some(bench) = Bench::open("pinned port").await else {
        return;
    };
    // Free now; that somebody takes it in between is what the test is about.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = free.local_addr().unwrap().port();
    let mut component = bench.component("server", &["listen", "9000"]);
    component.ports = vec![Port::new(9000).host_port(number)];
    let instance = bench.instance_of(component.clone());

    let busy = Some(ExecutorErrorKind::Busy);
    let refused = bench.executor.reserve(&instance).await;
    let error = told(refused);
    let me = format!("(process {})", std::process::id());
    assert!(
        error.contains(&me) && error.contains(&number.to_string()),
        "{error}"
    );
    let refused = bench.executor.start(&instance).await;
    assert_eq!(kind(refused), busy, "it was taken after it was looked at");
    assert_eq!(bench.executor.list(&bench.scope.id).await.unwrap(), []);

    drop(free);
    bench.executor.reserve(&instance).await.unwrap();
    let handle = bench.executor.start(&instance).await.unwrap();
    let endpoint = bench.executor.endpoint(&handle, None, Reader::Host);
    assert_eq!(
        address(endpoint.await.unwrap()),
        format!("127.0.0.1:{number}")
    );

    component.id = "other".parse().unwrap();
    let other = bench.instance_of(component.clone());
    let error = told(bench.executor.reserve(&other).await);
    let owner = format!("the container `{}-server-1`", bench.scope.pipeline);
    assert!(error.contains(&owner), "{error}");
    assert_eq!(kind(bench.executor.start(&other).await), busy);

    // The next run of the pipeline replaces the owner.
    let mut again = instance.clone();
    again.run = bench.later_run();
    bench.executor.reserve(&again).await.unwrap();
    bench.close().await;
}

#[tokio::test]
async fn a_run_that_is_not_open_starts_nothing() {
    let Some(bench) = Bench::open("no network").await else {
        return;
    };
    let mut instance = bench.instance("one", &["serve"]);
    instance.run = bench.later_run();
    let error = told(bench.executor.start(&instance).await);
    assert!(error.contains("the run is not open"), "{error}");
    bench.close().await;
}

#[tokio::test]
async fn a_run_that_is_opened_by_many_at_once_has_one_network() {
    let Some(bench) = Bench::open("one network").await else {
        return;
    };
    let later = bench.later_run();
    let before = bench.networks().await.len();
    let open = || bench.executor.open_run(&later);
    let (a, b, c) = tokio::join!(open(), open(), open());
    // Of those that were faster one may have been taken away under the others' eyes.
    assert!([a, b, c].iter().any(Result::is_ok));
    bench.executor.open_run(&later).await.unwrap();
    assert_eq!(bench.networks().await.len(), before + 1);
    bench.executor.close_run(&later).await.unwrap();
    bench.close().await;
}

/// Somebody attached a container of their own to the run's network.
#[tokio::test]
async fn closing_a_run_takes_nothing_of_others_away() {
    let Some(bench) = Bench::open("foreign container").await else {
        return;
    };
    let docker = bollard::Docker::connect_with_host(&bench.host()).unwrap();
    let network = bench.networks().await.remove(0);
    let body = bollard::models::ContainerCreateBody {
        image: Some(bench.image.reference.clone()),
        host_config: Some(bollard::models::HostConfig {
            network_mode: Some(network),
            ..Default::default()
        }),
        ..Default::default()
    };
    let foreign = docker.create_container(None, body).await.unwrap().id;
    docker.start_container(&foreign, None).await.unwrap();
    let refused = bench.executor.close_run(&bench.scope).await;
    let is_running = docker.inspect_container(&foreign, None).await;
    let force = bollard::query_parameters::RemoveContainerOptionsBuilder::new()
        .force(true)
        .build();
    docker
        .remove_container(&foreign, Some(force))
        .await
        .unwrap();
    assert_eq!(kind(refused), Some(ExecutorErrorKind::Busy));
    assert_eq!(is_running.unwrap().state.unwrap().running, Some(true));
    bench.close().await;
}

#[tokio::test]
async fn a_network_that_was_cut_and_tied_again_is_used_again() {
    let Some(bench) = Bench::open("cut network").await else {
        return;
    };
    let docker = bollard::Docker::connect_with_host(&bench.host()).unwrap();
    let server = bench.start("server", &["listen", "9000"]).await;
    bench.until_says(&server, "listening").await;
    let network = bench.networks().await.remove(0);
    let container = bench.container(&server).await.id;
    let cut = bollard::models::NetworkDisconnectRequest {
        container: container.clone(),
        force: Some(false),
    };
    docker.disconnect_network(&network, cut).await.unwrap();
    let (report, _) = bench
        .run(bench.component("a", &["get", "server", "9000"]))
        .await;
    assert_ne!(report.status, ExitStatus::Code(0));
    let tie = bollard::models::NetworkConnectRequest {
        container,
        endpoint_config: Some(bollard::models::EndpointSettings {
            aliases: Some(vec!["server".to_owned()]),
            ..Default::default()
        }),
    };
    docker.connect_network(&network, tie).await.unwrap();
    let (report, _) = bench
        .run(bench.component("b", &["get", "server", "9000"]))
        .await;
    assert_eq!(report.status, ExitStatus::Code(0));
    assert!(!bench.stop(&server).await.forced);
    bench.close().await;
}
