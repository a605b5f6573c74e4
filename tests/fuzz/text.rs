//! Source text: words, places and what is shown of them.

use arbitrary::{Result, Unstructured};
use licgate_core::text::{Diagnostic, Lexer, Remarks, Severity, Source, Span, closest, in_ticks};

use crate::{assert_plain, lossy};

/// The words of any text stand where they say; a diagnostic at any place in (or outside) any text is shown plainly.
pub fn text(data: &[u8]) {
    let _too_short: Result<()> = diagnostic(Unstructured::new(data));
    let source = Source::from_bytes("any.lic", data.to_vec());
    words(&source);
    let _some: Option<&str> = closest(source.text(), ["INCREMENT", "SERVER", "SN", "DUP_GROUP"]);
}

fn words(source: &Source) {
    let (mut lexer, mut words, mut remarks) = (Lexer::new(source), Vec::new(), Remarks::default());
    let mut end = 0;
    while let Some(head) = lexer.next_line() {
        let line = if head.starts_with('s') { lexer.skip() } else { lexer.words(&mut words, &mut remarks) };
        assert_within(source, line);
        assert!(line.start >= end, "a line begins before the last one has ended");
        end = line.end;
        let mut at = line.start;
        for word in words.drain(..) {
            assert_within(source, word.span);
            assert!(word.span.start >= at && word.span.end <= line.end && word.span.start < word.span.end);
            at = word.span.end;
            assert!(word.bare.is_empty() || slice(source, word.span).starts_with(word.bare));
            for value in word.value().iter() {
                assert_within(source, value.span);
                value.words().for_each(|part| assert_within(source, part.span));
            }
        }
    }
    let length = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
    remarks.into_sorted(length).iter().for_each(|remark| shown(source, remark));
}

fn diagnostic(mut input: Unstructured<'_>) -> Result<()> {
    let span = Span { start: input.arbitrary()?, end: input.arbitrary()? };
    // Mostly near the text.
    let span = if input.ratio(7, 8)? { Span { start: span.start % 512, end: span.end % 512 } } else { span };
    let cut = input.int_in_range(0..=64)?;
    let rest = lossy(input.take_rest());
    let end = rest.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(rest.len());
    let (message, text) = rest.split_at(end);
    let source = Source::new(message, text);
    let diagnostic = Diagnostic::new(Severity::Warning, span, in_ticks(message)).with_hint(message);
    assert_plain(&diagnostic.render(&source));
    assert_plain(&diagnostic.one_line(&source));
    let report = diagnostic.report(&source);
    assert!(report.line >= 1 && report.column >= 1 && report.end_line >= 1 && report.end_column >= 1);
    Ok(())
}

/// Panics unless `remark` points into the text and is shown plainly.
pub(crate) fn shown(source: &Source, remark: &Diagnostic) {
    assert_within(source, remark.span);
    let shown = remark.render(source);
    assert_plain(&shown);
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines.len() == 3 || (lines.len() == 4 && !remark.hint.is_empty()), "{shown}");
    assert!(lines.get(2).is_some_and(|carets| carets.contains('^')), "{shown}");
}

pub(crate) fn assert_within(source: &Source, span: Span) {
    let text = source.text();
    let is_place = |at: u32| text.is_char_boundary(at as usize);
    assert!(
        span.start <= span.end && is_place(span.start) && is_place(span.end),
        "{span:?} is no place in {text:?}"
    );
}

fn slice(source: &Source, span: Span) -> &str {
    source.text().get(span.start as usize..span.end as usize).unwrap_or_default()
}
