//! The comparison as a picture.

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use sisci::measure::leader::Bench;

use super::table::title;
use super::{Report, Row, Verdict};

const SIZE: (u32, u32) = (1500, 560);
const TITLE: i32 = 44;
const HARDWARE: RGBColor = RGBColor(0x1f, 0x3a, 0x5f);
const MODEL: RGBColor = RGBColor(0xd9, 0x5f, 0x02);
const MACHINE: RGBColor = RGBColor(0x99, 0x99, 0x99);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An SVG with a panel for each measurement.
///
/// # Errors
/// If it can't be drawn.
pub fn draw(report: &Report) -> anyhow::Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        paint(&root, report).map_err(|error| anyhow!("the plot: {error}"))?;
    }
    Ok(svg)
}

type Painted = Result<(), Box<dyn std::error::Error>>;

fn paint(root: &Area<'_>, report: &Report) -> Painted {
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(TITLE);
    let heading = format!("{}: hardware, model and this machine", report.hardware);
    head.draw(&Text::new(
        heading,
        (24, 14),
        ("sans-serif", 22).into_font(),
    ))?;
    let benches = [Bench::PingPong, Bench::Send, Bench::Dma];
    for (panel, bench) in body.split_evenly((1, 3)).iter().zip(benches) {
        let rows: Vec<_> = report
            .rows
            .iter()
            .filter(|row| row.bench == bench)
            .collect();
        if !rows.is_empty() {
            paint_panel(panel, bench, &rows)?;
        }
    }
    root.present()?;
    Ok(())
}

fn paint_panel(panel: &Area<'_>, bench: Bench, rows: &[&Row]) -> Painted {
    // A logarithm has no place for a message without bytes: it stands where one byte would.
    let x = |row: &Row| row.size.max(1) as f64;
    let times = rows.iter().flat_map(|row| {
        [row.hardware, row.model.median, row.floor.median].map(|time| time.max(1e-3))
    });
    let (low, high) = times.fold((f64::MAX, 0f64), |(low, high), time| {
        (low.min(time), high.max(time))
    });
    let last = rows.iter().map(|row| x(row)).fold(2.0, f64::max);
    let first = rows.iter().map(|row| x(row)).fold(last, f64::min);
    let mut chart = ChartBuilder::on(panel)
        .caption(title(bench), ("sans-serif", 18))
        .margin(14)
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (first * 0.8..last * 1.3).log_scale().base(2.0),
            (low * 0.7..high * 1.6).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("bytes")
        .y_desc("µs")
        .x_labels(8)
        .x_label_formatter(&|size| bytes(*size))
        .y_label_formatter(&|time| microseconds(*time))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 15))
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(BLACK.mix(0.04))
        .draw()?;
    let line = |time: fn(&Row) -> f64| {
        let points = rows.iter().map(move |row| (x(row), time(row).max(1e-3)));
        points.collect::<Vec<_>>()
    };
    let machine = line(|row| row.floor.median);
    chart
        .draw_series(DashedLineSeries::new(
            machine,
            5,
            4,
            MACHINE.stroke_width(2),
        ))?
        .label("this machine, no model")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 24, y)], MACHINE.stroke_width(2)));
    chart
        .draw_series(LineSeries::new(
            line(|row| row.hardware),
            HARDWARE.stroke_width(3),
        ))?
        .label("hardware")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 24, y)], HARDWARE.stroke_width(3)));
    let dot = |row: &&Row| {
        let within = row.verdict == Verdict::Within;
        let style = if within {
            MODEL.filled()
        } else {
            MODEL.stroke_width(2)
        };
        Circle::new((x(row), row.model.median.max(1e-3)), 5, style)
    };
    chart
        .draw_series(rows.iter().map(dot))?
        .label("model (hollow: beyond 10 %)")
        .legend(|(x, y)| Circle::new((x + 12, y), 5, MODEL.filled()));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 14))
        .draw()?;
    let within = rows
        .iter()
        .filter(|row| row.verdict == Verdict::Within)
        .count();
    let note = format!("{within} of {} within 10 %", rows.len());
    let (width, height) = panel.dim_in_pixel();
    let style = ("sans-serif", 14).into_font().color(&BLACK.mix(0.7));
    let style = style.pos(Pos::new(HPos::Right, VPos::Bottom));
    panel.draw(&Text::new(
        note,
        (width as i32 - 24, height as i32 - 70),
        style,
    ))?;
    Ok(())
}

fn bytes(size: f64) -> String {
    match size {
        size if size >= 1_048_576.0 => format!("{:.0} Mi", size / 1_048_576.0),
        size if size >= 1024.0 => format!("{:.0} Ki", size / 1024.0),
        size => format!("{size:.0}"),
    }
}

fn microseconds(time: f64) -> String {
    if time >= 1.0 {
        format!("{time:.0}")
    } else {
        format!("{time}")
    }
}
