//! What a file of signals is, and how it is read.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flate2::read::MultiGzDecoder;
use intake::alarms::{ColumnMap, Format, Settings, read};

use super::Reader;
use crate::incidents::import::{Format as Told, Import};

/// So much of the beginning is looked at to find out what a file is.
const PEEK: u64 = 4096;

/// Opens the file of an import, packed by gzip or not.
///
/// # Errors
/// A file or a column map that cannot be read; a table of which nothing says who tells it.
pub fn open(which: &Import) -> Result<Reader> {
    let unreadable = || format!("{} cannot be read", which.file.display());
    let opened: Box<dyn Read + Send> = if which.file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(&which.file).with_context(unreadable)?)
    };
    let (head, whole) = peek(opened).with_context(unreadable)?;
    let (head, mut input): (Vec<u8>, Box<dyn Read + Send>) = if head.starts_with(&[0x1F, 0x8B]) {
        peek(Box::new(MultiGzDecoder::new(BufReader::new(whole)))).with_context(unreadable)?
    } else {
        (head, whole)
    };
    let format = match which.format {
        Told::Ves => Format::Ves,
        _ => format(&head),
    };
    let settings = settings(which, format)?;
    Ok(Box::new(move |sink| read(format, &mut input, &settings, sink)))
}

/// The beginning of an input, and all of it again.
fn peek(mut input: Box<dyn Read + Send>) -> std::io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut head = Vec::new();
    input.by_ref().take(PEEK).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(input))))
}

/// JSON where the first byte that is no space is `{` or `[`, else a table.
fn format(head: &[u8]) -> Format {
    let text = head.strip_prefix(b"\xEF\xBB\xBF".as_slice()).unwrap_or(head);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => Format::Tmf642,
        _ => Format::Csv,
    }
}

fn settings(which: &Import, format: Format) -> Result<Settings> {
    let mut settings = Settings { source: which.source.trim().to_owned(), map: None };
    ensure!(which.map.is_none() || format == Format::Csv, "--map is for tables, and the file is JSON: leave it out");
    if let Some(path) = &which.map {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        settings.map = Some(ColumnMap::from_toml(&text).with_context(|| path.display().to_string())?);
    }
    // A map may name a column or a default for it.
    ensure!(
        format != Format::Csv || settings.map.is_some() || !settings.source.is_empty(),
        "say which system the table comes from, such as --source nms-north"
    );
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_tables_are_told_apart_by_the_first_byte() {
        for (head, wanted) in [
            (&b"{}"[..], Format::Tmf642),
            (b"\xEF\xBB\xBF\n [", Format::Tmf642),
            (b"id,device\n", Format::Csv),
            (b"", Format::Csv),
        ] {
            assert_eq!(format(head), wanted);
        }
    }
}
