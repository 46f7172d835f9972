use std::{fs, io, path::Path};

/// Who listens on a TCP port of this machine, where the system lets this user see it.
pub(super) fn owner(port: u16) -> Option<String> {
    let socket = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| listening_socket(&table, port))?;
    let link = format!("socket:[{socket}]");
    for entry in fs::read_dir("/proc").ok()? {
        let Ok(entry) = entry else { continue };
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|pid| pid.parse::<u32>().ok());
        if let Some(pid) = pid
            && holds(&entry.path(), &link).unwrap_or(false)
        {
            // Not its arguments, which may hold what is not for everybody.
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            return Some(format!("process {pid} (`{}`)", name.trim_end()));
        }
    }
    None
}

/// Whether a process has this socket among its descriptors.
fn holds(process: &Path, link: &str) -> io::Result<bool> {
    for entry in fs::read_dir(process.join("fd"))? {
        if fs::read_link(entry?.path()).is_ok_and(|target| target.as_os_str() == link) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The inode of the socket that listens on a port, in a table as `/proc/net/tcp` has it: columns `sl
/// local_address rem_address st … inode`, where state `0A` is listening (Linux, proc_net_tcp.rst).
fn listening_socket(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, local) = columns.get(1)?.rsplit_once(':')?;
        let here = u16::from_str_radix(local, 16).ok()? == port && *columns.get(3)? == "0A";
        here.then(|| columns.get(9)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listening_socket_is_told_from_connections() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:C383 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 41 1
   1: 0100007F:C383 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42 1
";
        assert_eq!(listening_socket(table, 50051), Some(42));
        assert_eq!(listening_socket(table, 40000), None);
        assert_eq!(listening_socket("", 1), None);
    }
}
