//! Plots of the report: the main metric over the message size, one line for each transport.

use std::ops::Range;

use anyhow::anyhow;
use plotters::prelude::*;

use super::document::Figure;
use super::plan;
use super::table::{find, headline, kinds};
use super::wire::Kind;

/// Pixels.
const SIZE: (u32, u32) = (860, 420);

/// A line: the transport and its points, size in bytes and value.
type Line = (Kind, Vec<(f64, f64)>);

/// The figures of one group as an SVG picture; `None` if there are fewer than two sizes.
///
/// # Errors
/// If the picture can't be drawn, which would be a defect.
pub fn over_sizes(figures: &[&Figure], unit: &str) -> anyhow::Result<Option<String>> {
    let lines = lines(figures);
    let points = || lines.iter().flat_map(|(_, points)| points.iter().copied());
    let sizes = range(points().map(|(size, _)| size));
    let values = range(points().map(|(_, value)| value));
    let (Some(sizes), Some(values)) = (sizes, values) else {
        return Ok(None);
    };
    if sizes.start >= sizes.end {
        return Ok(None);
    }
    let mut svg = String::new();
    draw(&mut svg, &lines, sizes, values, unit).map_err(|error| anyhow!("plotting: {error}"))?;
    Ok(Some(svg))
}

fn lines(figures: &[&Figure]) -> Vec<Line> {
    let line = |kind| {
        let mut sizes: Vec<_> = super::table::cases(figures);
        sizes.sort_by_key(|case| case.size);
        let point = |case: &plan::Case| {
            let value = headline(find(figures, case, kind)?)?.median;
            (value > 0.0).then_some((case.size as f64, value))
        };
        (kind, sizes.iter().filter_map(point).collect())
    };
    kinds(figures).into_iter().map(line).collect()
}

/// Least to greatest.
fn range(numbers: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    numbers.fold(None, |range, number| match range {
        None => Some(number..number),
        Some(Range { start, end }) => Some(start.min(number)..end.max(number)),
    })
}

fn draw(
    svg: &mut String,
    lines: &[Line],
    sizes: Range<f64>,
    values: Range<f64>,
    unit: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let values = values.start * 0.7..values.end * 1.4;
    let mut chart = ChartBuilder::on(&root)
        .margin(10)
        .margin_right(35)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(sizes.log_scale().base(2.0), values.log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_label_formatter(&|size| plan::bytes(*size as usize))
        .y_label_formatter(&|value| super::table::short(*value))
        .x_desc("message")
        .y_desc(unit)
        .draw()?;
    for (kind, points) in lines {
        // The same color in every plot.
        let color = Palette99::pick(*kind as usize).to_rgba();
        let style = color.stroke_width(if *kind == Kind::Ntb { 3 } else { 2 });
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style))?
            .label(kind.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        let dot = |point: &(f64, f64)| Circle::new(*point, 3, color.filled());
        chart.draw_series(points.iter().map(dot))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()?;
    Ok(())
}
