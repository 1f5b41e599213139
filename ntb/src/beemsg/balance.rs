//! `ntb beemsg balance`: files on one storage target each, whose chunks the servers then move to the next
//! target. What arrives is compared, then the files are removed: metadata servers know nothing of the
//! contents, as these files were never opened, and a check of the file system would say so.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use beemsg::meta::Entry;
use beemsg::{Cluster, Code, Connection, Error, Layout};
use bytesize::ByteSize;
use serde::Serialize;

use super::pattern::Pattern;
use super::reach::Access;
use super::tree::{self, Servers};

/// Bytes of a request.
const BLOCK: usize = 1 << 20;
/// Number of a client that no server knows.
const SESSION: u32 = 1 << 31;
/// How often the servers are asked whether they are done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// After this time what has not moved is ordered again: a server gives up at once if it does not know the
/// other's state yet, and tells nobody.
const ORDER_EVERY: Duration = Duration::from_secs(10);
/// What the metadata server says of a file while its chunks are moved.
const LOCKED: [Code; 2] = [Code::PATH_NOT_EXISTS, Code(32)];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Management daemon: its address, with a port if that is not the usual one.
    #[arg(long, value_name = "ADDRESS")]
    mgmtd: String,
    /// Files, in turns on all storage targets.
    #[arg(long, value_name = "COUNT", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    files: u32,
    /// Bytes of each file.
    #[arg(long, value_name = "SIZE", default_value = "4MiB")]
    size: ByteSize,
    /// Seconds that moving all chunks may take.
    #[arg(long, value_name = "SECS", default_value_t = 120)]
    limit: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Done {
    /// Name of the folder in the root folder in which the files were.
    folder: String,
    files: usize,
    /// Bytes that were moved, and compared afterwards.
    bytes: u64,
    /// From the first order to the last chunk in its new place.
    seconds: f64,
}

/// A file, and where its only chunk goes.
struct File {
    entry: Entry,
    layout: Layout,
    pattern: Pattern,
    from: u16,
    to: u16,
}

/// # Errors
/// If there is only one target, a server can't be reached or says no, or the contents differ.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let cluster = args.access.cluster(&args.mgmtd)?;
    let mut balance = Balance {
        servers: Servers::connect(&cluster, &args.access)?,
        cluster,
        args,
    };
    let name = tree::new_name()?;
    let folder = balance.folder(&name)?;
    let files = balance.make(&folder)?;
    let begin = Instant::now();
    let seconds = balance.move_all(&files, begin);
    let compared = seconds.and_then(|seconds| balance.compare(&files).map(|()| seconds));
    let removed = balance.remove(&folder, &files);
    let seconds = compared?;
    removed?;
    let done = Done {
        folder: name,
        files: files.len(),
        bytes: files.len() as u64 * args.size.as_u64(),
        seconds,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&done)?);
    } else {
        let bytes = ByteSize(done.bytes).display().iec();
        let count = done.files;
        println!("{count} chunks ({bytes}) have moved in {seconds:.1} s and are as they were");
    }
    Ok(())
}

struct Balance<'a> {
    cluster: Cluster,
    servers: Servers,
    args: &'a Args,
}

impl Balance<'_> {
    fn folder(&mut self, name: &str) -> anyhow::Result<Entry> {
        let root = self.cluster.root();
        let wish = tree::wish(root.owner)?;
        Ok(root.make_folder(self.servers.of(&root)?, name, wish)?)
    }

    /// Makes files with contents, each on one target.
    fn make(&mut self, folder: &Entry) -> anyhow::Result<Vec<File>> {
        let mut targets: Vec<u16> = self.cluster.targets.iter().map(|(n, _)| *n).collect();
        targets.sort_unstable();
        ensure!(
            targets.len() > 1,
            "a chunk can't be moved: the cluster has {} storage targets",
            targets.len()
        );
        let mut files = Vec::new();
        for number in 0..self.args.files as usize {
            let [from, to] = [number, number + 1].map(|place| targets[place % targets.len()]);
            let connection = self.servers.of(folder)?;
            let entry = folder.make_file_on(connection, &format!("file-{number}"), Some(from))?;
            let layout = Layout::of(&entry, self.servers.of(&entry)?)?;
            ensure!(
                layout.targets == [from],
                "{} was put on the targets {:?}, not on {from}",
                entry.name,
                layout.targets
            );
            let pattern = Pattern::new(u64::from(SESSION), number as u64);
            let file = File {
                entry,
                layout,
                pattern,
                from,
                to,
            };
            self.write(&file)?;
            files.push(file);
        }
        Ok(files)
    }

    fn write(&self, file: &File) -> anyhow::Result<()> {
        let mut connection = self.storage(file.from)?;
        let chunk = file.layout.chunk(&file.entry, file.from, SESSION);
        let mut block = vec![0; BLOCK];
        for (offset, count) in self.blocks() {
            let block = &mut block[..count];
            file.pattern.fill(offset, block);
            chunk.write(&mut connection, offset, block)?;
        }
        chunk.close(&mut connection)?;
        Ok(())
    }

    fn give_orders(&mut self, files: &[&File]) -> anyhow::Result<()> {
        for File {
            entry,
            layout,
            from,
            to,
            ..
        } in files
        {
            layout.move_chunk(entry, *from, *to, self.servers.of(entry)?)?;
        }
        Ok(())
    }

    /// Gives the orders, and waits until all files say that their chunk is elsewhere, and the old ones are
    /// gone; seconds since `begin`.
    fn move_all(&mut self, files: &[File], begin: Instant) -> anyhow::Result<f64> {
        let limit = Duration::from_secs(self.args.limit);
        let mut left: Vec<&File> = files.iter().collect();
        let mut ordered = None::<Instant>;
        loop {
            if ordered.is_none_or(|time| time.elapsed() > ORDER_EVERY) {
                self.give_orders(&left)?;
                ordered = Some(Instant::now());
            }
            let mut still = Vec::new();
            for file in left {
                if !self.has_moved(file)? {
                    still.push(file);
                }
            }
            left = still;
            if left.is_empty() {
                return Ok(begin.elapsed().as_secs_f64());
            }
            if begin.elapsed() > limit {
                bail!(
                    "{} of {} chunks have not moved within {} s, the first of target {} to {}; \
                     the servers' logs say why",
                    left.len(),
                    files.len(),
                    limit.as_secs(),
                    left[0].from,
                    left[0].to
                );
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn has_moved(&mut self, file: &File) -> anyhow::Result<bool> {
        match Layout::of(&file.entry, self.servers.of(&file.entry)?) {
            Ok(layout) if layout.targets == [file.to] => {}
            Ok(_) => return Ok(false),
            Err(Error::Refused { code, .. }) if LOCKED.contains(&code) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let mut connection = self.storage(file.from)?;
        let old = file.layout.chunk(&file.entry, file.from, SESSION);
        let is_gone = old.read(&mut connection, 0, &mut [0])? == 0;
        old.close(&mut connection)?;
        Ok(is_gone)
    }

    fn compare(&self, files: &[File]) -> anyhow::Result<()> {
        let [mut found, mut expected] = [vec![0; BLOCK], vec![0; BLOCK]];
        for file in files {
            let mut connection = self.storage(file.to)?;
            let chunk = file.layout.chunk(&file.entry, file.to, SESSION);
            for (offset, count) in self.blocks() {
                let found = &mut found[..count];
                let read = chunk.read(&mut connection, offset, found)?;
                let (name, to) = (&file.entry.name, file.to);
                ensure!(
                    read == count,
                    "{name} on target {to}: {read} of {count} bytes at byte {offset}"
                );
                let difference = file.pattern.difference(offset, found, &mut expected);
                if let Some(place) = difference {
                    bail!("wrong contents of {name} on target {to} at byte {place}");
                }
            }
            chunk.close(&mut connection)?;
        }
        Ok(())
    }

    fn remove(&mut self, folder: &Entry, files: &[File]) -> anyhow::Result<()> {
        for file in files {
            folder.remove_file(self.servers.of(folder)?, &file.entry.name)?;
        }
        Ok(())
    }

    /// Places and sizes of the requests for a file.
    fn blocks(&self) -> impl Iterator<Item = (u64, usize)> + use<> {
        let size = self.args.size.as_u64();
        let begins = (0..size).step_by(BLOCK);
        begins.map(move |offset| (offset, (size - offset).min(BLOCK as u64) as usize))
    }

    fn storage(&self, target: u16) -> anyhow::Result<Connection> {
        let (server, _): (SocketAddr, _) = self.cluster.target(Some(target))?;
        self.args.access.connect(server, self.cluster.family)
    }
}
