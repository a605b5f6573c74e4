//! What the master says when it cannot serve.

use licgate_core::supervise::Hopeless;

use super::*;

fn settled(healths: &[Health]) -> Vec<(VendorName, Health)> {
    ["acme", "beta"].map(VendorName::from).into_iter().zip(healths.iter().cloned()).collect()
}

#[test]
fn a_host_that_serves_nothing_says_why_for_each_daemon() {
    let [flags, nothing, running] = [Hopeless::WrongFlags, Hopeless::NoFeatures, Hopeless::AlreadyRunning]
        .map(|why| Health::Down(Cause::Hopeless(why)));
    let crash =
        Health::Restarting { after: std::time::Duration::ZERO, why: "acme was ended by signal 9".into() };
    for (healths, exit) in [
        ([&nothing, &nothing], Exit::NoFeatures),
        ([&running, &running], Exit::AnotherRuns),
        ([&running, &nothing], Exit::AnotherRuns),
        ([&flags, &nothing], Exit::NoFeatures),
        ([&flags, &flags], Exit::WrongFlags),
        ([&nothing, &crash], Exit::Broken),
    ] {
        let healths = healths.map(Health::clone);
        let failure = nobody_serves(&settled(&healths));
        assert_eq!(failure.exit, exit);
        assert_eq!(failure.message.lines().count(), 3, "{failure}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_remedy() {
    let listen = [IpAddr::from([127, 0, 0, 1])];
    let taken = bind(&listen, 0).unwrap();
    let failure = no_port(&bind(&listen, taken.port()).unwrap_err(), Some(taken.port()));
    assert_eq!(failure.exit, Exit::NoPort);
    assert!(failure.message.contains(&format!("{}, is already in use", taken.port())), "{failure}");
    assert!(failure.hint.contains("ss -ltnp"), "{failure}");
}
