//! What holds for all functions alike: no argument may crash the caller.
//!
//! The cases find the functions by their names, so a function that is added is covered at once. They
//! call them with more words than they take, which the calling conventions of all our machines allow:
//! all arguments of the interface are integers or pointers.

use crate::sci::{ADAPTER, Sci, call};
use crate::{Case, Needs};
use sisci_sys::sci_error_t;
use sisci_sys::sci_error_t as Code;
use std::ffi::{CString, c_void};
use std::path::Path;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "every_function_takes_nulls",
        needs: Needs::Emulator,
        body: nulls,
    },
    Case {
        name: "every_function_refuses_foreign_pointers",
        needs: Needs::Emulator,
        body: foreign,
    },
    Case {
        name: "every_function_refuses_stale_handles",
        needs: Needs::Emulator,
        body: stale,
    },
    Case {
        name: "every_function_takes_live_handles_and_nulls",
        needs: Needs::Emulator,
        body: live,
    },
    Case {
        name: "every_function_needs_initialize",
        needs: Needs::Emulator,
        body: uninitialised,
    },
];

/// As many words as the longest function takes, and some more.
type Words = [usize; 12];
type Any = unsafe extern "C" fn(
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
) -> usize;

/// A function as the tests call it.
struct Function {
    symbol: String,
    call: Any,
    /// Which of its arguments are handles.
    handles: Vec<usize>,
}

/// Ends the library for all that follows.
const LAST: &[&str] = &["SCITerminate"];

/// All functions in both flavours.
fn functions() -> Vec<Function> {
    let name = CString::new(std::env::var("SISCI_TEST_LIBRARY").unwrap()).unwrap();
    // SAFETY: the library is loaded already; this only gives another reference.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null());
    let headers = headers();
    let mut found = Vec::new();
    for name in sisci_sys::FUNCTION_NAMES {
        if LAST.contains(name) {
            continue;
        }
        for flavour in ["MT", "ST"] {
            let symbol = format!("_SISCI_PUBLIC_FUNC_{flavour}_{name}");
            let text = CString::new(symbol.clone()).unwrap();
            // SAFETY: the handle is of this library, the name a closed text.
            let address = unsafe { libc::dlsym(library, text.as_ptr()) };
            assert!(!address.is_null(), "{symbol}");
            // SAFETY: a function of the interface; see the head of this file for its arguments.
            let call = unsafe { std::mem::transmute::<*mut c_void, Any>(address) };
            let handles = handles_of(name, &headers);
            found.push(Function {
                symbol,
                call,
                handles,
            });
        }
    }
    found
}

/// The text of all headers.
fn headers() -> String {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sisci-sys/include");
    let folders = [include.clone(), include.join("sisci")];
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file());
    paths
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The places of the handles in a prototype.
fn handles_of(name: &str, headers: &str) -> Vec<usize> {
    const KINDS: &[&str] = &[
        "desc",
        "segment",
        "map",
        "sequence",
        "queue",
        "channel",
        "interrupt",
        "device",
        "transfer",
    ];
    // A line that begins at its left end with a type; comments and macros don't.
    let open = [format!(" {name}("), format!("*{name}(")];
    let mut at = 0;
    let mut start = None;
    for line in headers.split_inclusive('\n') {
        let found = open.iter().find_map(|open| line.find(open.as_str()));
        if let Some(column) = found.filter(|_| !line.starts_with([' ', '/', '#'])) {
            start = Some(at + column + open[0].len());
        }
        at += line.len();
    }
    let start = start.unwrap_or_else(|| panic!("the headers declare {name}"));
    let length = headers[start..].find(')').unwrap();
    let is_handle = |parameter: &str| {
        let kind = parameter.split_whitespace().next().unwrap_or_default();
        let kind = kind
            .strip_prefix("sci_")
            .and_then(|rest| rest.strip_suffix("_t"));
        let known =
            |kind: &str| !kind.starts_with("cb_") && KINDS.iter().any(|end| kind.ends_with(end));
        kind.is_some_and(known) && !parameter.contains('*')
    };
    let parameters = headers[start..start + length].split(',');
    let places = parameters
        .enumerate()
        .filter(|(_, parameter)| is_handle(parameter));
    places.map(|(place, _)| place).collect()
}

/// Calls; what is about to be called stands on the error stream if it crashes.
fn run(function: &Function, words: Words) {
    eprintln!("{}({words:x?})", function.symbol);
    let [a, b, c, d, e, f, g, h, i, j, k, l] = words;
    // SAFETY: that this is harmless is what the cases check.
    unsafe { (function.call)(a, b, c, d, e, f, g, h, i, j, k, l) };
}

/// Memory that any pointer argument may point to.
fn scratch() -> *mut u32 {
    Box::leak(vec![0u32; 4096].into_boxed_slice()).as_mut_ptr()
}

/// The library still works.
fn still_alive(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 4000, 4096);
    sci.remove_segment(segment, 0).unwrap();
    sci.close(device).unwrap();
}

fn nulls(sci: &Sci) {
    for function in functions() {
        run(&function, [0; 12]);
    }
    still_alive(sci);
}

fn foreign(sci: &Sci) {
    for function in functions() {
        let memory = scratch();
        // Every handle is foreign, every out pointer good, every number senseless.
        run(&function, [memory.addr(); 12]);
        // SAFETY: our own memory. The error is written last.
        let code = Code(unsafe { memory.read() });
        let known = |(known, _): &(Code, &str)| *known == code;
        let name = &function.symbol;
        assert!(
            sisci_sys::ERROR_NAMES.iter().any(known),
            "{name} says {code:?}"
        );
        // Handles that are small, odd or enormous.
        for place in &function.handles {
            for word in [1, 7, 0x1000, usize::MAX, usize::MAX / 2] {
                let mut words = [0; 12];
                words[*place] = word;
                run(&function, words);
            }
        }
    }
    still_alive(sci);
}

/// One object of each kind, and the handles in a fixed order.
fn world(sci: &Sci, id: u32) -> Vec<usize> {
    let functions = sci.functions();
    let device = sci.open().unwrap();
    let local = sci.offer(device, id, 8192);
    let remote = sci.connect(device, sci.local_node(), id).unwrap();
    let (near, _) = sci.map_local(local, 0, 4096).unwrap();
    let (far, _) = sci.map_remote(remote, 0, 4096).unwrap();
    let (mut sequence, mut queue) = (null_mut(), null_mut());
    call!(error => (functions.create_map_sequence)(far, &mut sequence, 0, &mut error)).unwrap();
    call!(error => (functions.create_dma_queue)(device, &mut queue, ADAPTER, 4, 0, &mut error))
        .unwrap();
    let (mut bell, mut number) = (null_mut(), 0);
    call!(error => (functions.create_interrupt)(
        device, &mut bell, ADAPTER, &mut number, None, null_mut(), 0, &mut error
    ))
    .unwrap();
    let mut trigger = null_mut();
    call!(error => (functions.connect_interrupt)(
        device, &mut trigger, sci.local_node(), ADAPTER, number, 0, 0, &mut error
    ))
    .unwrap();
    let (mailbox, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let sender = sci
        .connect_data_interrupt(device, sci.local_node(), number)
        .unwrap();
    vec![
        queue.addr(),
        local.addr(),
        remote.addr(),
        sequence.addr(),
        far.addr(),
        near.addr(),
        bell.addr(),
        trigger.addr(),
        mailbox.addr(),
        sender.addr(),
        device.addr(),
    ]
}

fn stale(sci: &Sci) {
    let handles = world(sci, 100);
    sci.terminate();
    sci.initialize().unwrap();
    // The places in the tables have new owners.
    let _living = world(sci, 100);
    for function in functions() {
        for (place, handle) in pairs(&function, &handles) {
            let mut words = [0; 12];
            words[place] = handle;
            run(&function, words);
        }
    }
    still_alive(sci);
}

/// Each handle in each place for one.
fn pairs(function: &Function, handles: &[usize]) -> Vec<(usize, usize)> {
    let places = function.handles.iter();
    let pair = |place: &usize| {
        let place = *place;
        handles.iter().map(move |handle| (place, *handle))
    };
    places.flat_map(pair).collect()
}

fn live(sci: &Sci) {
    for (id, function) in (100..).zip(functions()) {
        let handles = world(sci, id);
        // All handles that a transfer takes.
        let mut words = [0; 12];
        for (place, handle) in function.handles.iter().zip(&handles) {
            words[*place] = *handle;
        }
        run(&function, words);
        for (place, handle) in pairs(&function, &handles) {
            let mut words = [0; 12];
            words[place] = handle;
            run(&function, words);
        }
        // Whatever that left is taken down.
        sci.terminate();
        sci.initialize().unwrap();
    }
    still_alive(sci);
}

fn uninitialised(sci: &Sci) {
    sci.terminate();
    let all = functions();
    let others = all
        .iter()
        .filter(|function| !function.symbol.ends_with("SCIInitialize"));
    for function in others {
        run(function, [0; 12]);
        run(function, [scratch().addr(); 12]);
    }
    sci.initialize().unwrap();
    still_alive(sci);
}
