//! The charts: SVG files, each of some lines over one axis.
use super::figures::Figures;
use crate::contest::Failure;
use crate::mixed::{PRIVATE_LINES, PRIVATE_TABLES};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use std::ops::Range;
use std::path::Path;

const SIZE: (u32, u32) = (840, 460);

/// A chart that was drawn.
pub(crate) struct Chart {
    title: String,
    file: &'static str,
}

/// A line of a chart.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// What a chart shows.
struct Plot {
    file: &'static str,
    title: &'static str,
    x: &'static str,
    y: &'static str,
    lines: Vec<Line>,
    /// Where no line is.
    legend: SeriesLabelPosition,
}

/// The section of the document.
pub(crate) fn section(charts: &[Chart]) -> String {
    let mut text = "## Charts\n\n".to_owned();
    for chart in charts {
        text += &format!("![{}](img/{})\n\n", chart.title, chart.file);
    }
    text
}

/// Draws all charts that the run has figures for.
pub(crate) fn draw(figures: &Figures<'_>, folder: &Path) -> Result<Vec<Chart>, Failure> {
    let plots = [
        limit(figures),
        processes(figures),
        latency(figures),
        memory(figures),
        growth(figures),
    ];
    let mut charts = Vec::new();
    for plot in plots {
        let points = || plot.lines.iter().flat_map(|line| &line.points);
        if points().count() == 0 {
            continue;
        }
        let x = span(points().map(|point| point.0));
        let y = span(points().map(|point| point.1));
        let path = folder.join(plot.file);
        match plot.file {
            // Where zero means something.
            "memory.svg" => plot.draw(&path, x.log_scale(), 0.0..y.end)?,
            "processes.svg" => plot.draw(&path, 0.5..x.end, 0.0..y.end)?,
            _ => plot.draw(&path, x.log_scale(), y.log_scale())?,
        }
        charts.push(Chart {
            title: plot.title.to_owned(),
            file: plot.file,
        });
    }
    Ok(charts)
}

/// From the least to the greatest, with a little room.
fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (mut least, mut greatest) = (f64::INFINITY, 0.0_f64);
    for value in values {
        least = least.min(value);
        greatest = greatest.max(value);
    }
    least * 0.8..greatest * 1.2
}

impl Plot {
    fn draw<X, Y>(&self, path: &Path, x: X, y: Y) -> Result<(), Failure>
    where
        X: AsRangedCoord<Value = f64>,
        Y: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        let failure = |error: &dyn std::fmt::Display| Failure::from(error.to_string());
        area.fill(&WHITE).map_err(|error| failure(&error))?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(x, y)
            .map_err(|error| failure(&error))?;
        let label = |value: &f64| short(*value);
        let mut mesh = chart.configure_mesh();
        mesh.max_light_lines(2)
            .x_desc(self.x)
            .y_desc(self.y)
            .x_label_formatter(&label)
            .y_label_formatter(&label);
        mesh.draw().map_err(|error| failure(&error))?;
        for (index, line) in self.lines.iter().enumerate() {
            let style = Palette99::pick(index).stroke_width(2);
            let series = LineSeries::new(line.points.iter().copied(), style).point_size(3);
            let drawn = chart.draw_series(series).map_err(|error| failure(&error))?;
            drawn
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        let mut legend = chart.configure_series_labels();
        legend
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3));
        legend
            .position(self.legend.clone())
            .draw()
            .map_err(|error| failure(&error))?;
        area.present().map_err(|error| failure(&error))
    }
}

/// A number for an axis.
fn short(value: f64) -> String {
    match value {
        _ if value >= 1e6 => format!("{} M", value / 1e6),
        _ if value >= 1e3 => format!("{} k", value / 1e3),
        _ => format!("{}", (value * 100.0).round() / 100.0),
    }
}

/// The ratio to one dependent load by the number of keys.
fn limit(figures: &Figures<'_>) -> Plot {
    let names = [
        "get",
        "incr",
        "get, batch of 16",
        "incr, batch of 16",
        "set of 8 bytes",
    ];
    let line = |name: &&str| {
        let contests = figures
            .contests("core")
            .filter(|contest| contest.shape.key_bytes == 20);
        let points = contests.filter_map(|contest| {
            let ratio = contest.median(name)? / contest.median("dependent load")?;
            Some((contest.shape.keys as f64, ratio))
        });
        Line {
            name: (*name).to_owned(),
            points: points.collect(),
        }
    };
    Plot {
        file: "limit.svg",
        title: "Time of an operation against one dependent random load",
        x: "counters in the table",
        legend: SeriesLabelPosition::UpperRight,
        y: "times a dependent load",
        lines: names.iter().map(line).collect(),
    }
}

/// Throughput by the number of processes, against one.
fn processes(figures: &Figures<'_>) -> Plot {
    let names = [
        PRIVATE_LINES,
        PRIVATE_TABLES,
        "uniform, incr only",
        "uniform, 95 % get, 5 % set",
        "zipf 0.99, 95 % get, 5 % set",
        "one hot key, incr only",
    ];
    let line = |name: &&str| {
        let points = figures.mix(name).into_iter().flat_map(|mix| {
            mix.points
                .iter()
                .filter_map(|point| Some((point.processes as f64, mix.scaling(point.processes)?)))
        });
        Line {
            name: (*name).to_owned(),
            points: points.collect(),
        }
    };
    Plot {
        file: "processes.svg",
        title: "Operations a second of several processes against those of one",
        x: "processes",
        legend: SeriesLabelPosition::LowerRight,
        y: "times one process",
        lines: names.iter().map(line).collect(),
    }
}

/// How long single operations take, by the number of processes.
fn latency(figures: &Figures<'_>) -> Plot {
    let mix = figures.mix("uniform, 95 % get, 5 % set");
    let line = |(index, name): (usize, &str)| {
        let points = mix.into_iter().flat_map(|mix| &mix.points);
        let points = points.map(|point| (point.processes as f64, point.latency_ns[index] as f64));
        Line {
            name: name.to_owned(),
            points: points.collect(),
        }
    };
    Plot {
        file: "latency.svg",
        title: "Time of single operations, 95 % get and 5 % set, uniform",
        x: "processes",
        legend: SeriesLabelPosition::UpperLeft,
        y: "ns",
        lines: ["median", "99 %", "99.9 %", "longest"]
            .into_iter()
            .enumerate()
            .map(line)
            .collect(),
    }
}

/// Bytes per entry while a table grows.
fn memory(figures: &Figures<'_>) -> Plot {
    let steps = figures.memory().unwrap_or_default();
    let points = steps
        .iter()
        .map(|step| (step.entries as f64, step.bytes as f64 / step.entries as f64));
    Plot {
        file: "memory.svg",
        title: "Memory per counter, keys of 20 bytes, all of the file",
        x: "counters in the table",
        legend: SeriesLabelPosition::UpperRight,
        y: "bytes per counter",
        lines: vec![Line {
            name: "bytes per counter".to_owned(),
            points: points.collect(),
        }],
    }
}

/// How long inserts take while a table grows: how many in a million take longer.
fn growth(figures: &Figures<'_>) -> Plot {
    let shares = [0.5, 0.05, 0.01, 0.001, 0.0001];
    let points = figures.growth().into_iter().flat_map(|growth| {
        shares
            .iter()
            .zip(growth.insert_ns)
            .map(|(share, ns)| (share * 1e6, ns as f64))
    });
    Plot {
        file: "growth.svg",
        title: "Time of an insert while the table grows",
        x: "inserts of a million that take longer",
        legend: SeriesLabelPosition::UpperRight,
        y: "ns",
        lines: vec![Line {
            name: "ns of an insert".to_owned(),
            points: points.collect(),
        }],
    }
}
