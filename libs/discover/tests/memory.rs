//! Memory stays flat, whatever is read. In a process of its own, since the peak is that of the process.
#![expect(clippy::indexing_slicing, reason = "tests fail loudly")]

use std::io::{self, Read};

use discover::{Scanner, Settings, Watch};

/// Gives a text and then a pattern again and again, up to so many bytes.
struct Endless {
    begins: &'static [u8],
    pattern: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = match self.begins.get(self.at..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => &self.pattern[(self.at - self.begins.len()) % self.pattern.len()..],
        };
        let size = buffer.len().min(self.left).min(rest.len());
        buffer[..size].copy_from_slice(&rest[..size]);
        self.at += size;
        self.left -= size;
        Ok(size)
    }
}

/// The most memory the process has held, in megabytes; nothing where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_024)
}

#[test]
fn a_hundred_megabytes_of_anything() {
    // One of a hundred megabytes; memory that grew would show in sixteen too.
    let samples: [(&str, &'static [u8], &'static [u8]); 5] = [
        ("a line without end", b"", b"lorem ipsum +491711234567 dolor; "),
        ("digits without end", b"", b"4"),
        ("a quotation without end", b"a,b,c\n1,2,3\n4,5,6\n\"", b"x +491711234567 y\n"),
        ("a JSON object without end", b"{\"a\":1}\n{\"b\":[", b"\"+491711234567\","),
        ("fields without end", b"a,b,c\n1,2,3\n4,5,6\n", b"+491711234567,"),
    ];
    for (at, (name, begins, repeats)) in samples.into_iter().enumerate() {
        let long: usize = if at == 0 { 100 << 20 } else { 16 << 20 };
        let scanner = Scanner::new(Settings { threads: 2, ..Settings::default() }).unwrap();
        // Spaces between, so that the test is not about the speed of findings.
        let pattern = if repeats.len() > 1 { [repeats, &[b' '; 1_000]].concat() } else { repeats.repeat(4_096) };
        let each = pattern.len();
        let sample = Endless { begins, pattern, at: 0, left: long };
        let report = scanner.count(sample, &Watch::new()).unwrap();
        println!("{name}: {} found, {:?} MB at most", report.found("MSISDN"), peak());
        assert_eq!(report.bytes, long as u64, "{name}");
        let there = if repeats.len() > 1 { (long - begins.len()) / each } else { 0 };
        let found = usize::try_from(report.found("MSISDN")).unwrap();
        assert!(found.abs_diff(there) <= 1, "{name}: {found} of {there}");
    }
    if let Some(peak) = peak() {
        assert!(peak < 100, "{peak} MB");
    }
}
