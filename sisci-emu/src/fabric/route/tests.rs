use super::*;
use crate::Code;
use std::path::Path;

/// Writes down what it is told.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Traveller for Diary {
    fn changed(&self, change: Change) {
        lock(&self.0).push(format!("{change:?}"));
    }

    fn swallow(&self, vanish: bool) {
        lock(&self.0).push(format!("swallow {vanish}"));
    }
}

impl Diary {
    fn read(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0))
    }
}

fn board(route: &Arc<Route>) -> (Arc<Diary>, Attachment) {
    let diary = Arc::new(Diary::default());
    let traveller: Weak<dyn Traveller> = Arc::downgrade(&(Arc::clone(&diary) as _));
    let place = route.attach(traveller).unwrap();
    (diary, place)
}

fn view(way: Way, downs: u64, absences: u64) -> View {
    View {
        way,
        downs,
        absences,
    }
}

fn order(dir: &Path, id: u32, kind: Kind, when: When) -> Arc<Active> {
    let fault = Fault {
        id,
        kind,
        from: 4,
        to: 8,
        when,
    };
    Arc::new(Active::create(dir, fault).unwrap())
}

#[test]
fn travellers_hear_of_each_change_once_and_in_order() {
    let route = Route::new(8, View::FRESH, Vec::new());
    let (diary, place) = board(&route);
    route.update(view(Way::RemoteLinkDown, 1, 0), Vec::new());
    assert_eq!(route.check(), Err(Code::SCI_ERR_NO_REMOTE_LINK_ACCESS));
    assert_eq!(route.transfer(), TransferFate::Drop);
    route.update(view(Way::RemoteLinkDown, 1, 0), Vec::new());
    route.update(view(Way::Up, 1, 0), Vec::new());
    assert!(route.is_up());
    assert_eq!(diary.read(), ["Down", "Up"]);
    assert_eq!(route.errors(), 1);
    route.update(view(Way::Up, 3, 0), Vec::new());
    assert_eq!(diary.read(), ["Down", "Up"], "a flap that was missed");
    route.update(view(Way::PeerGone, 3, 1), Vec::new());
    route.update(view(Way::Up, 3, 1), Vec::new());
    assert_eq!(diary.read(), ["Lost"], "nothing comes after the loss");
    drop(place);
    assert!(route.travellers().is_empty());
}

#[test]
fn nobody_starts_on_a_way_that_is_cut() {
    let route = Route::new(8, view(Way::PeerGone, 0, 1), Vec::new());
    let nobody: Weak<dyn Traveller> = Weak::<Diary>::new();
    let refused = route.attach(nobody).map(drop);
    assert_eq!(refused, Err(Code::SCI_ERR_NODE_NOT_RESPONDING));
}

#[test]
fn each_kind_of_operation_meets_its_own_faults() {
    let dir = tempfile::tempdir().unwrap();
    let kinds = Kind::ALL.into_iter().enumerate();
    let once = kinds.map(|(id, kind)| order(dir.path(), id as u32, kind, When::Count(1)));
    let route = Route::new(8, View::FRESH, once.collect());
    assert_eq!(route.transfer(), TransferFate::Drop);
    assert_eq!(route.transfer(), TransferFate::Corrupt);
    assert_eq!(route.transfer(), TransferFate::Deliver);
    assert_eq!(route.errors(), 2);
    assert_eq!(route.dma(), DmaFate::Fail(FAILED_AT));
    assert_eq!(route.dma(), DmaFate::Stick);
    assert_eq!(route.dma(), DmaFate::Run);
    assert_eq!(route.trigger(), TriggerFate::Lose);
    assert_eq!(route.trigger(), TriggerFate::Merge);
    assert_eq!(route.trigger(), TriggerFate::Deliver);
    assert!(route.loses_message());
    assert!(!route.loses_message());
    route.checked();
    route.checked();
    assert_eq!(route.errors(), 3);
}

#[test]
fn stores_by_pointer_count_as_one_transfer_up_to_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let route = Route::new(8, View::FRESH, Vec::new());
    let (diary, _place) = board(&route);
    let twice = order(dir.path(), 1, Kind::Drop, When::Count(2));
    route.update(View::FRESH, vec![Arc::clone(&twice)]);
    assert_eq!(diary.read(), ["swallow true"]);
    let (late, _other) = board(&route);
    assert_eq!(late.read(), ["swallow true"]);
    route.checked();
    assert_eq!((route.errors(), twice.progress().struck), (1, 1));
    assert!(diary.read().is_empty(), "there is one more to vanish");
    assert_eq!(route.transfer(), TransferFate::Drop);
    assert_eq!(diary.read(), ["swallow false"]);
    assert_eq!((route.errors(), twice.progress().struck), (2, 2));
    route.checked();
    assert_eq!(route.transfer(), TransferFate::Deliver);
    assert_eq!(route.errors(), 2);
}

/// Another process takes the last one: what vanished here in the meantime is told all the same.
#[test]
fn a_fault_that_others_use_up_ends_here_too() {
    let dir = tempfile::tempdir().unwrap();
    let here = order(dir.path(), 1, Kind::Drop, When::Count(1));
    let there = Active::open(dir.path(), here.fault().clone()).unwrap();
    let route = Route::new(8, View::FRESH, Vec::new());
    let (diary, _place) = board(&route);
    route.update(View::FRESH, vec![here]);
    assert!(there.strikes());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    // Another thread counts the error and then ends the swallowing.
    let mut told = diary.read();
    while told.len() < 2 && std::time::Instant::now() < deadline {
        std::thread::yield_now();
        told.extend(diary.read());
    }
    assert_eq!(told, ["swallow true", "swallow false"]);
    assert_eq!(route.errors(), 1);
    assert_eq!(route.transfer(), TransferFate::Deliver);
}
