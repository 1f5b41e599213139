//! Storage daemons that stand still, die and come back while they are busy. Whoever uses them must wait or be
//! told, others must not notice, and afterwards everything goes over NTB again.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::bytes::Meanwhile;
use super::outage::Outage;
use super::tool::Target;
use super::{Host, Outcome, Role, SHARE, Shown, Work, status};

/// Milliseconds that a load writes, and as long again that it reads.
const LOAD_MS: u64 = 4000;
/// When a load is well under way: begun, connected, writing.
const UNDER_WAY: Duration = Duration::from_secs(2);
/// How long a daemon stands still: longer than any wait for an answer that spins, and well below a connection's
/// time limits.
const PAUSE: Duration = Duration::from_secs(2);
/// How long whoever uses a dead daemon may take to hear of it.
const NEWS_LIMIT: Duration = Duration::from_secs(30);

impl Work {
    pub(super) fn disturb(&mut self) -> anyhow::Result<Outcome> {
        let [first, second] = [
            self.target_of(Host::Storage1)?,
            self.target_of(Host::Storage2)?,
        ];
        self.pause_under_load(&second)?;
        let (outage, news) = self.kill_under_load(&first, &second)?;
        self.restart(&outage)?;
        // The other one ends in order, with connections that are idle now.
        self.renew(Host::Storage1)?;

        let before = Meanwhile::begin(&self.state)?;
        let share = SHARE.to_string();
        let again = |target: &Target| {
            let number = target.number.to_string();
            let load = || self.tool.load(&["--target", &number, "--amount", &share]);
            // It listens, but the management daemon may not know of it yet.
            self.insist("using a daemon that is back", || load().map(drop))
        };
        again(&first)?;
        again(&second)?;
        let hosts = [Host::Storage1, Host::Storage2];
        let moved = before.end(&self.state)?;
        moved.require_each(&hosts, 2 * SHARE)?;
        Ok(Outcome::Shown(Shown {
            compared: format!(
                "all bytes beside a pause of {} s; its end told after {:.1} s; {} anew",
                PAUSE.as_secs(),
                news.as_secs_f64(),
                status::bytes(2 * SHARE)
            ),
            moved: moved.text(&hosts),
        }))
    }

    fn target_of(&self, host: Host) -> anyhow::Result<Target> {
        let mut targets = self.tool.targets(Role::Storage)?.into_iter();
        let found = targets.find(|target| target.host == host);
        found.with_context(|| format!("{} has no target", host.name()))
    }

    /// A load beside which the daemon stands still for a while ends well.
    fn pause_under_load(&self, target: &Target) -> anyhow::Result<()> {
        let daemon = self.state.daemon(target.host).context("no daemon")?;
        thread::scope(|scope| {
            let load = scope.spawn(|| self.busy(target));
            thread::sleep(UNDER_WAY);
            let paused = daemon.process.pause()?;
            thread::sleep(PAUSE);
            drop(paused);
            joined(load).with_context(|| format!("{} stood still", target.host.name()))
        })
    }

    /// The second target's daemon dies; returns after which time its user knew.
    fn kill_under_load(
        &mut self,
        first: &Target,
        second: &Target,
    ) -> anyhow::Result<(Outage, Duration)> {
        let arguments = self.outage(second.host)?;
        let news = thread::scope(|scope| {
            let bystander = scope.spawn(|| self.busy(first));
            let user = scope.spawn(|| {
                let told = self.busy(second);
                (told, Instant::now())
            });
            thread::sleep(UNDER_WAY);
            let killed = Instant::now();
            arguments.kill()?;
            let (told, when) = user.join().expect("no thread panics");
            joined(bystander)
                .with_context(|| format!("beside the end of {}", second.host.name()))?;
            ensure!(told.is_err(), "{} ended unnoticed", second.host.name());
            Ok(when.saturating_duration_since(killed))
        })?;
        ensure!(
            news < NEWS_LIMIT,
            "the end of {} was told after {} s",
            second.host.name(),
            news.as_secs()
        );
        Ok((arguments, news))
    }

    /// Several threads that write and read for a while, and compare.
    fn busy(&self, target: &Target) -> anyhow::Result<()> {
        let number = target.number.to_string();
        let time = LOAD_MS.to_string();
        let arguments = ["--target", &number, "--time", &time, "--threads", "4"];
        self.tool.load(&arguments).map(drop)
    }
}

fn joined(load: thread::ScopedJoinHandle<'_, anyhow::Result<()>>) -> anyhow::Result<()> {
    load.join().expect("no thread panics")
}
