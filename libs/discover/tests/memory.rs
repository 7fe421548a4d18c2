//! Memory stays flat, whatever is read. In a process of its own, since the peak is that of the process.
#![expect(clippy::indexing_slicing, reason = "tests fail loudly")]

use std::io::{self, Read};

use discover::{Scanner, Settings, Watch};

/// Repeats a text without end, up to so many bytes.
struct Endless {
    begins: &'static [u8],
    repeats: &'static [u8],
    /// So many spaces follow each time, so that the test is not about the speed of findings.
    spaces: usize,
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = buffer.len().min(self.left);
        for place in &mut buffer[..size] {
            *place = match self.begins.get(self.at) {
                Some(byte) => *byte,
                None => {
                    let turn = (self.at - self.begins.len()) % (self.repeats.len() + self.spaces);
                    self.repeats.get(turn).copied().unwrap_or(b' ')
                }
            };
            self.at += 1;
        }
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
    const LONG: usize = 100 << 20;
    let samples: [(&str, &'static [u8], &'static [u8]); 5] = [
        ("a line without end", b"", b"lorem ipsum +491711234567 dolor; "),
        ("digits without end", b"", b"4"),
        ("a quotation without end", b"a,b,c\n1,2,3\n4,5,6\n\"", b"x +491711234567 y\n"),
        ("a JSON object without end", b"{\"a\":1}\n{\"b\":[", b"\"+491711234567\","),
        ("fields without end", b"a,b,c\n1,2,3\n4,5,6\n", b"+491711234567,"),
    ];
    for (name, begins, repeats) in samples {
        let scanner = Scanner::new(Settings { threads: 2, ..Settings::default() }).unwrap();
        let spaces = if repeats.len() > 1 { 1_000 } else { 0 };
        let sample = Endless { begins, repeats, spaces, at: 0, left: LONG };
        let report = scanner.count(sample, &Watch::new()).unwrap();
        println!("{name}: {} found, {:?} MB at most", report.found("MSISDN"), peak());
        assert_eq!(report.bytes, LONG as u64, "{name}");
        let there = if repeats.len() > 1 { (LONG - begins.len()) / (repeats.len() + spaces) } else { 0 };
        let found = usize::try_from(report.found("MSISDN")).unwrap();
        assert!(found.abs_diff(there) <= 1, "{name}: {found} of {there}");
    }
    if let Some(peak) = peak() {
        assert!(peak < 150, "{peak} MB");
    }
}
