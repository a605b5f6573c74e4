//! Licence files and variables on this machine, as people have them.

use super::*;

fn text(request: &Request, dir: &Path) -> (String, String) {
    let (found, remarks) = search(request);
    let remarks = remarks.join("\n").replace(&dir.display().to_string(), "DIR");
    let names: Vec<_> = found.names().collect();
    (format!("{}: {found}", names.join("+")), remarks)
}

#[test]
fn files_and_variables_tell_of_their_server_only() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("a.lic", "SERVER lic1.corp ANY 1715\nVENDOR acme PORT=1716\n");
    write("b.lic", "SERVER elsewhere ANY 1800\nVENDOR orbit PORT=1801\n");
    let list =
        format!("{0}/a.lic:{0}/b.lic:{0}/gone.lic:1900@elsewhere:1901@lic1:@LIC1.corp", dir.path().display());
    let request = Request { variables: vec![("LM_LICENSE_FILE".into(), list)], ..Request::of("lic1") };
    let (found, remarks) = text(&request, dir.path());
    assert_eq!(
        found,
        "lic1+lic1.corp: 1715 (master daemon), 1716 (vendor daemon acme), 1901 (master daemon)"
    );
    assert_eq!(
        remarks,
        "DIR/a.lic says 1715 (master daemon), 1716 (vendor daemon acme)\nLM_LICENSE_FILE has 1901@lic1\nLM_LICENSE_FILE has @lic1.corp"
            .replace("@lic1.corp", "@LIC1.corp")
    );
    // The same file given on purpose counts, whatever it calls its server; and what is wrong with one is said.
    write("c.lic", "");
    let files = ["b.lic", "c.lic", "gone.lic"].map(|name| dir.path().join(name)).to_vec();
    let (found, remarks) = text(&Request { files, ..Request::of("lic1") }, dir.path());
    assert_eq!(found, "elsewhere: 1800 (master daemon), 1801 (vendor daemon orbit)");
    assert!(
        remarks.contains("DIR/c.lic is of no use: it names no server\ncannot read DIR/gone.lic: "),
        "{remarks}"
    );
}

#[test]
fn of_a_triad_the_other_servers_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let triad = "SERVER a ANY 5280\nSERVER b ANY 5281\nSERVER c ANY 5282\nVENDOR acme PORT=5290\n";
    std::fs::write(dir.path().join("a.lic"), triad).unwrap();
    let variables = vec![("ACME_LICENSE_FILE".into(), "5280@a,5281@b,5282@c:1@x,y".into())];
    let request = Request { files: vec![dir.path().into()], variables, ..Request::of("b") };
    let (found, remarks) = text(&request, dir.path());
    assert_eq!(found, "b: 5281 (master daemon), 5290 (vendor daemon acme)");
    assert!(remarks.contains("it shares its licences with a, c; they need tunnels"), "{remarks}");
    assert!(remarks.contains("ACME_LICENSE_FILE: 'y' is no place"), "{remarks}");
}

#[test]
fn licence_variables_are_known_by_their_names() {
    let all = ["LM_LICENSE_FILE", "acme_license_file", "RLM_LICENSE", "reprise_LICENSE", "LICENSE", "PATH"];
    let known = licence_variables(all.iter().map(|name| ((*name).into(), "x".into())));
    let names: Vec<_> = known.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, &all[..4]);
}
