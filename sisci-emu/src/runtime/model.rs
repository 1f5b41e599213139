//! Timing models: how long the operations of an adapter take, as tables of points.
//!
//! Between two points of a table a time is interpolated linearly in the size; before the first it
//! is the first's; beyond the last the line through the last two goes on.

use serde::Deserialize;
use std::path::Path;

/// What an adapter's operations cost. Times are µs, sizes bytes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// For people.
    pub name: String,
    /// From the start of a store by a library call until its last byte is seen on the other side.
    pub latency: Curve,
    /// What each of many stores in a row costs the sender.
    pub send: Curve,
    /// A load by a library call.
    pub read: Curve,
    /// A DMA transfer from its start to its end.
    pub dma: Curve,
    /// The same for reading from the other side; as `dma` if it is not known.
    pub dma_read: Option<Curve>,
    /// Single costs.
    pub cost: Costs,
}

/// Costs that don't depend on a size, in µs.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Pushing out what the processor holds back.
    pub flush_cpu: f64,
    /// Checking a sequence, besides its flush.
    pub check: f64,
    /// Triggering an interrupt.
    pub trigger: f64,
    /// Triggering a data interrupt.
    pub data_trigger: f64,
}

/// Points `[bytes, µs]` of growing size.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Vec<(u64, f64)>")]
pub struct Curve(Vec<(u64, f64)>);

impl TryFrom<Vec<(u64, f64)>> for Curve {
    type Error = String;

    fn try_from(points: Vec<(u64, f64)>) -> Result<Self, String> {
        if points.is_empty() {
            return Err("a table needs at least one point [bytes, microseconds]".into());
        }
        if let Some(pair) = points.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return Err(format!(
                "size {} stands after {}: sizes must grow",
                pair[1].0, pair[0].0
            ));
        }
        match points.iter().find(|(_, time)| !is_time(*time)) {
            Some((size, time)) => Err(format!("{time} at {size} bytes: {TIMES}")),
            None => Ok(Self(points)),
        }
    }
}

const TIMES: &str = "times must be from 0 to 1000000 microseconds";

fn is_time(time: f64) -> bool {
    (0.0..=1e6).contains(&time)
}

impl Curve {
    /// µs at `size` bytes.
    pub fn at(&self, size: usize) -> f64 {
        let points = &self.0;
        let size = size as u64;
        let above = points.partition_point(|(known, _)| *known < size);
        let Some(&(first, time)) = points.get(above).or(points.last()) else {
            return 0.0;
        };
        if first == size || above == 0 || points.len() == 1 {
            return time;
        }
        let right = above.min(points.len() - 1);
        let ((x0, y0), (x1, y1)) = (points[right - 1], points[right]);
        let slope = (y1 - y0) / (x1 - x0) as f64;
        (y0 + slope * (size as f64 - x0 as f64)).max(0.0)
    }

    /// The shortest time of all points.
    pub fn shortest(&self) -> f64 {
        self.0
            .iter()
            .map(|(_, time)| *time)
            .fold(f64::INFINITY, f64::min)
    }

    /// The least µs of a byte: of a whole point, or along the line beyond the last one.
    pub fn least_per_byte(&self) -> f64 {
        let whole = |point: &(u64, f64)| point.1 / point.0.max(1) as f64;
        let least = self.0.iter().map(whole).fold(f64::INFINITY, f64::min);
        let beyond = match self.0[..] {
            [.., (x0, y0), (x1, y1)] => (y1 - y0) / (x1 - x0) as f64,
            _ => least,
        };
        least.min(beyond).max(0.0)
    }

    /// The points.
    pub fn points(&self) -> &[(u64, f64)] {
        &self.0
    }
}

/// The models that the library knows by name.
const BUILT_IN: [(&str, &str); 2] = [
    ("pxh810", include_str!("../../models/pxh810.toml")),
    ("mxh930", include_str!("../../models/mxh930.toml")),
];

impl Model {
    /// The model of this name, `None` for `none`; anything with a slash or the end `.toml` is a
    /// file, taken from the folder `base` if its path is relative.
    ///
    /// # Errors
    /// What is wrong, or what the name may be.
    pub fn named(name: &str, base: &Path) -> Result<Option<Self>, String> {
        if name == "none" {
            return Ok(None);
        }
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return Self::parse(text).map(Some);
        }
        if !name.contains('/') && !name.ends_with(".toml") {
            let known = BUILT_IN.map(|(known, _)| known).join(", ");
            return Err(format!("must be none, {known} or the path of a TOML file"));
        }
        let path = base.join(name);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text).map(Some)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let model: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let costs = &model.cost;
        for (key, time) in [
            ("flush_cpu", costs.flush_cpu),
            ("check", costs.check),
            ("trigger", costs.trigger),
            ("data_trigger", costs.data_trigger),
        ] {
            if !is_time(time) {
                return Err(format!("cost.{key} = {time}: {TIMES}"));
            }
        }
        Ok(model)
    }

    /// A DMA transfer of `size` bytes in µs.
    pub fn dma_time(&self, size: usize, read: bool) -> f64 {
        self.dma_curve(read).at(size)
    }

    /// The part of it in which bytes go over the cable: what is left of long transfers when their start
    /// costs nothing.
    pub fn dma_wire_time(&self, size: usize, read: bool) -> f64 {
        self.dma_curve(read).least_per_byte() * size as f64
    }

    fn dma_curve(&self, read: bool) -> &Curve {
        self.dma_read.as_ref().filter(|_| read).unwrap_or(&self.dma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(u64, f64)]) -> Curve {
        Curve::try_from(points.to_vec()).unwrap()
    }

    #[test]
    fn times_are_interpolated_and_go_on_beyond_the_end() {
        let falling = curve(&[(4, 1.0), (8, 3.0), (16, 2.0)]);
        for (size, time) in [
            (0, 1.0),
            (4, 1.0),
            (6, 2.0),
            (8, 3.0),
            (12, 2.5),
            (16, 2.0),
            (24, 1.0),
            (1000, 0.0),
        ] {
            assert_eq!(falling.at(size), time, "{size}");
        }
        assert_eq!(Curve(vec![(9, 2.0)]).at(1 << 40), 2.0);
        assert_eq!(falling.shortest(), 1.0);
        assert_eq!(falling.least_per_byte(), 0.0, "the last line falls");
        assert_eq!(curve(&[(100, 20.0), (200, 30.0)]).least_per_byte(), 0.1);
    }

    #[test]
    fn both_adapters_are_there_and_show_what_was_measured() {
        let model = |name| Model::named(name, Path::new("/")).unwrap().unwrap();
        assert_eq!(model("pxh810").latency.at(8192), 2.1355);
        assert_eq!(model("mxh930").dma_time(16 << 20, false), 788.675);
        // Measured so, odd as it is.
        assert!(model("mxh930").send.at(2048) > model("mxh930").send.at(8192));
    }

    #[test]
    fn a_wrong_table_is_refused_with_its_reason() {
        let text = include_str!("../../models/pxh810.toml");
        for (from, to, part) in [
            ("[4, 0.542]", "[0, 0.542]", "sizes must grow"),
            ("[4, 0.542]", "[4, -1]", "from 0 to"),
            ("check =", "chek =", "chek"),
            ("check = 1.5", "check = -1.5", "cost.check"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = Model::parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert!(Model::named("absent.toml", Path::new("/")).is_err());
        assert!(Model::named("pxh811", Path::new("/")).is_err());
    }
}
