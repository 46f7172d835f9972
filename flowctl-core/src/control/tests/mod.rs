use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant, UNIX_EPOCH},
};

use super::{moment::Moment, state::State, *};

use crate::{ComponentId, spec::Role};

mod laws;

/// A time line on which nothing waits.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn at(self, seconds: u64) -> Moment {
        let since = Duration::from_secs(seconds);
        Moment {
            at: self.0 + since,
            wall: UNIX_EPOCH + since,
        }
    }
}

fn id(id: &str) -> ComponentId {
    id.parse().unwrap()
}

fn state() -> State {
    State::new(RosterLimits::default())
}

fn ip(last: u8) -> IpAddr {
    Ipv4Addr::new(172, 18, 0, last).into()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn expected(component: &str, role: Role) -> Expected {
    Expected::new(id(component), role)
}

/// A run of three, as upstream's components meet it.
fn run() -> State {
    let mut state = state();
    let of = |component, role, health_port, last| Expected {
        health_port: Some(health_port),
        peer: Some(ip(last)),
        ..expected(component, role)
    };
    state.expect(of("source", Role::Source, 18081, 2));
    state.expect(of("processor", Role::Processor, 18082, 3));
    state.expect(of("sink", Role::Sink, 18083, 4));
    state
}

fn declares(role: Role) -> Registration {
    Registration {
        declared: Declared::Role(role),
        ..Registration::default()
    }
}

fn bound_by(registration: Registration) -> (Option<String>, Option<Binding>) {
    let (mut state, clock) = (run(), Clock::new());
    let service = state.register(registration, clock.at(0)).unwrap();
    let bound = state.member_called(&service, clock.at(0)).unwrap().bound;
    (
        bound.as_ref().map(|bound| bound.instance.to_string()),
        bound.map(|bound| bound.how),
    )
}

#[test]
fn what_is_surest_binds() {
    // Everything at once, each pointing elsewhere; then the surest taken away, one after the other.
    let mut registration = Registration {
        component_id: text("source"),
        service_id: text("processor"),
        metadata: BTreeMap::from([("component_id".to_owned(), "sink".to_owned())]),
        peer: Some(ip(2)),
        health_endpoint: text("http://localhost:18082/health"),
        caller: Caller::Instance(InstanceId::new(id("sink"), 0)),
        ..declares(Role::Sink)
    };
    let bound = |registration: &Registration, component: &str, how| {
        let expected = (text(component), Some(how));
        assert_eq!(bound_by(registration.clone()), expected);
    };
    bound(&registration, "sink", Binding::Identity);
    registration.caller = Caller::Trusted;
    bound(&registration, "source", Binding::ComponentId);
    registration.component_id = text("not-in-the-pipeline");
    bound(&registration, "processor", Binding::ServiceId);
    registration.service_id = text("Not an id at all");
    bound(&registration, "sink", Binding::Metadata);
    registration.metadata.clear();
    bound(&registration, "source", Binding::PeerAddress);
    registration.peer = Some(Ipv4Addr::LOCALHOST.into());
    bound(&registration, "processor", Binding::HealthPort);
    registration.health_endpoint = text("http://localhost:8088/health");
    bound(&registration, "sink", Binding::OnlyOfItsRole);
    registration.declared = Declared::Nothing;
    assert_eq!(bound_by(registration), (None, None));
}

#[test]
fn an_ipv4_address_is_the_same_in_an_ipv6_socket() {
    let mapped = Ipv4Addr::new(172, 18, 0, 3).to_ipv6_mapped();
    let registration = Registration {
        peer: Some(mapped.into()),
        ..declares(Role::Source)
    };
    assert_eq!(bound_by(registration).1, Some(Binding::PeerAddress));
}

#[test]
fn a_registration_without_any_id_gets_one_and_keeps_the_component() {
    let (mut state, clock) = (run(), Clock::new());
    let service = state
        .register(declares(Role::Processor), clock.at(0))
        .unwrap();
    assert_eq!(service, "processor");
    // A second one of that role is nobody of the run, and still is given an id.
    let stranger = state
        .register(declares(Role::Processor), clock.at(1))
        .unwrap();
    assert!(stranger.starts_with("processor-"));
    let member = state.member_of(&id("processor"), clock.at(1)).unwrap();
    assert_eq!(member.service_id, "processor");
    assert_eq!(state.members(clock.at(1)).len(), 2);
}

#[test]
fn who_registers_too_early_is_bound_once_enough_is_known() {
    let (mut state, clock) = (state(), Clock::new());
    let early = Registration {
        peer: Some(ip(9)),
        ..declares(Role::Source)
    };
    let service = state.register(early, clock.at(0)).unwrap();
    assert!(state.member_of(&id("late"), clock.at(0)).is_none());
    state.expect(expected("other", Role::Source));
    let mut late = expected("late", Role::Source);
    late.peer = Some(ip(9));
    // The only source, so it is bound to that; the address is surer, but only known later.
    assert_eq!(
        state
            .member_of(&id("other"), clock.at(0))
            .unwrap()
            .service_id,
        service
    );
    state.forget(&id("other"));
    let again = Registration {
        peer: Some(ip(9)),
        ..declares(Role::Source)
    };
    let service = state.register(again, clock.at(1)).unwrap();
    state.expect(late);
    let member = state.member_of(&id("late"), clock.at(1)).unwrap();
    assert_eq!(member.service_id, service);
    assert_eq!(member.bound.unwrap().how, Binding::PeerAddress);
}

#[test]
fn instances_of_one_component_are_told_apart() {
    let (mut state, clock) = (state(), Clock::new());
    for index in 0..3 {
        state.expect(Expected {
            index,
            health_port: Some(18_000 + u16::try_from(index).unwrap()),
            ..expected("p", Role::Processor)
        });
    }
    let named = |port: Option<u16>| Registration {
        component_id: text("p"),
        health_endpoint: port.map(|port| format!("http://localhost:{port}/health")),
        ..Registration::default()
    };
    let mut register = |port| state.register(named(port), clock.at(0)).unwrap();
    assert_eq!(register(Some(18_002)), "p#2");
    assert_eq!(register(None), "p");
    assert_eq!(register(None), "p#1");
    // All are taken: it is taken for the first, which has come again.
    assert_eq!(register(None), "p");
    assert_eq!(state.members(clock.at(0)).len(), 3);
    let second = InstanceId::new(id("p"), 1);
    assert_eq!(
        state.instance(&second, clock.at(0)).unwrap().service_id,
        "p#1"
    );
}

#[test]
fn a_new_generation_starts_without_the_service_of_the_old_one() {
    let (mut state, clock) = (run(), Clock::new());
    state.register(declares(Role::Source), clock.at(0)).unwrap();
    state.expect(Expected {
        generation: 2,
        ..expected("source", Role::Source)
    });
    assert!(state.member_of(&id("source"), clock.at(0)).is_none());
    // A heartbeat that is still on its way from the old one does not make it registered.
    let late = state.heartbeat(Heartbeat::new("source"), clock.at(1));
    assert!(matches!(late, Err(RosterError::UnknownService { .. })));
    state.register(declares(Role::Source), clock.at(2)).unwrap();
    let bound = state.member_of(&id("source"), clock.at(2)).unwrap().bound;
    assert_eq!(bound.unwrap().generation, 2);
}

#[test]
fn silence_is_unhealthy_and_any_heartbeat_heals_it() {
    let (mut state, clock) = (run(), Clock::new());
    state.register(declares(Role::Source), clock.at(0)).unwrap();
    let health = |state: &mut State, at| {
        state.tick(clock.at(at));
        state.member_of(&id("source"), clock.at(at)).unwrap().health
    };
    // Nothing is known of its interval: 30 s are assumed, three of them allowed.
    assert_eq!(health(&mut state, 89), Health::Healthy);
    assert_eq!(health(&mut state, 90), Health::Unhealthy);
    state
        .heartbeat(Heartbeat::new("source"), clock.at(100))
        .unwrap();
    assert_eq!(health(&mut state, 100), Health::Healthy);
    // Ten seconds are seen: 30 s are allowed.
    state
        .heartbeat(Heartbeat::new("source"), clock.at(110))
        .unwrap();
    assert_eq!(health(&mut state, 139), Health::Healthy);
    assert_eq!(health(&mut state, 140), Health::Unhealthy);
    let reason = state
        .member_of(&id("source"), clock.at(145))
        .unwrap()
        .reason;
    assert_eq!(reason, "no heartbeat for 35 s, 30 s are allowed");
}

#[test]
fn a_known_interval_is_allowed_three_times() {
    let (mut state, clock) = (state(), Clock::new());
    state.expect(Expected {
        heartbeat_every: Some(Duration::from_secs(20)),
        ..expected("source", Role::Source)
    });
    state.register(declares(Role::Source), clock.at(0)).unwrap();
    // One that hurries once is not held to it.
    state
        .heartbeat(Heartbeat::new("source"), clock.at(1))
        .unwrap();
    state.tick(clock.at(60));
    let health = |state: &State, at| state.member_of(&id("source"), clock.at(at)).unwrap().health;
    assert_eq!(health(&state, 60), Health::Healthy);
    state.tick(clock.at(61));
    assert_eq!(health(&state, 61), Health::Unhealthy);
}

#[test]
fn what_it_says_of_itself_stays_until_it_says_otherwise() {
    let (mut state, clock) = (run(), Clock::new());
    state.register(declares(Role::Sink), clock.at(0)).unwrap();
    let mut degraded = Heartbeat::new("sink");
    degraded.health = Some(Health::Degraded);
    degraded.metrics = BTreeMap::from([("lag".to_owned(), MetricValue::Number(2.0))]);
    state.heartbeat(degraded, clock.at(1)).unwrap();
    let mut more = Heartbeat::new("sink");
    more.metrics = BTreeMap::from([("done".to_owned(), MetricValue::Text("7".to_owned()))]);
    state.heartbeat(more, clock.at(2)).unwrap();
    let member = state.member_of(&id("sink"), clock.at(2)).unwrap();
    assert_eq!(member.health, Health::Degraded);
    let numbers: Vec<_> = member
        .metrics
        .values()
        .map(MetricValue::as_number)
        .collect();
    assert_eq!(numbers, [Some(7.0), Some(2.0)]);
}

#[test]
fn a_heartbeat_of_nobody_is_refused_unless_a_registration_went_lost() {
    let (mut state, clock) = (run(), Clock::new());
    let unknown = state.heartbeat(Heartbeat::new("service-17"), clock.at(0));
    let message = unknown.unwrap_err().to_string();
    assert_eq!(message, "service service-17 not found");
    state
        .heartbeat(Heartbeat::new("processor"), clock.at(0))
        .unwrap();
    let member = state.member_of(&id("processor"), clock.at(0)).unwrap();
    assert_eq!(member.bound.unwrap().how, Binding::ComponentId);
    let mut made_up = Heartbeat::new("sim-source-1732456789");
    made_up.peer = Some(ip(2));
    state.heartbeat(made_up.clone(), clock.at(0)).unwrap();
    assert_eq!(
        state
            .member_of(&id("source"), clock.at(0))
            .unwrap()
            .service_id,
        "sim-source-1732456789"
    );
    made_up.peer = None;
    made_up.service_id = "sim-other".to_owned();
    state.heartbeat(made_up, clock.at(0)).unwrap();
    assert!(
        state
            .find("sim-other", clock.at(0))
            .unwrap()
            .bound
            .is_none()
    );
}

#[test]
fn who_is_known_speaks_for_itself_alone() {
    let (mut state, clock) = (run(), Clock::new());
    let caller = Caller::Instance(InstanceId::new(id("source"), 0));
    state.register(declares(Role::Sink), clock.at(0)).unwrap();
    let pretends = Registration {
        component_id: text("sink"),
        caller: caller.clone(),
        ..declares(Role::Sink)
    };
    // It is bound to what it is, not to what it says, under its own id.
    assert_eq!(state.register(pretends, clock.at(1)).unwrap(), "source");
    let mut heartbeat = Heartbeat::new("sink");
    heartbeat.caller = caller.clone();
    let refused = RosterError::NotYours {
        caller: InstanceId::new(id("source"), 0),
        id: "sink".to_owned(),
    };
    assert_eq!(
        state.heartbeat(heartbeat, clock.at(1)),
        Err(refused.clone())
    );
    assert_eq!(state.unregister("sink", &caller), Err(refused));
    state.unregister("source", &caller).unwrap();
    // An instance of the past is nobody.
    state.forget(&id("source"));
    let past = Registration {
        caller,
        ..Registration::default()
    };
    assert!(matches!(
        state.register(past, clock.at(1)),
        Err(RosterError::NotYours { .. })
    ));
}

#[test]
fn what_is_kept_is_bounded() {
    let clock = Clock::new();
    let mut state = State::new(RosterLimits {
        members: 3,
        member_bytes: 200,
        bytes: 500,
    });
    let named = |id: &str, bytes: usize| Registration {
        service_id: text(id),
        name: "x".repeat(bytes),
        ..Registration::default()
    };
    let too_large = state.register(named("big", 200), clock.at(0));
    assert!(matches!(
        too_large,
        Err(RosterError::TooLarge { limit: 200, .. })
    ));
    for id in ["a", "b"] {
        state.register(named(id, 190), clock.at(0)).unwrap();
    }
    let full = RosterError::Full { services: 2 };
    assert_eq!(state.register(named("c", 190), clock.at(0)), Err(full));
    // Whoever is there may come again, and metrics count too.
    state.register(named("a", 190), clock.at(0)).unwrap();
    state.register(named("c", 100), clock.at(0)).unwrap();
    let mut long = Heartbeat::new("c");
    long.metrics = BTreeMap::from([("m".to_owned(), MetricValue::Text("y".repeat(60)))]);
    assert!(matches!(
        state.heartbeat(long, clock.at(0)),
        Err(RosterError::TooLarge { .. })
    ));
    let full = RosterError::Full { services: 3 };
    assert_eq!(state.register(named("d", 1), clock.at(1)), Err(full));
    // Strangers that fell silent make room, those first that were heard of least lately.
    state.heartbeat(Heartbeat::new("a"), clock.at(50)).unwrap();
    state.tick(clock.at(300));
    state.register(named("d", 1), clock.at(300)).unwrap();
    let left: Vec<_> = state
        .members(clock.at(300))
        .into_iter()
        .map(|m| m.service_id)
        .collect();
    assert_eq!(left, ["a", "c", "d"]);
    // And go by themselves in the end.
    state.tick(clock.at(2000));
    state.tick(clock.at(3000));
    assert!(state.members(clock.at(3000)).is_empty());
    assert_eq!(state.bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_once_somebody_falls_silent() {
    let roster = Roster::default();
    let changed = roster.changed();
    roster.register(declares(Role::Source)).unwrap();
    // It counts from before the registration.
    changed.await;
    let began = tokio::time::Instant::now();
    let changed = roster.changed();
    let service = roster.members()[0].service_id.clone();
    tokio::time::advance(Duration::from_secs(10)).await;
    // Numbers alone wake nobody; but now the interval is known, and the silence begins sooner.
    let waiting = async {
        changed.await;
        began.elapsed()
    };
    let beat = async {
        roster.heartbeat(Heartbeat::new(service)).unwrap();
    };
    let (elapsed, ()) = tokio::join!(waiting, beat);
    assert_eq!(elapsed.as_secs(), 40);
    assert_eq!(roster.members()[0].health, Health::Unhealthy);
}
