//! Two endpoints of the protocol under one seeded scheduler with virtual time.
//!
//! What is simulated: stores that become visible late, in pieces and in any order that the barriers
//! leave open; doorbells that are late, merged or lost; sides that are not scheduled for a while, that
//! time out, close at any moment or die. What is compared: the bytes that come out with those that went
//! in, one end at the right place, no waiting without an end, no sleep while there is something to do,
//! and that an honest peer is never blamed.
//!
//! `NTB_SIM_RUNS` sets the number of seeds of the long run.

mod memory;
mod port;
mod random;
mod side;
mod world;

use memory::Fabric;
use port::Mistake;
use proptest::prelude::*;
use side::Counts;
use world::World;

fn run(seed: u64, fabric: Fabric) -> Result<Counts, String> {
    World::new(seed, fabric, None).run()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_stream_over_shared_memory_is_a_stream(seed: u64) {
        run(seed, Fabric::Shared).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_stream_over_a_bridge_is_a_stream(seed: u64) {
        run(seed, Fabric::Bridge).map_err(TestCaseError::fail)?;
    }
}

/// Many seeds in a row, and that they reach what is to be tested.
#[test]
fn many_runs_meet_everything() {
    let runs = std::env::var("NTB_SIM_RUNS").map_or(300, |runs| runs.parse().unwrap());
    let mut sum = Counts::default();
    for seed in 0..runs {
        for fabric in [Fabric::Shared, Fabric::Bridge] {
            let counts = run(seed, fabric);
            let counts = counts.unwrap_or_else(|error| panic!("{fabric:?}, seed {seed}: {error}"));
            sum.lines += counts.lines;
            sum.eager += counts.eager;
            sum.bulk += counts.bulk;
            sum.sleeps += counts.sleeps;
            sum.timeouts += counts.timeouts;
            sum.bells_lost += counts.bells_lost;
            sum.ends += counts.ends;
            sum.losses += counts.losses;
        }
    }
    println!("{runs} seeds: {sum:?}");
    let Counts {
        lines,
        eager,
        bulk,
        sleeps,
        timeouts,
        bells_lost,
        ends,
        losses,
    } = sum;
    let met = [
        lines, eager, bulk, sleeps, timeouts, bells_lost, ends, losses,
    ];
    assert!(met.iter().all(|count| *count > 0), "{sum:?}");
}

/// The simulation finds this mistake, within so many seeds.
fn is_found(mistake: Mistake, fabric: Fabric) {
    let found = (0..4000).find_map(|seed| {
        let outcome = World::new(seed, fabric, Some(mistake)).run();
        outcome.err().map(|error| (seed, error))
    });
    let (seed, error) = found.unwrap_or_else(|| panic!("{mistake:?} was not found"));
    let error: String = error.chars().take(100).collect();
    println!("{mistake:?}: seed {seed}, {error}");
}

#[test]
fn a_missing_flush_is_found() {
    is_found(Mistake::NoFlush, Fabric::Bridge);
}

#[test]
fn a_line_that_is_looked_at_before_the_tail_is_found() {
    is_found(Mistake::LineBeforeTail, Fabric::Bridge);
}

#[test]
fn a_look_that_does_not_wait_for_the_flight_of_a_store_is_found() {
    is_found(Mistake::NoSettling, Fabric::Bridge);
}

#[test]
fn a_missing_second_look_is_found() {
    is_found(Mistake::NoSecondLook, Fabric::Bridge);
}

#[test]
fn a_missing_fence_before_the_look_at_the_wait_word_is_found() {
    is_found(Mistake::NoFence, Fabric::Shared);
}

#[test]
fn a_credit_that_is_given_before_the_copy_is_found() {
    is_found(Mistake::CreditBeforeCopy, Fabric::Shared);
    is_found(Mistake::CreditBeforeCopy, Fabric::Bridge);
}

#[test]
fn a_forgotten_bell_for_a_credit_is_found() {
    is_found(Mistake::NoBellForCredit, Fabric::Shared);
}

#[test]
fn a_transfer_by_dma_that_is_not_awaited_is_found() {
    is_found(Mistake::DmaNotAwaited, Fabric::Bridge);
}

#[test]
fn a_sleep_that_relies_on_the_doorbell_is_found() {
    is_found(Mistake::NoRecheck, Fabric::Shared);
}
