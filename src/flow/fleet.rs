//! Many hosts at once, bounded, in a fixed order of results.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `work` on every item, at most `parallel` at a time. Results keep the items' order.
pub fn each<T: Send, R: Send>(
    items: Vec<T>,
    parallel: usize,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let slots: Vec<Mutex<(Option<T>, Option<R>)>> = items
        .into_iter()
        .map(|item| Mutex::new((Some(item), None)))
        .collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
            let item = slot.lock().expect("no worker panics with a slot").0.take();
            if let Some(item) = item {
                let result = work(item);
                slot.lock().expect("no worker panics with a slot").1 = Some(result);
            }
        }
    };
    let threads = parallel.clamp(1, slots.len().max(1));
    if threads == 1 {
        worker();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(worker);
            }
        });
    }
    slots
        .into_iter()
        .filter_map(|slot| slot.into_inner().expect("no worker panics with a slot").1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let doubled = each((0..50).collect(), 8, |n| {
            std::thread::sleep(std::time::Duration::from_micros(50 - n));
            n * 2
        });
        assert_eq!(doubled, (0..50).map(|n| n * 2).collect::<Vec<_>>());
    }

    #[test]
    fn never_more_than_the_bound_at_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        each((0..20).collect(), 3, |_: i32| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(2));
            now.fetch_sub(1, Ordering::SeqCst);
        });
        assert!(most.load(Ordering::SeqCst) <= 3);
    }
}
