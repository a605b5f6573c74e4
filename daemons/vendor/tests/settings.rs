//! What an options file says of the daemon itself.

use licgate_core::code::Code;

use super::*;

#[tokio::test]
async fn connections_beyond_max_connections_are_told_the_line() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    std::fs::write(host.dir.path().join("acme.opt"), "# Few\nMAX_CONNECTIONS 1\n").unwrap();
    let mut scene = Scene::start(&host).await;
    let first = scene.client().await;
    let refused = scene.dial().await.recv::<ServerMsg>().await.unwrap();
    let Some(ServerMsg::Refused { code, lines }) = refused else { panic!("{refused:?}") };
    assert_eq!(code, Code::TOO_MANY_CONNECTIONS);
    assert_eq!(lines, ["no more connections are allowed by acme.opt:2: MAX_CONNECTIONS 1"]);
    std::fs::write(host.dir.path().join("acme.opt"), "MAX_CONNECTIONS 2\n").unwrap();
    assert!(scene.reread().await.0);
    let second = scene.client().await;
    drop((first, second));
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test]
async fn the_debug_log_goes_where_debuglog_says_and_begins_anew_at_a_start_only() {
    use std::io::Write as _;
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let place = |name: &str| host.dir.path().join(name);
    let rule = |text: String| std::fs::write(place("acme.opt"), text).unwrap();
    let read = |name: &str| std::fs::read_to_string(place(name)).unwrap();
    std::fs::write(place("one"), "old\n").unwrap();
    std::fs::write(place("two"), "old\n").unwrap();
    rule(format!("DEBUGLOG {}\n", place("one").display()));
    let mut scene = Scene::start(&host).await;
    let say = |scene: &Scene, line: &str| (&scene.log).write_all(line.as_bytes()).unwrap();
    say(&scene, "first\n");
    assert!(scene.reread().await.0);
    say(&scene, "second\n");
    assert_eq!(read("one"), "first\nsecond\n");

    rule("# Wrong\nDEBUGLOG +/no/such/place\n".to_owned());
    let (ok, lines) = scene.reread().await;
    assert!(!ok && lines[0].starts_with("acme.opt:2: DEBUGLOG +/no/such/place: cannot write"), "{lines:?}");
    say(&scene, "third\n");
    assert_eq!(read("one"), "first\nsecond\nthird\n");

    rule(format!("DEBUGLOG +{}\n", place("two").display()));
    assert!(scene.reread().await.0);
    say(&scene, "fourth\n");
    assert_eq!((read("one").len(), read("two").as_str()), (19, "old\nfourth\n"));
    rule(String::new());
    assert!(scene.reread().await.0);
    assert!(!scene.log.is_file());
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();

    rule("DEBUGLOG +/no/such/place\n".to_owned());
    let mut scene = Scene::start(&host).await;
    assert!(!scene.log.is_file(), "a log takes nobody's seat");
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}

#[tokio::test]
async fn events_are_reported_where_reportlog_says_but_for_those_of_nolog() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 1\n");
    let report = host.dir.path().join("acme.report");
    let rule = |more: &str| {
        let text = format!("REPORTLOG +{}{more}\n", report.display());
        std::fs::write(host.dir.path().join("acme.opt"), text).unwrap();
    };
    // What is told to a client was reported before.
    let reported = || {
        let text = std::fs::read_to_string(&report).unwrap();
        let records = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let row = |record: serde_json::Value| {
            let text = |key: &str| record[key].as_str().unwrap_or("-").to_owned();
            (text("event"), text("user"), record["lease"].as_u64())
        };
        records.map(row).collect::<Vec<_>>()
    };
    rule("");
    let mut scene = Scene::start(&host).await;
    let mut client = scene.client().await;
    assert!(matches!(say(&mut client, solver(1, 1)).await, ServerMsg::Granted(_)));
    assert!(matches!(say(&mut client, solver(2, 1)).await, ServerMsg::Denied { .. }));
    rule(" HIDE_USER\nNOLOG DENIED");
    assert!(scene.reread().await.0);
    assert!(matches!(say(&mut client, solver(3, 1)).await, ServerMsg::Denied { .. }));
    say(&mut client, ClientMsg::Checkin { checkout: id(1), epoch: 1 }).await;
    let row = |event: &str, user: &str, lease| (event.to_owned(), user.to_owned(), lease);
    assert_eq!(
        reported(),
        [row("checkout", "ann", Some(1)), row("denied", "ann", None), row("checkin", "-", Some(1))]
    );
    scene.master.send(&MasterMsg::Stop).await.unwrap();
    scene.end().await.unwrap();
}
