//! Where the search for a free number goes on, so that it doesn't pass those in use every time.

use crate::fabric::node::Kind;
use crate::runtime::sync::lock;
use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Mutex;

/// Searches of one process, by kind and first number.
#[derive(Debug, Default)]
pub struct Ids(Mutex<HashMap<(Kind, u32), Search>>);

#[derive(Debug)]
struct Search {
    /// All below were tried.
    next: u64,
    /// Of those, what this process gave back since.
    freed: BTreeSet<u32>,
}

/// Programs that search from everywhere begin anew after so many.
const MAX_SEARCHES: usize = 64;

impl Ids {
    /// The lowest number of the range that may be free; each is named once. `None` after the last.
    pub fn next(&self, kind: Kind, range: &RangeInclusive<u32>) -> Option<u32> {
        let mut searches = lock(&self.0);
        let key = (kind, *range.start());
        if searches.len() >= MAX_SEARCHES && !searches.contains_key(&key) {
            searches.clear();
        }
        let search = searches.entry(key).or_insert_with(|| Search {
            next: (*range.start()).into(),
            freed: BTreeSet::new(),
        });
        if let Some(id) = search.freed.pop_first() {
            return Some(id);
        }
        let id = u32::try_from(search.next).ok()?;
        range.contains(&id).then(|| {
            search.next += 1;
            id
        })
    }

    /// A number is free again.
    pub fn free(&self, kind: Kind, id: u32) {
        let mut searches = lock(&self.0);
        for ((of, first), search) in searches.iter_mut() {
            if *of == kind && *first <= id && u64::from(id) < search.next {
                search.freed.insert(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_order_and_freed_ones_first() {
        let ids = Ids::default();
        let next = || ids.next(Kind::Segment, &(5..=8));
        assert_eq!([next(), next(), next()], [Some(5), Some(6), Some(7)]);
        ids.free(Kind::Segment, 6);
        ids.free(Kind::Segment, 5);
        ids.free(Kind::Interrupt, 7);
        ids.free(Kind::Segment, 100);
        assert_eq!(
            [next(), next(), next(), next()],
            [Some(5), Some(6), Some(8), None]
        );
        assert_eq!(
            ids.next(Kind::Segment, &(u32::MAX..=u32::MAX)),
            Some(u32::MAX)
        );
        assert_eq!(ids.next(Kind::Segment, &(u32::MAX..=u32::MAX)), None);
    }
}
