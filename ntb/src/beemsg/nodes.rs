//! `ntb beemsg nodes`: a cluster as its management daemon knows it.

use beemsg::request::{Consistency, Group, Reachability, State};
use beemsg::{Cluster, Node};
use comfy_table::{Table, presets};
use serde_json::json;

use super::reach::Access;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Management daemon: its address, with a port if that is not the usual one.
    #[arg(long, value_name = "ADDRESS")]
    mgmtd: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

/// # Errors
/// If the management daemon can't be reached or does not answer as one.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let cluster = args.access.cluster(&args.mgmtd)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&document(&cluster))?);
        return Ok(());
    }
    println!("BeeGFS {}", cluster.family);
    println!("{}", node_table(&cluster));
    println!("{}", target_table(&cluster));
    for group in &cluster.groups {
        println!(
            "mirror group {}: target {}, mirrored by {}",
            group.number, group.primary, group.secondary
        );
    }
    for group in &cluster.meta_groups {
        println!(
            "mirror group {} of metadata: server {}, mirrored by {}",
            group.number, group.primary, group.secondary
        );
    }
    Ok(())
}

fn node_table(cluster: &Cluster) -> Table {
    let mut table = table(&["node", "number", "name", "port", "addresses"]);
    let kinds = [("metadata", &cluster.meta), ("storage", &cluster.storage)];
    for (kind, node) in kinds
        .into_iter()
        .flat_map(|(kind, nodes)| nodes.iter().map(move |node| (kind, node)))
    {
        let number = node.number.to_string();
        let first = cluster.server_of_entry(&cluster.root()).ok();
        let root = kind == "metadata" && Some(node.number) == first;
        let name = format!("{}{}", node.name, if root { " (root)" } else { "" });
        let addresses = addresses(node).join(" ");
        table.add_row([
            kind.to_owned(),
            number,
            name,
            node.port.to_string(),
            addresses,
        ]);
    }
    table
}

fn target_table(cluster: &Cluster) -> Table {
    let mut table = table(&["target", "server", "state"]);
    for (target, server) in &cluster.targets {
        let state = match cluster.state(*target) {
            Some(state) => {
                let (reachability, consistency) = words(state);
                format!("{reachability}, {consistency}")
            }
            None => "unknown".to_owned(),
        };
        table.add_row([target.to_string(), server.to_string(), state]);
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec());
    table
}

fn words(state: State) -> (&'static str, &'static str) {
    let reachability = match state.reachability {
        Reachability::Online => "online",
        Reachability::ProbablyOffline => "probably offline",
        Reachability::Offline => "offline",
    };
    let consistency = match state.consistency {
        Consistency::Good => "good",
        Consistency::NeedsResync => "needs resync",
        Consistency::Bad => "bad",
    };
    (reachability, consistency)
}

fn addresses(node: &Node) -> Vec<String> {
    node.addresses.iter().map(ToString::to_string).collect()
}

fn document(cluster: &Cluster) -> serde_json::Value {
    let node = |node: &Node| {
        json!({
            "number": node.number,
            "name": node.name,
            "port": node.port,
            "addresses": addresses(node),
        })
    };
    let meta = |server: &Node| {
        let state = cluster.meta_state(server.number).map(words);
        let mut document = node(server);
        document["reachability"] = json!(state.map(|state| state.0));
        document["consistency"] = json!(state.map(|state| state.1));
        document
    };
    let target = |(target, server): &(u16, u32)| {
        let state = cluster.state(*target).map(words);
        json!({
            "number": target,
            "server": server,
            "reachability": state.map(|state| state.0),
            "consistency": state.map(|state| state.1),
        })
    };
    let groups = |groups: &[Group]| {
        let group = |group: &Group| {
            json!({
                "number": group.number,
                "primary": group.primary,
                "secondary": group.secondary,
            })
        };
        groups.iter().map(group).collect::<Vec<_>>()
    };
    json!({
        "family": cluster.family.to_string(),
        "meta": cluster.meta.iter().map(meta).collect::<Vec<_>>(),
        "root": cluster.root,
        "root_is_mirrored": cluster.root_is_mirrored,
        "meta_groups": groups(&cluster.meta_groups),
        "storage": cluster.storage.iter().map(node).collect::<Vec<_>>(),
        "targets": cluster.targets.iter().map(target).collect::<Vec<_>>(),
        "groups": groups(&cluster.groups),
    })
}
