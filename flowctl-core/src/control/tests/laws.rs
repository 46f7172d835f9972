use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    super::{moment::Moment, state::State, *},
    Clock, declares, id, ip,
};
use crate::{ComponentId, spec::Role};

#[derive(Clone, Debug)]
enum Step {
    Expect(Expected),
    Forget(ComponentId),
    Register(Registration),
    Beat(Heartbeat),
    Leave(String, Caller),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || prop::sample::select(vec!["a", "b", "c", "sim-1", "a#1", ""]);
    let component = || prop::sample::select(vec!["a", "b", "c"]).prop_map(id);
    let caller = || {
        prop_oneof![
            3 => Just(Caller::Trusted),
            1 => (component(), 0..2_u32).prop_map(|(c, i)| Caller::Instance(InstanceId::new(c, i))),
        ]
    };
    let role = || prop::sample::select(Role::ALL.to_vec());
    let peer = || prop::option::of((2..5_u8).prop_map(ip));
    let port = || prop::option::of(18_081..18_084_u16);
    let expect = (component(), role(), 0..2_u32, 1..3_u32, port(), peer());
    let expect = expect.prop_map(|(component, role, index, generation, health_port, peer)| {
        Step::Expect(Expected {
            index,
            generation,
            health_port,
            peer,
            ..Expected::new(component, role)
        })
    });
    let own = || prop::option::of(name().prop_map(str::to_owned));
    let register = (own(), own(), role(), port(), peer(), caller());
    let register = register.prop_map(|(service_id, component_id, role, port, peer, caller)| {
        Step::Register(Registration {
            service_id,
            component_id,
            health_endpoint: port.map(|port| format!("http://localhost:{port}/health")),
            peer,
            caller,
            ..declares(role)
        })
    });
    let beat = (
        name(),
        prop::option::of(Just(Health::Degraded)),
        peer(),
        caller(),
    );
    let beat = beat.prop_map(|(id, health, peer, caller)| {
        let mut heartbeat = Heartbeat::new(id);
        heartbeat.health = health;
        heartbeat.peer = peer;
        heartbeat.caller = caller;
        heartbeat.metrics = BTreeMap::from([(id.to_owned(), MetricValue::Number(1.0))]);
        Step::Beat(heartbeat)
    });
    let step = prop_oneof![
        3 => expect,
        1 => component().prop_map(Step::Forget),
        4 => register,
        6 => beat,
        1 => (name(), caller()).prop_map(|(id, caller)| Step::Leave(id.to_owned(), caller)),
        3 => (0..200_u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

/// What always holds.
fn check(state: &State, now: Moment, limits: RosterLimits) {
    let members = state.members(now);
    assert!(members.len() <= limits.members);
    let bytes: usize = state.members.values().map(|entry| entry.bytes).sum();
    assert_eq!(state.bytes, bytes);
    assert!(state.bytes <= limits.bytes);
    let bound: BTreeMap<_, _> = members
        .iter()
        .filter_map(|member| Some((member.bound.as_ref()?, member)))
        .map(|(bound, member)| (bound.instance.clone(), member.service_id.clone()))
        .collect();
    // One service an instance, one instance a service, of an instance that is expected.
    assert_eq!(bound, state.services);
    for member in &members {
        assert!(!member.service_id.is_empty());
        let Some(bound) = &member.bound else { continue };
        assert_eq!(state.expected[&bound.instance].generation, bound.generation);
        assert_eq!(
            state.instance(&bound.instance, now).unwrap().service_id,
            member.service_id
        );
    }
    for entry in state.members.values() {
        // Nobody is forgotten by the clock, and silence is exactly what the pulse says.
        assert!(
            entry
                .due()
                .is_none_or(|due| state.check_at.is_some_and(|at| at <= due))
        );
        let late = entry
            .pulse
            .deadline()
            .is_some_and(|deadline| now.at >= deadline);
        assert_eq!(entry.pulse.silent, late);
    }
}

proptest! {
    #[test]
    fn a_roster_keeps_its_laws(steps in steps(), members in 1..6_usize) {
        let limits = RosterLimits { members, member_bytes: 60, bytes: 200 };
        let (mut state, clock) = (State::new(limits), Clock::new());
        let mut now = 0;
        for step in steps {
            state.tick(clock.at(now));
            let before = state.members(clock.at(now));
            match step {
                Step::Expect(expected) => state.expect(expected),
                Step::Forget(component) => {
                    state.forget(&component);
                    prop_assert!(state.member_of(&component, clock.at(now)).is_none());
                }
                Step::Register(registration) => {
                    let caller = registration.caller.clone();
                    if let Ok(service) = state.register(registration, clock.at(now)) {
                        let member = state.member_called(&service, clock.at(now)).unwrap();
                        prop_assert_eq!(member.health, Health::Healthy);
                        prop_assert_eq!(member.heartbeats, 0);
                        if let Caller::Instance(caller) = caller {
                            prop_assert_eq!(member.bound.unwrap().instance, caller);
                        }
                    }
                }
                Step::Beat(heartbeat) => {
                    let (told, id) = (heartbeat.health, heartbeat.service_id.clone());
                    if state.heartbeat(heartbeat, clock.at(now)).is_ok() {
                        let member = state.find(&id, clock.at(now)).unwrap();
                        // Any heartbeat heals.
                        prop_assert_eq!(member.health, told.unwrap_or(member.health));
                        prop_assert!(member.health != Health::Unhealthy);
                        prop_assert_eq!(member.last_heard, clock.at(now).wall);
                        prop_assert!(member.metrics.contains_key(&id));
                    } else {
                        // What is refused changes nobody.
                        let after = state.members(clock.at(now));
                        for member in &after {
                            let same = before.iter().find(|m| m.service_id == member.service_id);
                            prop_assert_eq!(same.unwrap().heartbeats, member.heartbeats);
                        }
                    }
                }
                Step::Leave(id, caller) => {
                    if state.unregister(&id, &caller).is_ok() {
                        prop_assert_eq!(state.members(clock.at(now)).len() + 1, before.len());
                    }
                }
                Step::Pass(seconds) => {
                    now += seconds;
                    state.tick(clock.at(now));
                }
            }
            check(&state, clock.at(now), limits);
        }
    }
}
