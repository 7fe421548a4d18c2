//! Blocks looked at by several threads, and put together in the order of the sample.

use std::{
    collections::BTreeMap,
    io::Read,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use crate::{
    blocks::{Block, Blocks},
    layout::Layout,
    look::{Looked, Span, look},
    recognise::Finder,
    scanner::Stopped,
    tally::{Sum, Tally},
    watch::Watch,
};

/// What takes findings.
pub(crate) type Take<'a> = &'a mut dyn FnMut(&Span) -> ControlFlow<()>;

/// Blocks that are on their way, for each thread.
const AHEAD: u64 = 3;

/// What has been scanned.
pub(crate) struct Worked {
    pub(crate) bytes: u64,
    pub(crate) tally: Tally,
}

pub(crate) fn work<R: Read>(
    finder: &Finder,
    layout: &Layout,
    blocks: &mut Blocks<R>,
    threads: usize,
    watch: &Watch,
    take: Option<Take<'_>>,
) -> Result<Worked, Stopped> {
    let telling = take.is_some();
    let mut gathered = Gathered { sum: Sum::new(&layout.columns), bytes: 0, watch, take };
    if threads <= 1 {
        let mut block = Block::default();
        while blocks.next(layout, &mut block)? {
            gathered.add(&block, &look(finder, layout, &block, telling))?;
        }
    } else {
        shared(finder, layout, blocks, threads, telling, &mut gathered)?;
    }
    Ok(Worked { bytes: gathered.bytes, tally: gathered.sum.tally })
}

/// What blocks have given so far.
struct Gathered<'w, 't> {
    sum: Sum,
    bytes: u64,
    watch: &'w Watch,
    take: Option<Take<'t>>,
}

impl Gathered<'_, '_> {
    fn add(&mut self, block: &Block, looked: &Looked) -> Result<(), Stopped> {
        if self.watch.cancelled() {
            return Err(Stopped::Cancelled);
        }
        self.sum.add(&looked.tally);
        if let Some(take) = &mut self.take {
            for span in &looked.spans {
                if take(span).is_break() {
                    return Err(Stopped::Cancelled);
                }
            }
        }
        let bytes = (block.own.1 - block.own.0) as u64;
        self.bytes += bytes;
        self.watch.advance(bytes, looked.tally.findings());
        Ok(())
    }
}

type Job = (u64, Block);
/// Nothing looked at: the thread has panicked.
type Done = (u64, Block, Option<Looked>);

fn shared<R: Read>(
    finder: &Finder,
    layout: &Layout,
    blocks: &mut Blocks<R>,
    threads: usize,
    telling: bool,
    gathered: &mut Gathered<'_, '_>,
) -> Result<(), Stopped> {
    let (jobs, waiting) = channel::<Job>();
    let (done, finished) = channel::<Done>();
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (waiting, done) = (&waiting, done.clone());
            scope.spawn(move || serve(finder, layout, telling, waiting, &done));
        }
        // When `jobs` goes, at the end of this closure, the threads end.
        distribute(layout, blocks, threads as u64 * AHEAD, &jobs, &finished, gathered)?;
        drop(jobs);
        Ok(())
    })
}

fn serve(finder: &Finder, layout: &Layout, telling: bool, waiting: &Mutex<Receiver<Job>>, done: &Sender<Done>) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, block)) = job else { return };
        match catch_unwind(AssertUnwindSafe(|| look(finder, layout, &block, telling))) {
            Ok(looked) => {
                if done.send((number, block, Some(looked))).is_err() {
                    return;
                }
            }
            Err(panic) => {
                // Who waits for the block must not wait forever.
                let _ = done.send((number, block, None));
                resume_unwind(panic);
            }
        }
    }
}

fn distribute<R: Read>(
    layout: &Layout,
    blocks: &mut Blocks<R>,
    ahead: u64,
    jobs: &Sender<Job>,
    finished: &Receiver<Done>,
    gathered: &mut Gathered<'_, '_>,
) -> Result<(), Stopped> {
    let mut early: BTreeMap<u64, (Block, Looked)> = BTreeMap::new();
    let mut spare: Vec<Block> = Vec::new();
    let (mut sent, mut added) = (0, 0);
    let mut ended = false;
    loop {
        while !ended && sent - added < ahead {
            let mut block = spare.pop().unwrap_or_default();
            if blocks.next(layout, &mut block)? && jobs.send((sent, block)).is_ok() {
                sent += 1;
            } else {
                ended = true;
            }
        }
        if sent == added {
            return Ok(());
        }
        let Ok((number, block, Some(looked))) = finished.recv() else { return Err(Stopped::Cancelled) };
        early.insert(number, (block, looked));
        while let Some((block, looked)) = early.remove(&added) {
            gathered.add(&block, &looked)?;
            added += 1;
            spare.push(block);
        }
    }
}
