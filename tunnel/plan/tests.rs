//! Plans from wishes, obstacles, and what changes between two plans.

use super::*;

fn port(number: u16, role: Role) -> Port {
    Port { number, role }
}

fn wish(ports: Vec<Port>) -> Wish {
    Wish {
        strange_names: vec![],
        address: [127, 77, 3, 1].into(),
        names: vec![
            "lic1".into(),
            "LIC1.corp.example.".into(),
            "lic1".into(),
            "10.0.0.7".into(),
            "localhost".into(),
        ],
        ports,
        is_whole: true,
        hosts: vec![],
        is_privileged: false,
        tried: vec![],
    }
}

fn plan(ports: Vec<Port>) -> Plan {
    Plan::make(&wish(ports)).unwrap()
}

#[test]
fn a_plan_has_each_port_and_each_name_once() {
    let vendor = Role::Vendor("acme".into());
    let plan = plan(vec![
        port(1716, Role::Other),
        port(1715, Role::Master),
        port(1716, vendor.clone()),
        port(0, Role::Other),
    ]);
    assert_eq!(plan.forwards, [port(1715, Role::Master), port(1716, vendor)]);
    assert_eq!(plan.names, ["lic1", "lic1.corp.example"]);
    assert_eq!(plan.hosts, ["localhost"]);
    assert_eq!(plan.proofs(), [1715]);
}

#[test]
fn without_a_sure_master_others_prove_the_tunnel() {
    assert_eq!(plan(vec![port(5053, Role::Other), port(2080, Role::Other)]).proofs(), [2080]);
    let perhaps = vec![port(27_000, Role::Candidate), port(27_001, Role::Candidate), port(8080, Role::Other)];
    assert_eq!(plan(perhaps).proofs(), [27_000, 27_001]);
}

#[test]
fn every_obstacle_is_told_at_once() {
    let mut wish = wish(vec![port(80, Role::Other), port(1715, Role::Master), port(443, Role::Other)]);
    let told: Vec<_> = Plan::make(&wish).unwrap_err().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    port 80 is below 1024, which only an administrator may listen on
    port 443 is below 1024, which only an administrator may listen on
    ");
    wish.is_privileged = true;
    assert_eq!(Plan::make(&wish).unwrap().forwards.len(), 3);
}

#[test]
fn names_that_are_left_alone_are_told_with_the_remedy() {
    let strange_names = vec!["GitHub.com".into(), "10.0.0.7".into()];
    let plan = Plan::make(&Wish { strange_names, ..wish(vec![port(1715, Role::Master)]) }).unwrap();
    assert_eq!(plan.names, ["lic1", "lic1.corp.example"]);
    insta::assert_snapshot!(left_alone(&plan.strange_names).unwrap(), @r"
    the server calls itself github.com as well, which may be another's name and is left alone
      hint: if applications use it for this server: --name github.com, or names in the profile
    ");
    assert!(left_alone(&[]).is_none());
}

#[test]
fn no_ports_and_too_many_ports_are_no_plan() {
    let mut none = wish(vec![]);
    none.tried = vec!["LM_LICENSE_FILE: not set".into(), "process list: no lmgrd".into()];
    let told = Plan::make(&none).unwrap_err()[0].to_string();
    insta::assert_snapshot!(told, @r"
    no licence port of the server is known
      tried: LM_LICENSE_FILE: not set
      tried: process list: no lmgrd
    ");
    let many = |count: u16| (2000..2000 + count).map(|number| port(number, Role::Other)).collect();
    assert_eq!(Plan::make(&wish(many(65))), Err(vec![Obstacle::TooMany(65)]));
    assert_eq!(plan(many(64)).forwards.len(), MOST_PORTS);
}

#[test]
fn a_vendor_daemon_that_came_back_elsewhere_is_a_small_change() {
    let old = plan(vec![port(1715, Role::Master), port(40_001, Role::Other)]);
    let new = plan(vec![port(1715, Role::Master), port(40_002, Role::Other)]);
    assert_eq!(new.changes_from(Some(&old)), Changes { add: vec![40_002], drop: vec![40_001] });
    assert_eq!(new.changes_from(Some(&new)), Changes::default());
    assert_eq!(new.changes_from(None), Changes { add: vec![1715, 40_002], drop: vec![] });
    assert!(new.same_override(&old));
    assert!(!Plan { names: vec![], ..new }.same_override(&old));
}
