//! The few SVG elements that the drawing is made of. Everything that is written is escaped here.

use std::fmt::Write as _;

use crate::board::heartbeat::curve::{Place, round};
use crate::board::words::Layer;

const WRITES: &str = "a string takes whatever is written";
const PAPER: &str = "#ffffff";

/// A drawing that grows element by element.
pub(super) struct Drawing {
    text: String,
}

impl Drawing {
    pub(super) fn new(width: f64, height: f64) -> Self {
        let (width, height) = (round(width), round(height));
        Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
                 viewBox=\"0 0 {width} {height}\" role=\"img\" \
                 aria-labelledby=\"heartbeat-title heartbeat-description\" \
                 font-family=\"'Atkinson Hyperlegible Next', system-ui, sans-serif\">\n"
            ),
        }
    }

    /// Title and description, which must come first.
    pub(super) fn describe(&mut self, title: &str, description: &str) {
        let (title, description) = (escaped(title), escaped(description));
        self.add(format_args!(
            "<title id=\"heartbeat-title\">{title}</title>\n\
             <desc id=\"heartbeat-description\">{description}</desc>"
        ));
    }

    pub(super) fn rectangle(&mut self, at: (f64, f64), size: (f64, f64), fill: &str) {
        self.add(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"/>",
            round(at.0),
            round(at.1),
            round(size.0),
            round(size.1),
        ));
    }

    pub(super) fn label(&mut self, at: (f64, f64), text: &str, size: &str, fill: &str) {
        self.add(format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{size}\" fill=\"{fill}\">{}</text>",
            round(at.0),
            round(at.1),
            escaped(text),
        ));
    }

    /// A small label under its point.
    pub(super) fn centred(&mut self, at: (f64, f64), text: &str, fill: &str) {
        self.add(format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"12\" text-anchor=\"middle\" \
             fill=\"{fill}\">{}</text>",
            round(at.0),
            round(at.1),
            escaped(text),
        ));
    }

    pub(super) fn rule(&mut self, from: (f64, f64), to: (f64, f64), ink: &str, dashes: &str) {
        let dashes = dashed(dashes);
        self.add(format_args!(
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{ink}\" \
             stroke-width=\"2\"{dashes}/>",
            round(from.0),
            round(from.1),
            round(to.0),
            round(to.1),
        ));
    }

    pub(super) fn line(&mut self, path: &str, ink: &str, dashes: &str) {
        let dashes = dashed(dashes);
        self.add(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"3\" \
             stroke-linecap=\"round\"{dashes}/>"
        ));
    }

    /// A point with its sign: round for what is, square for what should be. The square is larger,
    /// so that it shows behind a circle in the same place.
    pub(super) fn point(&mut self, at: Place, sign: &str, pen: (&str, &str), layer: Layer) {
        let (ink, dashes) = pen;
        let (x, y) = (round(at.x), round(at.y));
        let look = format!(
            "fill=\"{PAPER}\" stroke=\"{ink}\" stroke-width=\"3\"{}",
            dashed(dashes)
        );
        match layer {
            Layer::Current => {
                self.add(format_args!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"12\" {look}/>"
                ));
            }
            Layer::Desired => {
                let (left, top) = (round(at.x - 14.0), round(at.y - 14.0));
                self.add(format_args!(
                    "<rect x=\"{left}\" y=\"{top}\" width=\"28\" height=\"28\" {look}/>"
                ));
            }
        }
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{}\" font-size=\"14\" font-weight=\"700\" \
             text-anchor=\"middle\" fill=\"{ink}\">{sign}</text>",
            round(at.y + 5.0),
        ));
    }

    pub(super) fn finished(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{element}").expect(WRITES);
    }
}

fn dashed(dashes: &str) -> String {
    if dashes.is_empty() {
        String::new()
    } else {
        format!(" stroke-dasharray=\"{dashes}\"")
    }
}

/// Text for an XML document: marked characters escaped, those that XML does not know left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{FFFE}' | '\u{FFFF}' => {}
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

/// A text over at most so many lines of so many characters, broken between words where it can be.
pub(super) fn wrapped(text: &str, characters: usize, lines: usize) -> Vec<String> {
    let mut wrapped = vec![String::new()];
    for word in text.split_whitespace() {
        let last = wrapped.last().map_or(0, |line| line.chars().count());
        let length = word.chars().count();
        if last > 0 && last + 1 + length > characters {
            wrapped.push(String::new());
        }
        if let Some(line) = wrapped.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let cut = wrapped.len() > lines;
    wrapped.truncate(lines);
    let last = wrapped.len() - 1;
    for (index, line) in wrapped.iter_mut().enumerate() {
        let ends_early = cut && index == last;
        if ends_early || line.chars().count() > characters {
            let kept: String = line.chars().take(characters.saturating_sub(1)).collect();
            *line = kept.trim_end().to_owned() + "…";
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_breaks_between_words_and_is_cut_with_a_mark() {
        let lines = wrapped("Vraagt of horeca mag in het pand", 10, 2);

        assert_eq!(lines, ["Vraagt of", "horeca ma…"]);
        assert_eq!(wrapped("", 10, 2), [""]);
        assert_eq!(wrapped("Onafhankelijkheid", 5, 1), ["Onaf…"]);
    }
}
