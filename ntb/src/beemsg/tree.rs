//! `ntb beemsg tree`: fills a file system with folders and empty files, and makes metadata servers
//! talk to each other: a folder on each server, files moved and linked from one to the next. Where metadata
//! is mirrored, a group of servers stands for a server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use beemsg::meta::Entry;
use beemsg::{Cluster, Connection, NodeType};
use comfy_table::{Table, presets};
use serde::Serialize;

use super::figures::number;
use super::reach::Access;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Management daemon: its address, with a port if that is not the usual one.
    #[arg(long, value_name = "ADDRESS")]
    mgmtd: String,
    /// Files in the folder of each metadata server.
    #[arg(long, value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    files: u32,
    /// Files that are moved, and as many that are linked, to the folder of the next metadata server;
    /// with one server to another folder of the same.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    across: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Done {
    /// Name of the folder in the root folder under which all stands.
    folder: String,
    steps: Vec<Step>,
}

/// One kind of request to the servers.
#[derive(Debug, Serialize)]
struct Step {
    what: &'static str,
    /// Number of requests, and of those on which two servers had to work: all of them, if metadata is
    /// mirrored.
    requests: u32,
    remote: u32,
    seconds: f64,
}

/// # Errors
/// If a server can't be reached or says no.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let cluster = args.access.cluster(&args.mgmtd)?;
    let mut tree = Tree::new(&cluster, &args.access)?;
    let folders = tree.folders()?;
    let first = tree.fill(&folders, args.files)?;
    let across = args.across.min(args.files / 2);
    tree.move_files(&folders, &first, across)?;
    tree.link_files(&folders, &first, across)?;
    let done = Done {
        folder: tree.name,
        steps: tree.steps,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&done)?);
    } else {
        println!("folder /{}\n{}", done.folder, table(&done.steps));
    }
    Ok(())
}

struct Tree {
    servers: Servers,
    root: Entry,
    /// What folders can be put on: metadata servers, or mirror groups of them.
    owners: Vec<u32>,
    name: String,
    steps: Vec<Step>,
}

/// Connections to all metadata servers.
pub struct Servers {
    cluster: Cluster,
    connections: BTreeMap<u32, Connection>,
}

impl Servers {
    /// # Errors
    /// If one can't be reached, or is none.
    pub fn connect(cluster: &Cluster, access: &Access) -> anyhow::Result<Self> {
        let mut connections = BTreeMap::new();
        for node in &cluster.meta {
            if cluster.is_offline(node.number) {
                continue;
            }
            let address = node.addresses.first();
            let address = address.with_context(|| format!("{} has no address", node.name))?;
            let server = SocketAddr::new(*address, node.port);
            let mut connection = access.connect(server, cluster.family)?;
            connection.identify(NodeType::Meta)?;
            connections.insert(node.number, connection);
        }
        Ok(Self {
            cluster: cluster.clone(),
            connections,
        })
    }

    /// The server to which requests for an entry go.
    ///
    /// # Errors
    /// If it is not known, or offline.
    pub fn of(&mut self, entry: &Entry) -> anyhow::Result<&mut Connection> {
        let number = self.cluster.server_of_entry(entry)?;
        let found = self.connections.get_mut(&number);
        found.with_context(|| format!("metadata server {number} is not known, or offline"))
    }
}

/// A name that no folder has yet.
///
/// # Errors
/// If the clock is wrong.
pub fn new_name() -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.context("the clock is before 1970")?.as_nanos();
    Ok(format!("beemsg-{now:x}"))
}

impl Tree {
    fn new(cluster: &Cluster, access: &Access) -> anyhow::Result<Self> {
        let owners = if cluster.root_is_mirrored {
            let groups = cluster.meta_groups.iter();
            groups.map(|group| group.number.into()).collect()
        } else {
            cluster.meta.iter().map(|node| node.number).collect()
        };
        Ok(Self {
            servers: Servers::connect(cluster, access)?,
            root: cluster.root(),
            owners,
            name: new_name()?,
            steps: Vec::new(),
        })
    }

    /// A folder of the root, and in it one on each metadata server.
    fn folders(&mut self) -> anyhow::Result<Vec<Entry>> {
        let begin = Instant::now();
        let root = &self.root;
        let top = root.make_folder(self.servers.of(root)?, &self.name, wish(root.owner)?)?;
        let mut folders = Vec::new();
        for owner in &self.owners {
            let connection = self.servers.of(&top)?;
            let name = format!("on-{owner}");
            folders.push(top.make_folder(connection, &name, wish(*owner)?)?);
        }
        if let [only] = &folders[..] {
            // So that there is another folder to move to.
            let connection = self.servers.of(&top)?;
            folders.push(top.make_folder(connection, "second", wish(only.owner)?)?);
        }
        let remote = folders.iter().filter(|folder| folder.owner != top.owner);
        let (requests, remote) = (folders.len() as u32 + 1, remote.count() as u32);
        self.step("make folder", requests, remote, begin);
        Ok(folders)
    }

    /// Files in each folder; those of the first.
    fn fill(&mut self, folders: &[Entry], count: u32) -> anyhow::Result<Vec<Entry>> {
        let begin = Instant::now();
        let mut first = Vec::new();
        for (index, folder) in folders.iter().enumerate() {
            let connection = self.servers.of(folder)?;
            for number in 0..count {
                let file = folder.make_file(connection, &format!("file-{number}"))?;
                if index == 0 {
                    first.push(file);
                }
            }
        }
        self.step("make file", count * folders.len() as u32, 0, begin);
        Ok(first)
    }

    /// The first files of the first folder go to the second.
    fn move_files(&mut self, folders: &[Entry], first: &[Entry], count: u32) -> anyhow::Result<()> {
        let begin = Instant::now();
        let [from, to] = [&folders[0], &folders[1]];
        let connection = self.servers.of(from)?;
        for file in &first[..count as usize] {
            let new_name = format!("moved-{}", file.name);
            from.move_file(connection, &file.name, to, &new_name)?;
        }
        self.step("move", count, remote(from, to, count), begin);
        Ok(())
    }

    /// The last files of the first folder get a second name in the second.
    fn link_files(&mut self, folders: &[Entry], first: &[Entry], count: u32) -> anyhow::Result<()> {
        let begin = Instant::now();
        let [from, to] = [&folders[0], &folders[1]];
        let connection = self.servers.of(to)?;
        for file in &first[first.len() - count as usize..] {
            to.link_file(connection, file, from, &format!("link-{}", file.name))?;
        }
        self.step("link", count, remote(from, to, count), begin);
        Ok(())
    }

    fn step(&mut self, what: &'static str, requests: u32, remote: u32, begin: Instant) {
        let all_are_mirrored = self.root.is_mirrored();
        self.steps.push(Step {
            what,
            requests,
            remote: if all_are_mirrored { requests } else { remote },
            seconds: begin.elapsed().as_secs_f64(),
        });
    }
}

fn remote(from: &Entry, to: &Entry, count: u32) -> u32 {
    if from.owner == to.owner { 0 } else { count }
}

/// A server's number as requests name the wished one.
///
/// # Errors
/// If it is too large for that.
pub fn wish(server: u32) -> anyhow::Result<u16> {
    u16::try_from(server).context("the number of a metadata server")
}

fn table(steps: &[Step]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "request",
        "done",
        "with two servers",
        "per second",
    ]);
    for step in steps {
        table.add_row([
            step.what.to_owned(),
            step.requests.to_string(),
            step.remote.to_string(),
            number(f64::from(step.requests) / step.seconds.max(1e-9)),
        ]);
    }
    table
}
