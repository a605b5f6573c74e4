//! What the master says when it cannot serve.

use super::*;

fn settled(healths: &[Health]) -> Vec<(VendorName, Health)> {
    ["acme", "beta"].map(VendorName::from).into_iter().zip(healths.iter().cloned()).collect()
}

#[test]
fn a_host_that_serves_nothing_says_why_for_each_daemon() {
    let down = Health::Down { why: "it found no features to serve".into() };
    let crash =
        Health::Restarting { after: std::time::Duration::ZERO, why: "acme was ended by signal 9".into() };
    for (healths, exit) in [([down.clone(), down.clone()], Exit::NoFeatures), ([down, crash], Exit::Broken)] {
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
