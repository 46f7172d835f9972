use std::{fs, path::Path};

/// Who listens on a TCP port of this machine, for people. On systems other than Linux, and for programs
/// of other users, nobody can be named.
pub(super) fn describe(port: u16) -> String {
    let unknown = "another program of this machine".to_owned();
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inodes: Vec<String> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .collect();
    let Ok(processes) = fs::read_dir("/proc") else {
        return unknown;
    };
    for process in processes.flatten() {
        let name = process.file_name();
        let is_process = name
            .to_str()
            .is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
        if is_process && holds(&process.path(), &inodes) {
            let program = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return format!("`{}` (process {})", program.trim(), name.to_string_lossy());
        }
    }
    unknown
}

/// The inodes of the sockets that listen on `port`, out of `/proc/net/tcp`: state `0A` is listening,
/// the local port is in hexadecimal digits (proc(5)).
fn listening(table: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let local = fields.nth(1)?;
            let state = fields.nth(1)?;
            let inode = fields.nth(5)?;
            (local.ends_with(&port) && state == "0A").then(|| inode.to_owned())
        })
        .collect()
}

fn holds(process: &Path, inodes: &[String]) -> bool {
    let Ok(open) = fs::read_dir(process.join("fd")) else {
        return false;
    };
    open.flatten().any(|file| {
        let link = fs::read_link(file.path()).unwrap_or_default();
        let link = link.to_string_lossy();
        let inode = link
            .strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'));
        inode.is_some_and(|inode| inodes.iter().any(|known| known == inode))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_listen_are_told_from_others() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0\n\
             1: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 4343 1 0\n\
             2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4444 1 0\n";
        assert_eq!(listening(table, 8080), ["4242"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = describe(listener.local_addr().unwrap().port());
        let me = format!("(process {})", std::process::id());
        assert!(owner.contains(&me), "{owner}");
    }
}
