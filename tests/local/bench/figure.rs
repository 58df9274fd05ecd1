//! A figure: what was measured, the bound that it is held to, and how far it is from it.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// What a figure is held to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It may be no more.
    AtMost(f64),
    /// It may be no less.
    AtLeast(f64),
    /// It is told and held to nothing.
    None,
}

/// Whether a figure is where it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Held,
    /// It is not.
    Missed,
    /// It has no bound.
    Told,
}

/// A figure.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What.
    pub what: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// Held to what.
    pub bound: Bound,
}

/// The figures of one row of the bench.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Table {
    /// The row's name, as `--only` takes it.
    pub row: &'static str,
    /// What is measured, in a line.
    pub title: String,
    /// The figures.
    pub figures: Vec<Figure>,
    /// What has to be known to read them.
    pub notes: Vec<String>,
}

impl Figure {
    /// A figure that is told and held to nothing.
    #[must_use]
    pub fn told(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, bound: Bound::None }
    }

    /// The same figure, held to at most this.
    #[must_use]
    pub fn at_most(self, most: f64) -> Self {
        Self { bound: Bound::AtMost(most), ..self }
    }

    /// The same figure, held to at least this.
    #[must_use]
    pub fn at_least(self, least: f64) -> Self {
        Self { bound: Bound::AtLeast(least), ..self }
    }

    /// Whether it is where it has to be.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let held = match self.bound {
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
            Bound::None => return Verdict::Told,
        };
        if held { Verdict::Held } else { Verdict::Missed }
    }

    /// How much room there is to the bound, in per cent of it; negative beyond it. None to a bound of zero.
    #[must_use]
    pub fn room_percent(&self) -> Option<f64> {
        match self.bound {
            Bound::AtMost(most) if most != 0.0 => Some((1.0 - self.value / most) * 100.0),
            Bound::AtLeast(least) if least != 0.0 => Some((self.value / least - 1.0) * 100.0),
            _ => None,
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { what, value, unit, bound } = self;
        let mut fields = serializer.serialize_struct("Figure", 6)?;
        fields.serialize_field("what", what)?;
        fields.serialize_field("value", value)?;
        fields.serialize_field("unit", unit)?;
        fields.serialize_field("bound", bound)?;
        fields.serialize_field("room_percent", &self.room_percent())?;
        fields.serialize_field("verdict", &self.verdict())?;
        fields.end()
    }
}

/// The tables, each in Markdown, which a terminal shows as well as a page.
#[must_use]
pub fn markdown(tables: &[Table]) -> String {
    let mut text = String::new();
    for table in tables {
        text += &format!("\n### {} (`{}`)\n\n", table.title, table.row);
        text.push_str("| figure | | bound | room | |\n| --- | ---: | ---: | ---: | --- |\n");
        for figure in &table.figures {
            let bound = match figure.bound {
                Bound::AtMost(most) => format!("≤ {}", number(most)),
                Bound::AtLeast(least) => format!("≥ {}", number(least)),
                Bound::None => String::new(),
            };
            let room = figure.room_percent().map(|room| format!("{room:+.0} %")).unwrap_or_default();
            let verdict = match figure.verdict() {
                Verdict::Held => "held",
                Verdict::Missed => "**missed**",
                Verdict::Told => "",
            };
            let value = format!("{} {}", number(figure.value), figure.unit);
            text += &format!("| {} | {} | {bound} | {room} | {verdict} |\n", figure.what, value.trim_end());
        }
        for note in &table.notes {
            text += &format!("\n{note}\n");
        }
    }
    text
}

/// Three digits that say something, and no more.
#[must_use]
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        small if small >= 1.0 => 2,
        less if less >= 0.001 || less == 0.0 => 4,
        _ => 10,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.trim_start_matches('-');
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_held_on_the_right_side_of_its_bound_and_knows_its_room() {
        let figure = || Figure::told("a ratio", 1.05, "times");
        assert_eq!(figure().verdict(), Verdict::Told);
        assert_eq!(figure().at_most(1.10).verdict(), Verdict::Held);
        assert_eq!(figure().at_most(1.03).verdict(), Verdict::Missed);
        assert_eq!(figure().at_least(2.0).verdict(), Verdict::Missed);
        assert_eq!(figure().at_least(1.0).room_percent().map(f64::round), Some(5.0));
        assert_eq!(figure().at_most(2.1).room_percent().map(f64::round), Some(50.0));
        assert_eq!(Figure::told("writes", 0.0, "").at_most(0.0).verdict(), Verdict::Held);
        assert_eq!(Figure::told("writes", 0.0, "").at_most(0.0).room_percent(), None);
    }

    #[test]
    fn a_number_shows_what_can_be_told_of_it() {
        for (value, shown) in [
            (0.0, "0"),
            (1.0, "1"),
            (1.0749, "1.07"),
            (20.04, "20"),
            (117.4, "117"),
            (1_234_567.8, "1,234,568"),
            (-1_234.0, "-1,234"),
            (0.000_013_333_4, "0.0000133334"),
        ] {
            assert_eq!(number(value), shown);
        }
    }
}
