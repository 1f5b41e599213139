//! Storage daemons that stand still, die and come back while they are busy. Whoever uses them must wait or be
//! told, others must not notice, and afterwards everything goes over NTB again.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

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
/// How long whoever uses a dead daemon may take to hear of it. Well below the time after which the tool gives up
/// waiting for any answer.
const NEWS_LIMIT: Duration = Duration::from_secs(10);
/// Bytes that show whether a daemon serves again.
const TRIAL: u64 = 1 << 20;

impl Work {
    pub(super) fn disturb(&mut self) -> anyhow::Result<Outcome> {
        let [first, second] = [
            self.target_of(Host::Storage1)?,
            self.target_of(Host::Storage2)?,
        ];
        self.pause_under_load(&second)?;
        let outage = self.outage(second.host)?;
        let news = self.kill_under_load(&outage, &first, &second);
        // In any case: later kinds of traffic need it.
        self.restart(&outage)?;
        let news = news?;
        // The other one ends in order, with connections that are idle now.
        self.renew(Host::Storage1)?;

        self.wait_for_servers()?;
        for target in [&first, &second] {
            self.insist("a daemon that is back", || self.amount(target, TRIAL))?;
        }
        let before = Meanwhile::begin(&self.state)?;
        self.amount(&first, SHARE)?;
        self.amount(&second, SHARE)?;
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
        &self,
        outage: &Outage,
        first: &Target,
        second: &Target,
    ) -> anyhow::Result<Duration> {
        let host = second.host.name();
        let news = thread::scope(|scope| {
            let bystander = scope.spawn(|| self.busy(first));
            let user = scope.spawn(|| {
                let told = self.busy(second);
                (told, Instant::now())
            });
            thread::sleep(UNDER_WAY);
            let killed = Instant::now();
            outage.kill()?;
            let (told, when) = user.join().expect("no thread panics");
            joined(bystander).with_context(|| format!("beside the end of {host}"))?;
            let Err(error) = told else {
                bail!("{host} ended unnoticed");
            };
            // Damaged data, or anything that went wrong before, is no news of the end.
            let text = format!("{error:#}");
            let is_news = when >= killed && !text.contains("wrong contents");
            ensure!(is_news, "{host}: {text}");
            Ok(when - killed)
        })?;
        ensure!(
            news < NEWS_LIMIT,
            "the end of {host} was told after {} s",
            news.as_secs()
        );
        Ok(news)
    }

    /// Writes and reads so many bytes, compared.
    fn amount(&self, target: &Target, bytes: u64) -> anyhow::Result<()> {
        let [number, bytes] = [target.number.to_string(), bytes.to_string()];
        let load = ["--target", &number, "--amount", &bytes];
        self.tool.load(&load).map(drop)
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
