//! Logical lines and words.

use super::*;
use std::format;
use std::string::ToString;

/// The words of each line, one per output line, joined by `|`; then the diagnostics.
fn lexed(text: &str) -> String {
    let source = Source::new("t", text);
    let (mut lexer, mut words, mut remarks) = (Lexer::new(&source), Vec::new(), Remarks::default());
    let mut out = Vec::new();
    while lexer.next_line().is_some() {
        lexer.words(&mut words, &mut remarks);
        out.push(words.iter().map(shown).collect::<Vec<_>>().join("|"));
    }
    let remarks = remarks.into_sorted(0);
    out.extend(remarks.iter().map(|remark| format!("!{}", remark.one_line(&source))));
    out.join("\n")
}

fn shown(word: &Word<'_>) -> String {
    match &word.enclosed {
        None => word.bare.to_string(),
        Some(Enclosed::Quotes(text)) => format!("{}<{}>", word.bare, text.node),
        Some(Enclosed::Braces(text)) => format!("{}{{{}}}", word.bare, text.node),
    }
}

#[test]
fn words_quotes_comments_and_joins() {
    for (text, words) in [
        ("a b\nc", "a|b\nc"),
        ("a b\r\nc\r\n", "a|b\nc"),
        ("  # note\n\n a\tb # rest \"\n", "a|b"),
        ("a \"b c\" D=\"\" E=f", "a|<b c>|D=<>|E=f"),
        ("a \\\n  b\\\nc", "a|b|c"),
        ("a \\   \n b", "a|b"),
        ("a \\ # why\n b", "a|b"),
        ("a \\#why\n b", "a|b"),
        ("a \\\n", "a"),
        ("a \\", "a"),
        ("a\\\\\n b\\\\c", "a|b\\\\c"),
        ("a \\\n\nb", "a\nb"),
        ("S=\"01 \\\n\t 23\\\n45  \\\n \\\n6\"", "S=<01 23 45 6>"),
        ("S=\" \\\n x  y\"", "S=< x  y>"),
        ("S=\"a\\ \\\n b\"", "S=<a\\ b>"),
        ("S=\"a # b\" c", "S=<a # b>|c"),
        ("v C:\\a\\b \"C:\\d\\\" e", "v|C:\\a\\b|<C:\\d\\>|e"),
        ("AUTH={ a=( K=\"1\" ) # \\\n } b", "AUTH={ a=( K=\"1\" ) # }|b"),
        ("X={a b}", "X={a|b}"),
        ("H=NAME=x =y z=", "H=NAME=x|=y|z="),
        ("SERVER h #12 1", "SERVER|h|#12|1"),
        ("SERVER h #x 1", "SERVER|h"),
        ("F h #12 1", "F|h"),
    ] {
        assert_eq!(lexed(text), words, "{text:?}");
    }
}

#[test]
fn oddities_are_told_and_read_on() {
    for (text, words) in [
        (
            "a\u{a0}b\u{a0}c",
            "a|b|c\n!t:1:2: warning: a no-break space (U+00A0) stands here; it is read as a blank",
        ),
        (
            "N=\"a\u{2003}b\"",
            "N=<a b>\n!t:1:5: warning: an unusual blank (U+2003) stands here; it is read as a blank",
        ),
        (
            "a\u{200b}b",
            "a|b\n!t:1:2: warning: an invisible character (U+200B) stands here; it is read as a blank",
        ),
        ("a\x07b", "a|b\n!t:1:2: warning: a control character (U+0007) stands here; it is read as a blank"),
        ("a \"b c\nd", "a|<b c>\nd\n!t:1:3: error: this quote is never closed (-2,413)"),
        ("AUTH={ b\nd", "AUTH={ b}\nd\n!t:1:6: error: this brace is never closed (-2,413)"),
        (
            "a\"b\"c",
            "a|<b>|c\n!t:1:2: warning: a blank is missing here, between a word and a quoted text\n!t:1:5: warning: a blank is missing here, between a word and a quoted text",
        ),
        ("a \\ b", "a|b\n!t:1:3: error: a `\\` in the middle of a line; it is read as a blank (-2,413)"),
        (
            "a # b \\\nc",
            "a\nc\n!t:1:7: warning: this `\\` belongs to the comment, so the line does not go on",
        ),
    ] {
        assert_eq!(lexed(text), words, "{text:?}");
    }
}

#[test]
fn spans_are_where_the_words_stand() {
    let source = Source::new("t", "ü a=\"b c\" \\\n d=e\n");
    let (mut lexer, mut words, mut remarks) = (Lexer::new(&source), Vec::new(), Remarks::default());
    assert_eq!(lexer.next_line(), Some("ü"));
    let line = lexer.words(&mut words, &mut remarks);
    let at = |span: Span| source.text().get(span.start as usize..span.end as usize).unwrap();
    assert_eq!(at(line), "ü a=\"b c\" \\\n d=e");
    assert_eq!(words.iter().map(|word| at(word.span)).collect::<Vec<_>>(), ["ü", "a=\"b c\"", "d=e"]);
    let value = words[1].value().unwrap();
    assert_eq!(
        value.words().map(|word| (at(word.span), word.node)).collect::<Vec<_>>(),
        [("b", "b"), ("c", "c")]
    );
    assert_eq!(at(words[2].value().unwrap().span), "e");
}

#[test]
fn a_skipped_line_is_skipped_as_a_whole() {
    let source = Source::new("t", "junk \"x \\\n more \\\r\n end\nnext");
    let mut lexer = Lexer::new(&source);
    assert_eq!(lexer.next_line(), Some("junk"));
    lexer.skip();
    assert_eq!(lexer.next_line(), Some("next"));
    lexer.skip();
    assert_eq!(lexer.next_line(), None);
}
