//! Helpers that lie, hang or do not start; the real one is tested in `tests/hosts_helper.rs`.

use super::*;
use crate::hosts::name::{HostName, Names};
use crate::loopback::Loopback;

fn wish() -> Wish {
    Wish {
        id: OwnerId::of("lic1"),
        pid: std::process::id(),
        address: Loopback::of("lic1", |_| false).unwrap(),
        names: Names::new([HostName::parse("lic1").unwrap()]).unwrap(),
    }
}

async fn started(script: &str, way: &Way) -> io::Result<Started> {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Helper::start_command(command, way).await
}

async fn running(script: &str) -> Box<Helper> {
    match started(script, &Way::Direct).await.unwrap() {
        Started::Running(helper) => helper,
        Started::NoPrivilege(said) => panic!("{said}"),
    }
}

#[tokio::test]
async fn without_rights_the_lenders_words_are_kept() {
    let lent = Way::Lent { lender: "/usr/bin/sudo".into(), may_ask: false };
    let refused = started("echo 'sudo: a password is required' >&2; exit 1", &lent).await.unwrap();
    assert!(
        matches!(&refused, Started::NoPrivilege(said) if said == "sudo: a password is required"),
        "{refused:?}"
    );
    let nowhere = Helper::start(Path::new("/bin/false"), &Way::Nowhere).await.unwrap();
    assert!(matches!(nowhere, Started::NoPrivilege(said) if said.is_empty()));
    assert!(Helper::start(Path::new("/no/such/program"), &Way::Direct).await.is_err());
}

#[tokio::test]
async fn refusals_are_values_and_lies_are_errors() {
    let mut helper = running(
        r#"echo '"ready"'; read -r _; echo '{"refused":{"why":"x","wants_privilege":true}}'
        read -r _; echo '{"refused":{"why":"held","wants_privilege":false}}'; read -r _; echo '"taken"'; cat"#,
    )
    .await;
    assert_eq!(helper.put(wish()).await.unwrap(), Put::NoPrivilege);
    assert_eq!(helper.put(wish()).await.unwrap(), Put::Refused("held".into()));
    assert!(helper.put(wish()).await.is_err(), "that was no answer to a put");
    assert!(helper.take(wish().id).await.is_err(), "and it is not talked to any more");
    assert!(helper.close().await.unwrap());
    assert!(started(r#"echo '"taken"'; cat"#, &Way::Direct).await.is_err());
    assert!(started("head -c 100000 /dev/zero; cat", &Way::Direct).await.is_err());
}

#[tokio::test]
async fn a_helper_that_ends_is_noticed() {
    let mut helper = running(r#"echo '"ready"'; read -r _; exit 1"#).await;
    assert_eq!(helper.put(wish()).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert!(!helper.close().await.unwrap());
}

#[tokio::test]
async fn a_helper_that_hangs_is_not_waited_for_for_ever() {
    let mut helper = running(r#"echo '"ready"'; cat >/dev/null"#).await;
    tokio::time::pause();
    assert_eq!(helper.put(wish()).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    tokio::time::resume();
    assert!(helper.close().await.unwrap(), "its input has ended");
}
