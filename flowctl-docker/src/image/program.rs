/// What an executable file is made for: an ELF file that needs no other.
///
/// Read by hand: three fields of the header decide (System V ABI, chapter 4).
pub(super) fn architecture(program: &[u8]) -> Result<&'static str, &'static str> {
    let number = |at: usize, size: usize| {
        let bytes = program.get(at..at + size).ok_or("it is cut off")?;
        Ok::<u64, &'static str>(
            bytes
                .iter()
                .rev()
                .fold(0, |value, byte| (value << 8) | u64::from(*byte)),
        )
    };
    if !program.starts_with(b"\x7fELF") {
        return Err("it is no Linux program");
    }
    if program.get(4..6) != Some(&[2, 1]) {
        return Err("only 64-bit little-endian programs are known");
    }
    let architecture = match number(18, 2)? {
        62 => "amd64",
        183 => "arm64",
        243 => "riscv64",
        _ => return Err("its processor is not known"),
    };
    // A segment of type 3 names the loader of a program that needs one, and with it libraries.
    let segments = number(32, 8)?;
    let (size, count) = (number(54, 2)?, number(56, 2)?);
    for segment in 0..count {
        let at = segments.saturating_add(segment * size);
        let at = usize::try_from(at).map_err(|_| "it is cut off")?;
        if number(at, 4)? == 3 {
            return Err(
                "it needs libraries, and the image has none. Link it statically: \
                 RUSTFLAGS=\"-C target-feature=+crt-static\", or a musl target",
            );
        }
    }
    Ok(architecture)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with one segment of this type.
    fn program(machine: u16, segment: u32) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
        bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
        bytes[56..58].copy_from_slice(&1_u16.to_le_bytes());
        bytes[64..68].copy_from_slice(&segment.to_le_bytes());
        bytes
    }

    #[test]
    fn static_programs_are_told_from_others() {
        assert_eq!(architecture(&program(62, 1)), Ok("amd64"));
        assert_eq!(architecture(&program(183, 1)), Ok("arm64"));
        assert!(
            architecture(&program(62, 3))
                .unwrap_err()
                .contains("static")
        );
        assert!(architecture(b"#!/bin/sh\n").is_err());
        assert!(architecture(&program(62, 1)[..60]).is_err());
        // The very program that runs this test is linked to the C library.
        let me = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(architecture(&me).is_err());
    }
}
