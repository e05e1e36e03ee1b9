//! The queue before a writer: whoever comes while it writes is decided in the next round, together with all who waited.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::write::{Answer, Failure, Job, Writer};

/// Jobs that are taken on in one round: one push, one wait for the disk.
const ROUND: usize = 256;

/// A writer in a thread of its own, and the jobs that wait for it.
pub struct Queue<N: Send + 'static> {
    waiting: Option<Sender<Waiting<N>>>,
    writer: Option<JoinHandle<()>>,
}

struct Waiting<N> {
    job: Job<'static, N>,
    answer: Sender<Answer<N>>,
}

impl<N: Send + 'static> Queue<N> {
    /// Starts the writer's thread.
    #[must_use]
    pub fn start(writer: Writer) -> Queue<N> {
        let (sender, receiver) = mpsc::channel();
        let writer = thread::spawn(move || work(writer, &receiver));
        Queue { waiting: Some(sender), writer: Some(writer) }
    }

    /// Puts a job at the end of the queue; it is recorded even if nobody waits for the answer. Its answer can be waited for.
    #[must_use]
    pub fn submit(&self, job: Job<'static, N>) -> Receiver<Answer<N>> {
        let (answer, receiver) = mpsc::channel();
        let rejected = match &self.waiting {
            Some(waiting) => waiting.send(Waiting { job, answer }).err().map(|error| error.0),
            None => None,
        };
        if let Some(waiting) = rejected {
            let gone = Failure::World("the writer is gone".into());
            let _ = waiting.answer.send(Answer::Failed(gone));
        }
        receiver
    }

    /// Puts a job at the end of the queue and waits for its answer.
    #[must_use]
    pub fn record(&self, job: Job<'static, N>) -> Answer<N> {
        let gone = || Answer::Failed(Failure::World("the writer is gone".into()));
        self.submit(job).recv().unwrap_or_else(|_| gone())
    }
}

fn work<N>(mut writer: Writer, receiver: &Receiver<Waiting<N>>) {
    while let Ok(first) = receiver.recv() {
        let round: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).take(ROUND).collect();
        let (mut jobs, answers): (Vec<_>, Vec<_>) =
            round.into_iter().map(|waiting| (waiting.job, waiting.answer)).unzip();
        for (answer, to) in writer.record(&mut jobs).into_iter().zip(answers) {
            // Whoever no longer listens has gone; what they wanted is recorded all the same.
            let _ = to.send(answer);
        }
    }
}

impl<N: Send + 'static> Drop for Queue<N> {
    /// Waits until everything that was submitted is answered.
    fn drop(&mut self) {
        self.waiting.take();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}
