//! Lines for people on their way over a connection.

/// Lines in one message, and bytes in each: they have to fit into one frame.
const REPORT: usize = 100;
const LINE: usize = 500;

/// As much of these lines for people as fits into one frame. All of them are in the log.
pub fn fit(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(REPORT);
    lines.truncate(REPORT);
    for line in &mut lines {
        let ends = line.char_indices().map(|(start, char)| start + char.len_utf8());
        let end = ends.take_while(|end| *end <= LINE).last().unwrap_or(0);
        line.truncate(end);
    }
    if more > 0 {
        lines.push(format!("and {more} more lines, in the log"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_fits_into_a_frame() {
        let report = fit(vec!["ä".repeat(400); 250]);
        assert_eq!(report.len(), 101);
        assert_eq!(report[0].len(), 500);
        assert_eq!(report[100], "and 150 more lines, in the log");
        assert!(report.iter().map(String::len).sum::<usize>() < licgate_core::wire::limit::FRAME - 4096);
        assert_eq!(fit(vec!["x".into()]), ["x"]);
    }
}
