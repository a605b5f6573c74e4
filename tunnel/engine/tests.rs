//! The loop under virtual time, with ssh, listeners and hosts file played.

mod ending;
mod played;
mod site;

use std::collections::{BTreeSet, VecDeque};

use super::*;
use crate::failure::Exit;
use played::{Stage, failed, play};

#[test]
fn it_comes_up_carries_and_goes_down_in_order() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        let board = stage.until("ready").await;
        assert!(board.is_open && world.with(|play| play.marked));
        assert_eq!(board.ssh_server, "gate:22");
        assert_eq!(stage.visit(1716).await, Ok("carried"));
        let row = stage.board.borrow().now().forwards[1].clone();
        assert_eq!((row.port, row.open, row.total, row.refused), (1716, 1, 1, 0), "it is up to date");
        assert_eq!(stage.stop().await, Ok(()));
        assert_eq!(world.with(|play| play.notes.clone()), ["restored", "left"]);
    });
}

#[test]
fn without_rights_for_the_names_it_goes_on_and_says_so() {
    play(|world| async move {
        world.with(|play| play.is_powerless = true);
        let mut stage = Stage::begin(world.clone());
        let board = stage.until("ready").await;
        assert_eq!(board.names_are, OverrideState::Missing("broken".into()));
        assert_eq!(stage.visit(1715).await, Ok("carried"));
        stage.lose_session();
        stage.until("waiting").await;
        let board = stage.until("ready").await;
        assert_eq!(board.names_are, OverrideState::Missing("broken".into()));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn connections_are_held_while_the_session_is_away() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let away = (0..4).map(|_| failed(Exit::Unreachable));
        world.with(|play| play.connects.extend(away));
        stage.lose_session();
        stage.until("waiting").await;
        let held = stage.visit(1715);
        stage.until("ready").await;
        assert_eq!(held.await, Ok("carried"));
        assert_eq!(world.with(|play| play.sessions), 2);
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn connections_are_not_held_for_ever() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        world.with(|play| play.connects.extend((0..40).map(|_| failed(Exit::Unreachable))));
        stage.lose_session();
        stage.until("waiting").await;
        let (held, watch) = (stage.visit(1715), Stopwatch::start());
        assert_eq!(held.await, Ok("reset"));
        assert_eq!(watch.elapsed().as_secs(), 20);
        let (held, watch) = (stage.visit(1715), Stopwatch::start());
        sleep(LOOK / 10).await;
        let before = stage.board.borrow().now();
        let row = &before.forwards[0];
        assert_eq!((row.open, row.total, row.refused), (1, 2, 1));
        sleep(LOOK / 10).await;
        let after = stage.board.borrow().now();
        assert_eq!(after.up_ms, before.up_ms + 100);
        assert_eq!(after.next_try_ms.unwrap(), before.next_try_ms.unwrap() - 100);
        assert_eq!(stage.stop().await, Ok(()));
        assert_eq!(held.await, Ok("reset"), "nobody stays behind");
        assert!(watch.elapsed() < LOOK * 3, "what is held does not hold up the end");
    });
}

#[test]
fn ten_thousand_connections_at_once_neither_leak_nor_fail() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let mut carried = 0;
        for _ in 0..100 {
            let visits: Vec<_> = (0..100).map(|_| stage.visit(1715)).collect();
            for visit in visits {
                carried += u32::from(visit.await == Ok("carried"));
            }
        }
        assert_eq!(carried, 10_000);
        stage.lose_session();
        sleep(LOOK * 2).await;
        let row = stage.board.borrow().forwards[0].clone();
        assert_eq!((row.open, row.total, row.bytes_up, row.bytes_down), (0, 10_000, 10_000, 20_000));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_vendor_daemon_that_came_back_elsewhere_is_found() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        sleep(Duration::from_secs(6)).await;
        world.with(|play| {
            play.ports = vec![1715, 1717];
            play.is_port_closed = true;
        });
        assert_eq!(stage.visit(1716).await, Ok("reset"));
        sleep(LOOK * 2).await;
        world.with(|play| play.is_port_closed = false);
        let ports: Vec<_> = stage.board.borrow().forwards.iter().map(|row| row.port).collect();
        assert_eq!(ports, [1715, 1717]);
        assert_eq!(stage.visit(1717).await, Ok("carried"));
        assert!(world.with(|play| play.doors[&1716].is_closed()));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_port_that_is_taken_is_told_until_it_is_free() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        sleep(Duration::from_secs(6)).await;
        world.with(|play| {
            play.ports = vec![1715, 1717, 1718];
            play.taken = Some(1718);
            play.is_port_closed = true;
        });
        assert_eq!(stage.visit(1716).await, Ok("reset"));
        sleep(Duration::from_secs(60)).await;
        let board = stage.board.borrow().now();
        assert_eq!(board.state, "ready");
        assert_eq!(board.trouble.as_deref(), Some("port 1718 is taken by lmgrd"));
        let ports = |board: &Board| board.forwards.iter().map(|row| row.port).collect::<Vec<_>>();
        assert_eq!(ports(&board), [1715, 1716], "all of it or nothing");
        assert!(world.with(|play| play.doors[&1717].is_closed()));
        world.with(|play| (play.taken, play.is_port_closed) = (None, false));
        sleep(Duration::from_secs(60)).await;
        let board = stage.board.borrow().now();
        assert_eq!((ports(&board), board.trouble), (vec![1715, 1717, 1718], None));
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_kick_and_a_nap_bring_a_new_session() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        world.with(|play| play.connecting = Duration::from_millis(100));
        stage.orders.send(Order::Kick).await.unwrap();
        stage.until("connecting").await;
        stage.until("ready").await;
        assert_eq!(world.with(|play| (play.sessions, play.notes.clone())), (2, vec!["cut".to_owned()]));
        world.with(|play| {
            play.is_silent = true;
            play.slept = Duration::from_secs(3600);
        });
        let watch = Stopwatch::start();
        stage.until("waiting").await;
        assert!(watch.elapsed() < Duration::from_secs(2), "it asks at once, not when the next ping is due");
        world.with(|play| play.is_silent = false);
        stage.until("ready").await;
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn a_changed_network_is_noticed_at_once_while_it_is_ready_and_while_it_waits() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let move_to = |address: &str| {
            world.with(|play| play.addresses = BTreeSet::from([address.parse().unwrap()]));
        };
        world.with(|play| {
            play.is_silent = true;
            play.connects.extend((0..9).map(|_| failed(Exit::Unreachable)));
        });
        let watch = Stopwatch::start();
        sleep(LOOK * 2).await;
        assert_eq!(stage.board.borrow().state, "ready", "nothing has changed yet");
        move_to("10.1.1.7");
        stage.until("waiting").await;
        assert!(watch.elapsed() < LOOK * 5, "it asks at once, not when the next ping is due");
        while world.with(|play| play.connects.len()) > 1 {
            sleep(LOOK).await;
        }
        let watch = Stopwatch::start();
        world.with(|play| (play.is_silent, play.connects) = (false, VecDeque::new()));
        move_to("192.168.5.7");
        stage.until("ready").await;
        assert!(watch.elapsed() <= LOOK * 2, "it does not wait out the back-off");
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn much_news_does_not_keep_it_from_looking_at_the_network() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        world.with(|play| {
            (play.is_port_closed, play.is_silent) = (true, true);
            play.connects.extend((0..9).map(|_| failed(Exit::Unreachable)));
            play.addresses = BTreeSet::from([[10, 1, 1, 7].into()]);
        });
        let watch = Stopwatch::start();
        while stage.board.borrow().state != "waiting" {
            drop(stage.visit(1716));
            sleep(LOOK / 4).await;
        }
        assert!(watch.elapsed() <= LOOK * 2, "it asks at once, not when the next ping is due");
        assert_eq!(stage.stop().await, Ok(()));
    });
}
