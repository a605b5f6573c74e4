//! Stepping aside where the server answers directly.

use super::*;

fn begin_on_site(world: &played::Played) -> Stage {
    world.with(|play| (play.steps_aside, play.is_direct) = (true, true));
    Stage::begin(world.clone())
}

#[test]
fn on_site_nobody_logs_in_and_no_name_is_overridden() {
    play(|world| async move {
        let mut stage = begin_on_site(&world);
        let board = stage.until("on site").await;
        assert!(!board.is_open && board.forwards.is_empty() && board.ssh_server.is_empty());
        sleep(Duration::from_secs(600)).await;
        assert_eq!(world.with(|play| (play.sessions, play.marked, play.doors.len())), (0, false, 0));
        assert_eq!(world.with(|play| play.probes), 10, "the watch goes on");
        assert_eq!(stage.stop().await, Ok(()));
    });
}

#[test]
fn away_from_the_site_it_comes_up_and_back_there_it_goes_when_nobody_needs_it() {
    play(|world| async move {
        let mut stage = begin_on_site(&world);
        stage.until("on site").await;
        for day in 1..=3 {
            world.with(|play| {
                play.is_direct = false;
                play.addresses = BTreeSet::from([[10, 0, 0, day].into()]);
            });
            let watch = Stopwatch::start();
            stage.until("ready").await;
            assert!(watch.elapsed() < LOOK * 2, "a changed network is seen at once");
            assert!(world.with(|play| play.marked));
            let held = stage.visit(1716);
            assert_eq!(held.await, Ok("carried"));
            world.with(|play| play.is_direct = true);
            sleep(Duration::from_secs(300)).await;
            assert_eq!(stage.board.borrow().state, "ready", "a connection is open");
            world.with(|play| play.clients_go.notify_waiters());
            stage.until("on site").await;
            let is_closed = world.with(|play| play.doors.values().all(mpsc::Sender::is_closed));
            assert!(is_closed && !world.with(|play| play.marked));
            assert_eq!(world.with(|play| play.sessions), u32::from(day));
        }
        world.with(|play| (play.is_direct, play.addresses) = (false, BTreeSet::new()));
        stage.until("ready").await;
        assert_eq!(stage.visit(1716).await, Ok("carried"));
        let watch = Stopwatch::start();
        assert_eq!(stage.stop().await, Ok(()));
        assert_eq!(watch.elapsed(), crate::life::DRAIN, "an open connection has its time as ever");
        assert_eq!(world.with(|play| play.notes.clone()), ["restored", "left"].repeat(4));
    });
}
