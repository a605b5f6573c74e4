//! The hosts file and the helper that edits it.

use arbitrary::{Result, Unstructured};
use lictunnel::hosts::edit::{conflicts, entries, put, repair, take};
use lictunnel::hosts::line::{Line, Override, OwnerId, Process};
use lictunnel::hosts::name::{HostName, Names};
use lictunnel::hosts::protocol::{LONGEST, Reply, Request, line_of, read_line};
use lictunnel::loopback::Loopback;

/// Whatever stands in the file: what is put in is found and taken out again, and not a byte else has changed.
pub fn hosts(data: &[u8]) {
    let _too_short: Result<()> = edited(Unstructured::new(data));
    data.split(|byte| *byte == b'\n').for_each(line);
}

/// A line that is ours is written again as it was read, blanks aside.
fn line(bytes: &[u8]) {
    if let Line::Ours(block) = Line::read(bytes) {
        let again: Vec<_> = block.lines().iter().map(|line| Line::read(line.as_bytes())).collect();
        if let [only] = again.as_slice() {
            assert_eq!(*only, Line::Ours(block));
        }
        assert!(again.iter().all(|line| matches!(line, Line::Ours(_))));
    }
}

fn edited(mut input: Unstructured<'_>) -> Result<()> {
    let owner = input.int_in_range(0..=3u8)?;
    let mine = block(owner, 1 + input.int_in_range(0..=1u32)?, input.int_in_range(1..=20usize)?);
    let is_alive = |process: &Process| process.pid.is_multiple_of(2);
    let file = input.take_rest();
    let before = take(file, mine.id, &mine.tunnel);
    match put(file, &mine, &is_alive) {
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
        Ok(changed) => {
            let ours = |file: &[u8]| {
                entries(file).iter().filter(|it| it.block.as_ref().is_some_and(|it| it.id == mine.id)).count()
            };
            assert_eq!(ours(&changed), mine.lines().len());
            assert_eq!(
                put(&changed, &mine, &is_alive).as_ref(),
                Ok(&changed),
                "putting it in twice is putting it in once"
            );
            let _some: Vec<_> = conflicts(&changed, &mine);
            // Blocks of the same server by tunnels that have ended went with it; else the file is as it was.
            let after = take(&changed, mine.id, &mine.tunnel);
            if ours(&before) == 0 {
                assert_eq!(after, before, "taking it out leaves what was there");
            }
            if ours(file) == 0 {
                assert_eq!(after, file, "taking it out leaves the file as it was");
            }
        }
    }
    let repaired = repair(file, &is_alive);
    assert_eq!(repair(&repaired, &is_alive), repaired);
    assert!(repaired.len() <= file.len());
    Ok(())
}

fn block(owner: u8, pid: u32, names: usize) -> Override {
    let name = |number: usize| HostName::parse(&format!("lic{number}.x{owner}")).expect("a name");
    Override {
        id: OwnerId::of(&format!("lic{owner}")),
        tunnel: Process { pid, start: "1".into(), boot: "b".into() },
        address: Loopback::of(&format!("lic{owner}"), |_| false).expect("one of many addresses"),
        names: Names::new((0..names).map(name)).expect("a few names"),
    }
}

/// The helper's lines: bounded, and a message that is understood is said in the same way again.
pub fn hosts_helper(data: &[u8]) {
    let mut input = data;
    while let Ok(Some(line)) = read_line(&mut input) {
        assert!((line.len() as u64) < LONGEST && !line.contains(&b'\n'));
        if let Ok(request) = serde_json::from_slice::<Request>(&line) {
            let said = line_of(&request).expect("a request is JSON");
            assert!(said.len() as u64 <= LONGEST, "longer than may be said");
            assert_eq!(serde_json::from_slice::<Request>(&said).ok(), Some(request));
        }
        if let Ok(reply) = serde_json::from_slice::<Reply>(&line) {
            let said = line_of(&reply).expect("a reply is JSON");
            assert_eq!(serde_json::from_slice::<Reply>(&said).ok(), Some(reply));
        }
    }
}
