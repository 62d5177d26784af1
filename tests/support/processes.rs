//! The machine's processes, from /proc.
#![allow(dead_code)]

use std::fs;

/// One process.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    pub group: u32,
    pub command_line: String,
}

/// Every process there is now.
pub fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| look(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// Those with this text in their command line.
pub fn with(text: &str) -> Vec<Process> {
    all()
        .into_iter()
        .filter(|process| process.command_line.contains(text))
        .collect()
}

/// This process's own group.
pub fn own_group() -> u32 {
    look(std::process::id()).expect("we run").group
}

/// Sends a signal, by number or name, to a process that may be gone by now.
pub fn signal(name: &str, pid: u32) {
    let args = [format!("-{name}"), pid.to_string()];
    std::process::Command::new("kill")
        .args(args)
        .output()
        .unwrap();
}

fn look(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which may hold anything: state, parent, group.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(Process {
        pid,
        parent: fields[1].parse().ok()?,
        group: fields[2].parse().ok()?,
        command_line: String::from_utf8_lossy(&words).replace('\0', " "),
    })
}
