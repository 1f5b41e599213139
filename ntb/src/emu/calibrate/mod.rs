//! `ntb emu calibrate`: the classic measurements on a timing model, beside the hardware's figures
//! and what this machine can do at best.

mod hardware;
pub mod node;
mod plot;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Serialize;
use sisci::control::Fabric;
use sisci::measure::leader::{Bench, Point};
use sisci::measure::spread::Spread;

use super::say;
use hardware::Hardware;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model: pxh810, mxh930, or the path of a TOML file.
    #[arg(long, default_value = "mxh930")]
    model: String,
    /// The adapter of the hardware's figures, for a model of your own.
    #[arg(long, value_parser = ["pxh810", "mxh930"])]
    hardware: Option<String>,
    /// Hardware's figures [default: those that the models were made from].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Folder for the plot and the numbers.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print all numbers as JSON.
    #[arg(long)]
    json: bool,
    /// Measure for a few seconds only.
    #[arg(long)]
    quick: bool,
    /// The library [default: libsisci.so beside this program, else the system's].
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
}

/// One size of one measurement. Times are µs.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub bench: Bench,
    pub size: usize,
    pub hardware: f64,
    pub model: Spread,
    pub floor: Spread,
    /// Of the model's time from the hardware's, in percent.
    pub deviation: f64,
    pub verdict: Verdict,
}

/// What the deviation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Within [`LIMIT`].
    Within,
    /// This machine is slower without any model.
    Floor,
    /// Neither.
    Beyond,
}

/// Percent.
const LIMIT: f64 = 10.0;

/// All that was found out.
#[derive(Debug, Serialize)]
pub struct Report {
    pub model: String,
    pub hardware: String,
    pub library: PathBuf,
    pub rows: Vec<Row>,
}

/// # Errors
/// If a process of the measurement fails, or a file can't be used.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let adapter = match (&args.hardware, args.model.as_str()) {
        (Some(adapter), _) => adapter.as_str(),
        (None, known @ ("pxh810" | "mxh930")) => known,
        (None, _) => bail!(
            "--model {}: say --hardware pxh810 or mxh930 too",
            args.model
        ),
    };
    let hardware = Hardware::read(args.data.as_deref(), adapter)?;
    let library = args.library.clone().unwrap_or_else(beside_this_program);
    let model = match Path::new(&args.model).canonicalize() {
        Ok(path) if args.model.contains(['/', '.']) => path.display().to_string(),
        _ => args.model.clone(),
    };
    let measured = measure(&model, &hardware, &library, args.quick)?;
    let floor = measure("none", &hardware, &library, args.quick)?;
    let report = Report {
        model,
        hardware: hardware.adapter.clone(),
        library,
        rows: compare(&hardware, &measured, &floor),
    };
    if let Some(folder) = &args.output {
        write(folder, &report)?;
    }
    if args.json {
        return say(format_args!("{}", serde_json::to_string_pretty(&report)?));
    }
    say(format_args!("{}", table::render(&report)))
}

fn write(folder: &Path, report: &Report) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let name = format!("calibrate-{}", report.hardware.to_lowercase());
    let (svg, json) = (
        folder.join(format!("{name}.svg")),
        folder.join(format!("{name}.json")),
    );
    std::fs::write(&svg, plot::draw(report)?).with_context(|| svg.display().to_string())?;
    std::fs::write(&json, serde_json::to_string_pretty(report)?)
        .with_context(|| json.display().to_string())?;
    eprintln!("{}\n{}", svg.display(), json.display());
    Ok(())
}

/// Runs both processes of a measurement in a fabric of their own.
fn measure(
    model: &str,
    hardware: &Hardware,
    library: &Path,
    quick: bool,
) -> anyhow::Result<Vec<Point>> {
    let fabric = tempfile::Builder::new()
        .prefix("ntb-calibrate-")
        .tempdir_in("/dev/shm")
        .context("/dev/shm")?;
    Fabric::create(fabric.path(), &format!("model = {model:?}\n"), false)?;
    let mut leader = Command::new(std::env::current_exe()?);
    leader.args(["emu", "measure", "--library"]).arg(library);
    if quick {
        leader.arg("--quick");
    }
    leader
        .arg("--plan")
        .arg(serde_json::to_string(&hardware.plan())?);
    node::settle(&mut leader, fabric.path(), sisci::measure::peer::LEADER);
    let output = leader.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!(
            "the measurement with the model {model} failed: {}",
            output.status
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn compare(hardware: &Hardware, measured: &[Point], floor: &[Point]) -> Vec<Row> {
    let find = |points: &[Point], bench, size| {
        let mut points = points.iter();
        let found = points.find(|point| point.bench == bench && point.size == size);
        found.map(|point| point.time)
    };
    let row = |&(bench, size, time): &(Bench, usize, f64)| {
        let model = find(measured, bench, size)?;
        let floor = find(floor, bench, size)?;
        let deviation = (model.median / time - 1.0) * 100.0;
        let verdict = if deviation.abs() <= LIMIT {
            Verdict::Within
        } else if deviation > 0.0 && floor.median > time {
            Verdict::Floor
        } else {
            Verdict::Beyond
        };
        Some(Row {
            bench,
            size,
            hardware: time,
            model,
            floor,
            deviation,
            verdict,
        })
    };
    hardware.times.iter().filter_map(row).collect()
}

/// As `cargo build` and an installation lay things out.
fn beside_this_program() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new(""));
    let places = [
        "libsisci.so",
        "../lib/libsisci.so",
        "../lib64/libsisci.so",
        "../lib/sisci-emu/libsisci.so",
    ];
    let found = places.iter().map(|place| folder.join(place));
    let found = found.filter_map(|path| path.canonicalize().ok()).next();
    found.unwrap_or_else(|| "libsisci.so".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(size: usize, median: f64) -> Point {
        let time = Spread {
            median,
            ..Spread::default()
        };
        Point {
            bench: Bench::Dma,
            size,
            time,
        }
    }

    #[test]
    fn a_deviation_is_excused_by_the_floor_only_if_that_is_the_reason() {
        let times = [
            (64, 10.0),
            (128, 10.0),
            (256, 10.0),
            (512, 10.0),
            (1024, 10.0),
        ];
        let hardware = Hardware {
            adapter: "X".into(),
            times: times.map(|(size, time)| (Bench::Dma, size, time)).to_vec(),
        };
        let measured = [
            point(64, 10.9),
            point(128, 30.0),
            point(256, 30.0),
            point(512, 5.0),
        ];
        let floor = [
            point(64, 1.0),
            point(128, 29.0),
            point(256, 9.0),
            point(512, 29.0),
        ];
        let rows = compare(&hardware, &measured, &floor);
        let verdicts: Vec<_> = rows.iter().map(|row| row.verdict).collect();
        use Verdict::{Beyond, Floor, Within};
        assert_eq!(
            verdicts,
            [Within, Floor, Beyond, Beyond],
            "what was not measured is no row"
        );
        assert!((rows[1].deviation - 200.0).abs() < 1e-9);
    }
}
