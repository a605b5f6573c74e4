//! Real files on disk: what is served, and what is said about the rest.

use std::fs;

use licgate_core::licence::Signer;
use licgate_machine::keys;
use tempfile::TempDir;

use super::*;

/// A licence host with a vendor's key pair and a directory for its files.
pub(in crate::vendor) struct Host {
    pub(in crate::vendor) dir: TempDir,
    pub(in crate::vendor) identity: Signer,
    vendor: Signer,
}

impl Host {
    pub(in crate::vendor) fn new() -> Self {
        let host = Self {
            dir: TempDir::new().unwrap(),
            identity: keys::generate().unwrap(),
            vendor: Signer::new(&[2; 32]),
        };
        fs::write(host.dir.path().join("acme.pub"), host.vendor.public().to_string()).unwrap();
        host
    }

    /// Signs `lines` behind a SERVER line for this host and a VENDOR line, and writes them to `acme.lic`.
    pub(in crate::vendor) fn issue(&self, lines: &str) -> PathBuf {
        self.issue_for(&format!("KEY={}", self.identity.public()), lines)
    }

    /// The same for a host with these host ids.
    pub(in crate::vendor) fn issue_for(&self, hostids: &str, lines: &str) -> PathBuf {
        let text = format!("SERVER lic1 \"{hostids}\" 27000\nVENDOR acme\n{lines}\n");
        let (licence, remarks) = parse(&Source::new("new", text));
        assert!(remarks.iter().all(|remark| remark.severity < Severity::Error), "{remarks:?}");
        let signed = self.vendor.sign(&licence, &VendorName::from("acme"));
        self.put(&signed.to_string())
    }

    /// Writes `acme.lic`.
    pub(in crate::vendor) fn put(&self, text: &str) -> PathBuf {
        let path = self.dir.path().join("acme.lic");
        fs::write(&path, text).unwrap();
        path
    }

    pub(in crate::vendor) fn order(&self) -> Order {
        Order {
            vendor: VendorName::from("acme"),
            paths: vec![self.dir.path().to_owned()],
            config: Config::default(),
            host: HostFacts { key: Some(self.identity.public().bytes()), ..HostFacts::default() },
            zone: Local::system(),
        }
    }

    fn failure(&self) -> Failure {
        Shelf::read(self.order()).err().unwrap()
    }
}

#[test]
fn signed_lines_are_served() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 5\nINCREMENT post acme 1.0 permanent 2\n");
    let (shelf, remarks) = Shelf::read(host.order()).unwrap();
    assert_eq!(remarks, []);
    assert_eq!((shelf.host_name(), shelf.port), ("lic1", None));
    let (book, remarks) = shelf.book();
    assert_eq!(remarks, []);
    assert_eq!(book.pools().len(), 2);
    shelf.is_worth_serving(&book).unwrap();

    let path = host.dir.path().join("acme.lic");
    let text = fs::read_to_string(&path).unwrap();
    host.put(&text.replace("lic1", "this_host"));
    let mut order = host.order();
    order.host.names.push("own".to_owned());
    assert_eq!(Shelf::read(order).unwrap().0.host_name(), "own");
}

#[test]
fn an_edited_line_is_left_out_and_named() {
    let host = Host::new();
    let path = host.issue("FEATURE solver acme 2.0 permanent 5\nFEATURE post acme 1.0 permanent 2\n");
    let text = fs::read_to_string(&path).unwrap();
    host.put(&text.replace("solver acme 2.0 permanent 5", "solver acme 2.0 permanent 50"));
    let (shelf, remarks) = Shelf::read(host.order()).unwrap();
    let [remark] = remarks.as_slice() else { panic!("{remarks:?}") };
    assert_eq!(remark.severity, Severity::Error);
    assert!(remark.line.contains("acme.lic:3:"), "{}", remark.line);
    let (book, _) = shelf.book();
    assert_eq!(book.pools().iter().map(|pool| pool.feature.as_str()).collect::<Vec<_>>(), ["post"]);
}

#[test]
fn no_features_is_an_end_of_its_own() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 1-jan-2020 5\n");
    let (shelf, _) = Shelf::read(host.order()).unwrap();
    let failure = shelf.is_worth_serving(&shelf.book().0).unwrap_err();
    assert_eq!(failure.exit, Exit::NoFeatures);
    assert_eq!(failure.message, "No features to serve, exiting");
    assert!(failure.hint.contains("solver: ") && failure.hint.contains("acme.lic:3"), "{}", failure.hint);
    host.issue("");
    let (shelf, _) = Shelf::read(host.order()).unwrap();
    let failure = shelf.is_worth_serving(&shelf.book().0).unwrap_err();
    assert_eq!(
        failure.hint,
        "no line of acme is signed with its key for this host; `licutil check` says more"
    );
}

#[test]
fn what_makes_all_of_it_unusable_is_a_failure_with_a_remedy() {
    let host = Host::new();
    let failure = host.failure();
    assert_eq!((failure.exit, failure.message.contains("there is no *.lic file in")), (Exit::NoFile, true));

    host.put("SERVER lic1 ANY 27000\nVENDOR other\n");
    let (shelf, _) = Shelf::read(host.order()).unwrap();
    let failure = shelf.is_worth_serving(&shelf.book().0).unwrap_err();
    assert_eq!(failure.exit, Exit::BadLicence);
    assert!(failure.message.starts_with("there is no VENDOR line for acme in "), "{failure}");

    fs::remove_file(host.dir.path().join("acme.pub")).unwrap();
    let failure = host.failure();
    assert_eq!(failure.exit, Exit::BadLicence);
    assert!(failure.hint.contains("acme.pub beside") && failure.hint.contains("[vendor.acme]"), "{failure}");

    let missing = Order { paths: vec![host.dir.path().join("gone.lic")], ..host.order() };
    let failure = Shelf::read(missing).err().unwrap();
    assert_eq!(failure.exit, Exit::NoFile);
    assert!(failure.message.contains("gone.lic"), "{failure}");
}

fn policy_of(host: &Host) -> (Vec<String>, Vec<Remark>) {
    let (shelf, remarks) = Shelf::read(host.order()).unwrap();
    let lines = shelf.rules().map(|rules| rules.source().text().lines().map(str::to_owned).collect());
    (lines.unwrap_or_default(), remarks)
}

#[test]
fn the_options_file_of_the_first_vendor_line_is_read() {
    let host = Host::new();
    let text = fs::read_to_string(host.issue("FEATURE solver acme 2.0 permanent 5\n")).unwrap();
    let put = |name: &str, rule: &str| fs::write(host.dir.path().join(name), rule).unwrap();
    assert_eq!(policy_of(&host), (Vec::new(), Vec::new()), "none need be there");
    put("acme.opt", "EXCLUDE solver USER ann\n");
    put("who.opt", "EXCLUDE solver USER bob\n");
    assert_eq!(policy_of(&host), (vec!["EXCLUDE solver USER ann".to_owned()], Vec::new()));
    host.put(&text.replace("VENDOR acme", "VENDOR acme OPTIONS=who.opt"));
    assert_eq!(policy_of(&host), (vec!["EXCLUDE solver USER bob".to_owned()], Vec::new()));
    put("second.lic", "VENDOR acme\n");
    let (lines, remarks) = policy_of(&host);
    assert_eq!(lines, ["EXCLUDE solver USER bob"]);
    let [remark] = remarks.as_slice() else { panic!("{remarks:?}") };
    assert_eq!(remark.severity, Severity::Warning);
    assert!(remark.line.contains("acme.opt") && remark.line.contains("NOT APPLIED"), "{}", remark.line);
    host.put(&text.replace("VENDOR acme", "VENDOR acme OPTIONS=gone.opt"));
    let failure = host.failure();
    assert_eq!(failure.exit, Exit::NoFile);
    assert!(failure.message.contains("gone.opt") && failure.hint.contains("VENDOR line"), "{failure}");
}

#[test]
fn rules_that_this_version_does_not_keep_are_named() {
    let host = Host::new();
    host.issue("FEATURE solver acme 2.0 permanent 5\n");
    fs::write(host.dir.path().join("acme.opt"), "EXCLUDE solver USER ann\nTIMEOUT solver 900\n").unwrap();
    let (_, remarks) = policy_of(&host);
    let [remark] = remarks.as_slice() else { panic!("{remarks:?}") };
    assert_eq!(remark.severity, Severity::Warning);
    assert!(
        remark.line.ends_with("acme.opt:2: TIMEOUT is NOT APPLIED by this version of licgate"),
        "{remark:?}"
    );
}
