//! Ssh as people have it: their configuration, their known hosts, their keys; and the session that carries the forwards.
//!
//! | room | what it holds | pure |
//! |---|---|---|
//! | [`target`] | whom to call and how: what the configuration comes to | yes |
//! | [`config`] | reading the configuration | parsing |
//! | [`known_hosts`] | who a host has to be | judging |
//! | [`prompt`] | asking the user | |
//! | [`route`] | the bytes to a server: socket, command, jump host | |
//! | [`auth`] | logging in | deciding |
//! | [`session`] | one connection: opening, commands, pings, its end | |
//! | [`forward`] | local connections carried over it | |
//! | `grace` | the time that a server has for its answers | |
//! | `file` | reading the files of ssh, and who may write them | |
//! | [`error`] | why there is no session, or no more | |

pub mod auth;
pub mod config;
pub mod error;
mod file;
pub mod forward;
mod grace;
pub mod known_hosts;
mod pattern;
pub mod prompt;
pub mod route;
pub mod session;
pub mod target;
