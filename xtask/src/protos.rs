//! Checks of the proto files with `buf`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

const VERSION: &str = "1.75.0";

/// Lint, and breaking changes against `main` where the repository knows another commit of it.
pub(crate) fn check() -> Result<()> {
    let buf = buf()?;
    run(Command::new(&buf).args(["lint"]))?;
    for base in ["origin/main", "HEAD~1"] {
        let known = Command::new("git").args(["cat-file", "-e", &format!("{base}:buf.yaml")]).status();
        if known.is_ok_and(|status| status.success()) {
            let against = format!(".git#ref={base}");
            return run(Command::new(&buf).args(["breaking", "--against", &against]));
        }
    }
    eprintln!("no earlier commit with proto files to compare with: breaking changes are not checked");
    Ok(())
}

fn buf() -> Result<String> {
    let local = "target/tools/node_modules/.bin/buf";
    if Command::new("buf").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Ok("buf".to_owned());
    }
    if !Path::new(local).exists() {
        let npm = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix", "target/tools"])
            .arg(format!("@bufbuild/buf@{VERSION}"))
            .status();
        if !npm.is_ok_and(|status| status.success()) {
            bail!("buf is not installed and npm could not fetch it: install buf {VERSION}");
        }
    }
    Ok(local.to_owned())
}
