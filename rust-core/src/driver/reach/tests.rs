use super::*;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicUsize, Ordering};

const LONG: Duration = Duration::from_secs(3600);

fn peer() -> SocketAddr {
    "10.0.0.3:9003".parse().unwrap()
}

fn io_error(kind: ErrorKind) -> Error {
    Error::io("connecting")(io::Error::from(kind))
}

#[test]
fn a_kind_of_reason_is_new_once() {
    let reach = Reach::new(LONG, LONG);
    let first = reach.turn(peer()).unwrap();
    let skip = first.failed(&io_error(ErrorKind::TimedOut));
    assert!(
        skip.is_new && skip.reason.contains("does not answer"),
        "{skip:?}"
    );
    let again = reach.turn(peer()).unwrap_err();
    assert!(!again.is_new && again.reason == skip.reason);
    assert!(reach.scout(peer()).is_none(), "the pause is not over");
    assert_eq!(reach.report().len(), 1);
}

#[test]
fn what_a_scout_finds_is_told_to_the_next_who_asks() {
    let reach = Reach::new(Duration::ZERO, LONG);
    let told = |kind| {
        let scout = reach.scout(peer()).expect("due");
        assert!(reach.scout(peer()).is_none(), "one at a time");
        scout.failed(&io_error(kind));
        reach.turn(peer()).unwrap_err().is_new
    };
    assert!(told(ErrorKind::PermissionDenied));
    assert!(told(ErrorKind::TimedOut), "another kind");
    // What changes for ever makes two lines, not one with each change.
    assert!(!told(ErrorKind::PermissionDenied));
    assert!(!told(ErrorKind::TimedOut));

    reach.scout(peer()).expect("due").succeeded();
    assert!(reach.is_reached(peer()) && reach.report().is_empty());
    assert!(reach.scout(peer()).is_none(), "no need");
    let attempt = reach.turn(peer()).expect("in reach");
    let skip = attempt.failed(&io_error(ErrorKind::TimedOut));
    assert!(skip.is_new, "a new stretch");
}

#[test]
fn pauses_grow_up_to_the_retry_time() {
    let mut known = Peer::default();
    let pauses: Vec<_> = (0..7)
        .map(|_| {
            known.fail(&io_error(ErrorKind::TimedOut), Duration::from_secs(16));
            match &known.state {
                State::Failed { pause, .. } => pause.as_secs(),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 16, 16]);
}

#[test]
fn a_port_that_refuses_is_asked_again_soon() {
    let mut known = Peer::default();
    for _ in 0..7 {
        let refused = io_error(ErrorKind::ConnectionRefused);
        known.fail(&refused, Duration::from_secs(16));
        let State::Failed { pause, .. } = known.state else {
            panic!("{known:?}");
        };
        assert_eq!(pause.as_secs(), 1);
    }
}

#[test]
fn a_peer_that_refused_is_tried_by_the_next_who_wants_it() {
    let reach = Reach::new(LONG, LONG);
    let usual = Duration::from_secs(2);
    let first = reach.turn(peer()).unwrap();
    assert_eq!(first.dial_limit(usual), usual);
    assert!(first.failed(&io_error(ErrorKind::ConnectionRefused)).is_new);
    let second = reach.turn(peer()).expect("asked again");
    assert_eq!(second.dial_limit(usual), QUICK, "it may be silent now");
    assert!(!second.failed(&Error::Lost("ended")).reason.is_empty());
    reach.turn(peer()).expect("as well").succeeded();
    assert!(reach.is_reached(peer()));
    // Silence is what must not be waited for again.
    let attempt = reach.turn(peer()).unwrap();
    attempt.failed(&io_error(ErrorKind::TimedOut));
    assert!(reach.turn(peer()).is_err());
}

#[test]
fn who_waited_for_an_attempt_takes_its_outcome() {
    let mut known = Peer::default();
    let fails = |known: &mut Peer| {
        known.fail(&io_error(ErrorKind::ConnectionRefused), LONG);
        known.busy = false;
    };
    assert!(matches!(known.turn(false), Turn::Try(Kind::Wanted)));
    known.busy = true;
    assert!(matches!(known.turn(false), Turn::Wait(Duration::MAX)));
    fails(&mut known);
    assert!(
        matches!(known.turn(true), Turn::Skip(_)),
        "a crowd asks once"
    );
    assert!(matches!(known.turn(false), Turn::Try(Kind::Again)));
    known.busy = true;
    assert!(matches!(known.turn(false), Turn::Wait(QUICK)));
    fails(&mut known);
    assert!(matches!(known.turn(true), Turn::Skip(_)));
    known.fail(&io_error(ErrorKind::TimedOut), LONG);
    known.busy = true;
    assert!(
        matches!(known.turn(false), Turn::Skip(_)),
        "nobody waits for a scout"
    );
}

/// Many threads want a peer at once: each attempt runs alone, and after the one that fails
/// there is no other.
#[test]
fn threads_that_want_a_peer_try_it_one_by_one() {
    let reach = Reach::new(LONG, LONG);
    let (running, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let skipped = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| match reach.turn(peer()) {
                Ok(attempt) => {
                    assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                    let fails = tried.fetch_add(1, Ordering::SeqCst) == 4;
                    running.fetch_sub(1, Ordering::SeqCst);
                    if fails {
                        attempt.failed(&io_error(ErrorKind::TimedOut));
                    } else {
                        attempt.succeeded();
                    }
                }
                Err(_) => drop(skipped.fetch_add(1, Ordering::SeqCst)),
            });
        }
    });
    assert_eq!(tried.load(Ordering::SeqCst), 5);
    assert_eq!(skipped.load(Ordering::SeqCst), 11);
}

#[test]
fn a_dropped_attempt_lets_the_next_one_through_and_patience_ends() {
    let reach = Reach::new(LONG, Duration::from_millis(1));
    let attempt = reach.turn(peer()).unwrap();
    let skip = reach.turn(peer()).unwrap_err();
    assert!(!skip.is_new, "no verdict on the peer: {skip:?}");
    drop(attempt);
    assert!(reach.turn(peer()).is_ok());
}

fn reached(reach: &Arc<Reach>) -> Instant {
    reach.turn(peer()).expect("worth trying").succeeded();
    Instant::now()
}

#[test]
fn a_fabric_that_connects_and_does_not_deliver_is_left_for_a_pause() {
    let reach = Reach::new(LONG, LONG);
    let opened = reached(&reach);
    reach.broke(peer(), opened, Loss::NotDelivered);
    // All the others that end with it are one incident.
    for _ in 0..10 {
        reach.broke(peer(), opened, Loss::NotDelivered);
    }
    let skip = reach.turn(peer()).unwrap_err();
    assert!(
        skip.is_new && skip.reason.contains("does not arrive"),
        "{skip:?}"
    );
    let known = &reach.lock().peers[&peer()];
    assert_eq!(known.failures, 1);
}

#[test]
fn a_restart_is_no_failure_but_a_peer_that_always_ends_is_one() {
    let reach = Reach::new(LONG, LONG);
    for ends in 1..ENDS_MOST {
        let opened = reached(&reach);
        reach.broke(peer(), opened, Loss::PeerGone);
        assert!(reach.is_reached(peer()), "after {ends}");
    }
    let opened = reached(&reach);
    reach.broke(peer(), opened, Loss::PeerGone);
    let skip = reach.turn(peer()).unwrap_err();
    assert!(skip.reason.contains("ends connections"), "{skip:?}");
}

#[test]
fn what_we_closed_ourselves_says_nothing() {
    let reach = Reach::new(LONG, LONG);
    let opened = reached(&reach);
    reach.broke(peer(), opened, Loss::Local);
    assert!(reach.is_reached(peer()));
}
