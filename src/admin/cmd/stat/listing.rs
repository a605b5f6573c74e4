//! `licutil stat -i`: what is licensed, out of licence files or from the vendor daemons.

use std::path::Path;

use licgate_core::id::FeatureName;
use licgate_core::licence::Licence;
use licgate_core::licence::ast::Statement;
use licgate_core::path::{Element, PortAtHost};
use licgate_core::report::listing::{Line, table};
use licgate_core::report::usage::{Feature, VendorReport, VendorUsage};
use licgate_machine::files;
use serde::Serialize;

use super::ask::{self, Wanted};
use crate::cmd::places::Places;
use crate::failure::{Failure, Kind};
use crate::out::{Form, Out};
use crate::remarks;

#[derive(Serialize)]
struct Document {
    features: Vec<Line>,
}

/// Prints the table, of all features or of one.
pub(super) fn print(
    places: &Places,
    only: Option<&FeatureName>,
    form: Form,
    out: &mut Out,
) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for place in places.all(out)? {
        match place.element {
            Element::Path(path) => {
                for file in files::licence_files(Path::new(&path))? {
                    lines.extend(of_licence(&remarks::read(&file)?.licence));
                }
            }
            Element::Server(server) => lines.extend(of_servers(&[server], places)?),
            Element::Triad(triad) => lines.extend(of_servers(&triad, places)?),
        }
    }
    lines.retain(|line| only.is_none_or(|name| line.feature == *name));
    match form {
        Form::Text => out.data(&table(&lines)),
        Form::Json => out.json(&Document { features: lines }),
    }
    Ok(())
}

fn of_licence(licence: &Licence) -> Vec<Line> {
    let line = |statement: &Statement| match statement {
        Statement::Feature(feature) => Some(Line::new(
            feature.name.node.clone(),
            feature.version.node.clone(),
            feature.count.node,
            feature.expiry.node,
            feature.vendor.node.clone(),
        )),
        Statement::Server(_)
        | Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    };
    licence.statements.iter().filter_map(|statement| line(&statement.node)).collect()
}

/// The pools of the first of these hosts that answers.
fn of_servers(servers: &[PortAtHost], places: &Places) -> Result<Vec<Line>, Failure> {
    let wanted = Wanted { users: true, feature: None, vendor: None };
    let reports = ask::all(servers, &wanted, places.patience());
    let mut trouble = None;
    for report in reports {
        match report.error {
            None => return Ok(report.vendors.iter().flat_map(of_vendor).collect()),
            Some(error) => {
                trouble.get_or_insert(Failure::new(Kind::Unreachable, error.message).code(error.code));
            }
        }
    }
    trouble.map_or(Ok(Vec::new()), Err)
}

fn of_vendor(vendor: &VendorReport) -> Vec<Line> {
    let features = match &vendor.usage {
        VendorUsage::Features(features) => features.as_slice(),
        VendorUsage::Unasked | VendorUsage::Failed(_, _) => &[],
    };
    features.iter().flat_map(|feature| of_feature(vendor, feature)).collect()
}

fn of_feature(vendor: &VendorReport, feature: &Feature) -> Vec<Line> {
    let pools = feature.pools.iter().map(|pool| Line {
        feature: feature.name.clone(),
        version: pool.version.clone(),
        seats: pool.issued,
        expires: if pool.expiry == "permanent" { Line::NEVER.into() } else { pool.expiry.clone() },
        vendor: vendor.name.clone(),
    });
    pools.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::text::Source;

    #[test]
    fn every_feature_line_is_listed() {
        let text = "SERVER lic1 ANY 27000\nVENDOR acme\n\
                    FEATURE solver acme 2.1 31-dec-2027 10 SIGN=\"00\"\n\
                    INCREMENT mesher acme 1.0 permanent uncounted HOSTID=ANY SIGN=\"00\"\n";
        let licence = remarks::of(Source::new("acme.lic", text)).licence;
        let lines = of_licence(&licence);
        let told: Vec<String> =
            lines.iter().map(|line| format!("{} {:?} {}", line.feature, line.seats, line.expires)).collect();
        assert_eq!(told, ["solver Some(10) 31-dec-2027", "mesher None 01-jan-0000"]);
    }
}
