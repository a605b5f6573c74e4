//! The task scheduler of Windows: a task of the user's own, with the rights that the hosts file needs.
//!
//! It starts the tunnel in the background when the user logs on, and again whenever a network is connected; while the tunnel is
//! up, that does nothing. So no task runs for long, no window stays, and a refused login is not tried again and again.

use std::path::PathBuf;

use super::launchd::escaped;
use super::plan::{Service, Step, file, origin};

/// Registers the task and runs it.
pub(super) fn install(service: &Service) -> Vec<Step> {
    let (name, path) = (name(service), path(service));
    vec![
        Step::WriteWide(path.clone(), task(service)),
        Step::run(&["schtasks.exe", "/Create", "/F", "/TN", &name, "/XML", &path.display().to_string()]),
        Step::Delete(path),
        Step::run(&["schtasks.exe", "/Run", "/TN", &name]),
    ]
}

/// Ends the tunnel and removes the task.
pub(super) fn remove(service: &Service) -> Vec<Step> {
    vec![
        Step::run(&["schtasks.exe", "/Delete", "/F", "/TN", &name(service)]),
        Step::attempt(&[&service.program, "down", &service.server]),
    ]
}

fn name(service: &Service) -> String {
    format!("lictunnel-{}", service.server)
}

fn path(service: &Service) -> PathBuf {
    file(service, &format!("{}.xml", name(service)))
}

fn task(service: &Service) -> String {
    let config = service.config.as_ref().map(|path| format!("--config \"{path}\" ")).unwrap_or_default();
    let (account, program) = (escaped(&service.account), escaped(&service.program));
    let words = escaped(&format!("{config}up -d {}", service.server));
    // An event of Windows: a network is connected.
    let network = escaped(
        "<QueryList><Query><Select Path=\"Microsoft-Windows-NetworkProfile/Operational\">*[System[EventID=10000]]</Select>\
         </Query></QueryList>",
    );
    format!(
        r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Tunnel to the licence server {server}. {origin}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <UserId>{account}</UserId>
    </LogonTrigger>
    <EventTrigger>
      <Subscription>{network}</Subscription>
    </EventTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{account}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{words}</Arguments>
    </Exec>
  </Actions>
</Task>
"#,
        server = service.server,
        origin = escaped(&origin(service)),
    )
}
