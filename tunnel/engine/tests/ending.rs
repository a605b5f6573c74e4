//! How a tunnel ends, whatever it was doing.

use super::*;

#[test]
fn it_can_be_stopped_while_it_connects() {
    play(|world| async move {
        world.with(|play| play.connecting = Duration::from_secs(3600));
        let stage = Stage::begin(world.clone());
        sleep(Duration::from_secs(1)).await;
        let watch = Stopwatch::start();
        assert_eq!(stage.stop().await, Ok(()));
        assert!(watch.elapsed() < Duration::from_secs(1));
        assert_eq!(world.with(|play| (play.sessions, play.marked)), (0, false));
    });
}

#[test]
fn open_connections_have_five_seconds_at_the_end() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        assert_eq!(stage.visit(1715).await, Ok("carried"));
        let watch = Stopwatch::start();
        assert_eq!(stage.stop().await, Ok(()));
        assert_eq!(watch.elapsed(), crate::life::DRAIN);
    });
}

#[test]
fn it_ends_when_nobody_is_left_to_give_orders() {
    play(|world| async move {
        let mut stage = Stage::begin(world.clone());
        stage.until("ready").await;
        let Stage { orders, running, .. } = stage;
        drop(orders);
        assert_eq!(running.await.unwrap(), Ok(()));
        assert_eq!(world.with(|play| play.notes.clone()), ["restored", "left"]);
    });
}
