//! Times by percentile, as an SVG: to the right the rare ones, from half of all to one in 10,000.

use std::fmt::Write as _;
use std::time::Duration;

use super::histogram::{Latencies, show};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
/// Half of the last label stands beyond the last line.
const RIGHT: f64 = 36.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 120.0;
/// Told apart by those who see no colours, too: each has a dash of its own.
const STYLES: [(&str, &str); 4] =
    [("#1d4ed8", ""), ("#b45309", "7 4"), ("#047857", "2 4"), ("#7e22ce", "10 3 2 3")];
/// Percentiles, and where they stand.
const TICKS: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 99.99];

/// One line of the plot.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) latencies: Latencies,
}

impl Line {
    pub(crate) fn new(name: String, latencies: Latencies) -> Self {
        Self { name, latencies }
    }
}

/// The axes.
struct Scale {
    /// The shortest and the longest time, as logarithms of milliseconds.
    low: f64,
    high: f64,
}

impl Scale {
    fn x(percent: f64) -> f64 {
        let place = |percent: f64| -(1.0 - percent / 100.0).log10();
        let (first, last) = (place(50.0), place(99.99));
        LEFT + (place(percent) - first) / (last - first) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, time: Duration) -> f64 {
        let share = (logarithm(time) - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }
}

fn logarithm(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).max(0.01).log10()
}

/// Draws the lines.
pub(crate) fn draw(lines: &[Line]) -> String {
    let all =
        || lines.iter().flat_map(|line| [50.0, 99.99].map(|percent| line.latencies.percentile(percent)));
    let low = all().map(logarithm).fold(f64::INFINITY, f64::min).floor();
    let high = all().map(logarithm).fold(f64::NEG_INFINITY, f64::max).ceil();
    let scale = if low.is_finite() {
        Scale { low, high: high.max(low + 1.0) }
    } else {
        Scale { low: 0.0, high: 1.0 }
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#111827\" role=\"img\" aria-label=\"Times by percentile\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    // Writing into a String cannot fail.
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    let mut power = scale.low;
    while power <= scale.high + 0.5 {
        let time = Duration::from_secs_f64(10_f64.powf(power) / 1000.0);
        let y = scale.y(time);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#d1d5db\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            show(time)
        );
        power += 1.0;
    }
    for percent in TICKS {
        let x = Scale::x(percent);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#e5e7eb\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{percent} %</text>",
            bottom + 18.0
        );
    }
    for (number, (line, (color, dash))) in lines.iter().zip(STYLES.iter().cycle()).enumerate() {
        let mut path = String::new();
        for step in 0..=200_i32 {
            // Even steps on the axis.
            let exponent = 2_f64.log10() + f64::from(step) / 200.0 * (4.0 - 2_f64.log10());
            let percent = 100.0 - 100.0 / 10_f64.powf(exponent);
            let letter = if step == 0 { 'M' } else { 'L' };
            let y = scale.y(line.latencies.percentile(percent));
            let _ = write!(path, "{letter}{:.1} {y:.1}", Scale::x(percent));
        }
        let y = bottom + 44.0 + 18.0 * super::float(super::count(number));
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>\
             <path d=\"M{LEFT} {:.1}h40\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>\
             <text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            y - 4.0,
            LEFT + 50.0,
            line.name
        );
    }
    svg.push_str("</svg>\n");
    svg
}
