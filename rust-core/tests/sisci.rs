//! The safe handles over a real SISCI library: a process with both ends in its hands.

mod common;

use common::{eventually, isolated, library};
use ntb_core::sisci::{
    Delivery, Device, Direction, DmaQueue, DmaState, Engine, LocalInterrupt, LocalSegment,
    RemoteInterrupt, RemoteMap, RemoteSegment, SegmentEvent, Transfer, TransferCheck,
};
use ntb_core::window::Staging;
use sisci_sys::sci_error_t;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

fn device() -> Arc<Device> {
    Device::open(library().as_os_str(), 0).unwrap()
}

fn fill(segment: &Arc<LocalSegment>, offset: u64, bytes: &[u8]) {
    assert!(Staging::new(segment.memory()).copy_in(offset, bytes));
}

fn content(segment: &Arc<LocalSegment>, offset: u64, bytes: usize) -> Vec<u8> {
    let mut content = vec![0; bytes];
    assert!(Staging::new(segment.memory()).copy_out(offset, &mut content));
    content
}

/// A segment and a connection to it.
fn pair(device: &Arc<Device>, bytes: u64) -> (Arc<LocalSegment>, Arc<RemoteSegment>) {
    let local = LocalSegment::export(device, bytes).unwrap();
    let remote = RemoteSegment::connect(device, device.node(), local.id()).unwrap();
    assert_eq!((remote.id(), remote.bytes() >= bytes), (local.id(), true));
    (Arc::new(local), Arc::new(remote))
}

#[test]
fn dma_moves_bytes_both_ways() {
    isolated("dma_moves_bytes_both_ways", || {
        let device = device();
        let limits = device.dma_limits().unwrap();
        assert!(
            limits.size_alignment <= 4096 && limits.most >= 1 << 20,
            "{limits:?}"
        );
        assert_eq!(device.has_engine(Engine::Adapter), Some(true));
        let size = 1 << 20;
        let (target, remote) = pair(&device, size);
        // Not every engine reaches a segment that isn't mapped.
        let _map = RemoteMap::map(&remote, 0, size).unwrap();
        let source = Arc::new(LocalSegment::export(&device, size).unwrap());
        let bytes: Vec<u8> = (0..size).map(|i| ((i * 7) >> 3) as u8).collect();
        fill(&source, 0, &bytes);

        let queue = DmaQueue::create(&device, Engine::Any).unwrap();
        assert_eq!(queue.state(), DmaState::Idle);
        let mut transfer = Transfer {
            local: Arc::clone(&source),
            local_offset: 4096,
            remote: Arc::clone(&remote),
            remote_offset: 0,
            bytes: size - 4096,
            direction: Direction::Write,
        };
        queue.start(transfer.clone()).unwrap();
        assert_eq!(queue.wait(Some(LONG)).unwrap(), DmaState::Done);
        let payload = bytes.len() - 4096;
        assert!(content(&target, 0, payload) == bytes[4096..]);

        // Back, with a callback that starts nothing but tells.
        fill(&source, 0, &vec![0; bytes.len()]);
        transfer.direction = Direction::Read;
        let (tell, told) = mpsc::channel();
        let done = move |outcome| tell.send(outcome).unwrap();
        queue.start_then(transfer.clone(), done).unwrap();
        assert_eq!(told.recv_timeout(LONG).unwrap(), Ok(()));
        assert!(content(&source, 4096, payload) == bytes[4096..]);

        transfer.bytes = size;
        let told = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&told);
        let done = move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let error = queue.start_then(transfer.clone(), done).unwrap_err();
        assert_eq!(error.code, sci_error_t::SCI_ERR_OUT_OF_RANGE, "{error}");
        assert_eq!(Arc::strong_count(&told), 1, "the closure is gone");
        let error = queue.abort().unwrap_err();
        assert_eq!(
            error.code,
            sci_error_t::SCI_ERR_ILLEGAL_OPERATION,
            "{error}"
        );
    });
}

#[test]
fn the_global_engine_needs_no_window() {
    isolated("the_global_engine_needs_no_window", || {
        let device = device();
        if device.has_engine(Engine::Global) == Some(false) {
            return eprintln!("skipped: the adapter has no such engine");
        }
        let (target, remote) = pair(&device, 4096);
        let source = Arc::new(LocalSegment::export(&device, 4096).unwrap());
        fill(&source, 0, &[7; 4096]);
        let queue = DmaQueue::create(&device, Engine::Global).unwrap();
        let transfer = Transfer {
            local: source,
            local_offset: 0,
            remote,
            remote_offset: 2048,
            bytes: 1024,
            direction: Direction::Write,
        };
        queue.start(transfer).unwrap();
        assert_eq!(queue.wait(None).unwrap(), DmaState::Done);
        assert!(content(&target, 2048, 1024) == [7; 1024]);
        assert!(content(&target, 3072, 1024) == [0; 1024]);
    });
}

#[test]
fn a_queue_keeps_what_its_transfer_uses() {
    isolated("a_queue_keeps_what_its_transfer_uses", || {
        let device = device();
        let queue = Arc::new(DmaQueue::create(&device, Engine::Any).unwrap());
        let (tell, told) = mpsc::channel();
        // Each completion starts the next transfer, with segments that nobody else holds.
        fn next(device: Arc<Device>, queue: Arc<DmaQueue>, left: u32, tell: mpsc::Sender<()>) {
            if left == 0 {
                return tell.send(()).unwrap();
            }
            let (local, remote) = pair(&device, 64 << 10);
            let map = RemoteMap::map(&remote, 0, 64 << 10).unwrap();
            let transfer = Transfer {
                local,
                local_offset: 0,
                remote,
                remote_offset: 0,
                bytes: 64 << 10,
                direction: Direction::Write,
            };
            let again = Arc::clone(&queue);
            let done = move |outcome: Result<(), sci_error_t>| {
                outcome.unwrap();
                drop(map);
                next(device, again, left - 1, tell);
            };
            queue.start_then(transfer, done).unwrap();
        }
        next(Arc::clone(&device), queue, 20, tell);
        told.recv_timeout(LONG).unwrap();
    });
}

#[test]
fn checked_copies_arrive_and_bad_ones_are_told() {
    isolated("checked_copies_arrive_and_bad_ones_are_told", || {
        let device = device();
        let (local, remote) = pair(&device, 64 << 10);
        let map = RemoteMap::map(&remote, 4096, 8192).unwrap();
        assert_eq!(map.bytes(), 8192);
        let check = TransferCheck::create(&map).unwrap();
        assert_eq!(check.start().unwrap(), Delivery::Complete);
        map.write(100, b"over the window", Some(&check)).unwrap();
        map.write(200, b"unchecked", None).unwrap();
        assert_eq!(check.check().unwrap(), Delivery::Complete);
        assert_eq!(content(&local, 4096 + 100, 15), b"over the window");
        let mut back = [0; 9];
        map.read(200, &mut back, Some(&check)).unwrap();
        assert_eq!(&back, b"unchecked");

        let error = map.write(8190, b"beyond", None).unwrap_err();
        assert_eq!(error.code, sci_error_t::SCI_ERR_OUT_OF_RANGE, "{error}");
        let error = map.write(u64::MAX, b"far beyond", None).unwrap_err();
        assert_eq!(error.code, sci_error_t::SCI_ERR_OUT_OF_RANGE, "{error}");
        let other = RemoteMap::map(&remote, 0, 4096).unwrap();
        let error = other.write(0, b"x", Some(&check)).unwrap_err();
        assert_eq!(
            error.code,
            sci_error_t::SCI_ERR_ILLEGAL_PARAMETER,
            "{error}"
        );
        assert!(map.memory().is_some());
        let odd = RemoteMap::map(&remote, 24, 8).unwrap();
        assert!(odd.memory().is_none(), "words at odd places are no channel");
        drop(odd);
        // Everything keeps what it hangs on, in whatever order it goes.
        drop((remote, other, map));
        assert_eq!(check.check().unwrap(), Delivery::Complete);
    });
}

#[test]
fn interrupts_wake_waiters_and_handlers() {
    isolated("interrupts_wake_waiters_and_handlers", || {
        let device = device();
        let waited = LocalInterrupt::create(&device).unwrap();
        assert!(!waited.wait(Some(Duration::from_millis(1))).unwrap());
        let trigger = RemoteInterrupt::connect(&device, device.node(), waited.number()).unwrap();
        trigger.trigger().unwrap();
        assert!(
            waited.wait(Some(LONG)).unwrap(),
            "a trigger before the wait is remembered"
        );

        let count = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&count);
        let handled = LocalInterrupt::handled(&device, move || {
            seen.fetch_add(1, Ordering::Relaxed);
            panic!("a panic stays inside");
        });
        let handled = handled.unwrap();
        assert!(handled.wait(None).is_err());
        let trigger = RemoteInterrupt::connect(&device, device.node(), handled.number()).unwrap();
        for round in 1..=3 {
            trigger.trigger().unwrap();
            eventually("the handler", LONG, || {
                count.load(Ordering::Relaxed) >= round
            });
        }
        let number = handled.number();
        drop((trigger, handled));
        assert_eq!(Arc::strong_count(&count), 1, "the handler is gone");
        let error = RemoteInterrupt::connect(&device, device.node(), number).unwrap_err();
        assert_eq!(error.code, sci_error_t::SCI_ERR_NO_SUCH_INTNO, "{error}");
    });
}

#[test]
fn watchers_see_peers_come_and_go() {
    isolated("watchers_see_peers_come_and_go", || {
        let device = device();
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let local = LocalSegment::export_watched(&device, 4096, move |event, node| {
            seen.lock().unwrap().push((event, node));
        });
        let local = local.unwrap();
        let (tell, told) = mpsc::channel();
        let watcher = move |event| tell.send(event).unwrap();
        let node = device.node();
        let remote = RemoteSegment::connect_watched(&device, node, local.id(), watcher).unwrap();
        let has = |event| events.lock().unwrap().contains(&(event, node));
        eventually("connected", LONG, || has(SegmentEvent::Connected));
        let second = RemoteSegment::connect(&device, node, local.id()).unwrap();
        drop(second);
        eventually("disconnected", LONG, || has(SegmentEvent::Disconnected));
        drop(local);
        let event = told.recv_timeout(LONG).unwrap();
        assert!(
            matches!(event, SegmentEvent::Disconnected | SegmentEvent::Lost),
            "{event:?}"
        );
        drop(remote);
        assert!(told.recv_timeout(LONG).is_err(), "the watcher is gone");
    });
}

#[test]
fn questions_are_answered() {
    isolated("questions_are_answered", || {
        let device = device();
        assert!(device.link_is_up());
        device.probe(device.node()).unwrap();
        let error = device.probe(248).unwrap_err();
        assert_ne!(error.code, sci_error_t::SCI_ERR_OK);
        let error = device.adapter_value(0x1234, 0).unwrap_err();
        assert_eq!(error.code, sci_error_t::SCI_ERR_ILLEGAL_QUERY, "{error}");
    });
}
