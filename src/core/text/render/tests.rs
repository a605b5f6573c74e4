//! Diagnostics as people see them.

use super::*;
use crate::text::Span;

fn at(source: &Source, needle: &str) -> Span {
    let start = u32::try_from(source.text().find(needle).unwrap()).unwrap();
    Span { start, end: start + u32::try_from(needle.len()).unwrap() }
}

fn error(span: Span) -> Diagnostic {
    Diagnostic::new(Severity::Error, span, "`31-feb-2027` is no date").with_code(Code::BAD_DATE)
}

#[test]
fn the_place_is_underlined() {
    let text = "# acme\r\nSERVER lic1 ANY\r\nFEATURE sölver acme 1.0 31-feb-2027 5 SIGN=\"…\"\r\n";
    let source = Source::new("acme.lic", text);
    let diagnostic = error(at(&source, "31-feb-2027")).with_hint("write it as dd-mmm-yyyy");
    assert_eq!(
        diagnostic.render(&source),
        "acme.lic:3:25: error: `31-feb-2027` is no date (-11,45)
  3 | FEATURE sölver acme 1.0 31-feb-2027 5 SIGN=\"…\"
    |                         ^^^^^^^^^^^
  hint: write it as dd-mmm-yyyy
"
    );
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let source = Source::new("t", std::format!("{} HERE {}", "x".repeat(500), "y".repeat(500)));
    assert_eq!(
        Diagnostic::new(Severity::Note, at(&source, "HERE"), "m").render(&source),
        std::format!(
            "t:1:502: note: m\n  1 | …{} HERE {}…\n    | {}^^^^\n",
            "x".repeat(39),
            "y".repeat(55),
            " ".repeat(41)
        )
    );
}

#[test]
fn places_over_several_lines_behind_a_line_and_in_nothing() {
    let source = Source::new("t", "ab cd \\\n ef\n");
    let render = |start, end| Diagnostic::new(Severity::Warning, Span { start, end }, "m").render(&source);
    assert_eq!(render(3, 10), "t:1:4: warning: m\n  1 | ab cd \\\n    |    ^^^^\n");
    assert_eq!(render(7, 7), "t:1:8: warning: m\n  1 | ab cd \\\n    |        ^\n");
    assert_eq!(render(12, 12), "t:3:1: warning: m\n  3 |\n    | ^\n");
    assert_eq!(render(900, 901), "t:3:1: warning: m\n  3 |\n    | ^\n");
}

#[test]
fn nothing_raw_reaches_the_terminal() {
    let source = Source::new("a\x1b[2J.lic", "\tx\x1b[31m 漢字 y\u{202e}z");
    let text =
        Diagnostic::new(Severity::Note, at(&source, "y"), "m\x07\n").with_hint("h\x1b").render(&source);
    assert_eq!(text, "a␛[2J.lic:1:12: note: m␇␊\n  1 |  x␛[31m 漢字 y�z\n    |              ^\n  hint: h␛\n");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn a_report_is_ready_for_json() {
    let source = Source::new("acme.lic", "FEATURE a b 1 \\\n 31-feb-2027 5\n");
    let json = serde_json::to_string(&error(at(&source, "31-feb-2027")).report(&source)).unwrap();
    assert_eq!(
        json,
        "{\"file\":\"acme.lic\",\"line\":2,\"column\":2,\"end_line\":2,\"end_column\":13,\"severity\":\"error\",\
         \"code\":-11,\"message\":\"`31-feb-2027` is no date\",\"hint\":\"\"}"
    );
}
