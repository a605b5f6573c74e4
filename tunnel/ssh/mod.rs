//! Ssh as people have it: their configuration, their known hosts, their keys; and the session that carries the forwards.
//!
//! | room | what it holds | pure |
//! |---|---|---|
//! | [`target`] | whom to call and how: what the configuration comes to | yes |
//! | [`config`] | reading the configuration | parsing |
//! | [`known_hosts`] | who a host has to be | judging |
//! | [`auth`] | logging in | |
//! | [`session`] | commands, forwards, pings over one connection | |

pub mod auth;
pub mod config;
pub mod known_hosts;
mod pattern;
pub mod session;
pub mod target;
