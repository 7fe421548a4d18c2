//! What the README's first command prints to try next works as it stands.

use std::process::{Command, Stdio};

use crate::http::Rest;
use crate::program::{Serving, program};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_to_try_next_works() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let mut command = Command::new(program());
    command.args(["up", "--sample", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
    let serving = Serving::start(command.stderr(Stdio::from(std::fs::File::create(&said).unwrap())));
    let gateway = serving.url("gateway");
    // The hints come after the line that it serves, all at once.
    let hints = loop {
        let said = std::fs::read_to_string(&said).unwrap();
        if said.contains("telwarden posture --organization sample\n") {
            break said;
        }
        tokio::task::yield_now().await;
    };
    let tries: Vec<&str> = hints.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let export = tries.iter().find(|line| line.starts_with("export TELWARDEN_GATEWAY")).unwrap();
    let path = format!("{}:{}", program().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let shell = |script: String| {
        let ran = Command::new("sh").args(["-ec", &script]).env("PATH", &path).output().unwrap();
        assert!(ran.status.success(), "{script}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let token = shell(format!("{export}; printf %s \"$TELWARDEN_TOKEN\""));
    let rest = Rest::new(&gateway, Some(&token));
    let (mut curls, mut commands) = (0, 0);
    for line in &tries {
        if line.starts_with("curl ") {
            let url = line.trim_end_matches('\'').rsplit('\'').next().unwrap();
            let answer = rest.send("GET", url.strip_prefix(&gateway).unwrap(), &[], "").await;
            assert!(answer.status.is_success(), "{line}: {answer:?}");
            assert!(
                answer.json()["assets"].as_array().is_some_and(|assets| !assets.is_empty()),
                "{line}: it shows something"
            );
            curls += 1;
        } else if line.starts_with("telwarden ") {
            assert!(!shell(format!("{export}; {line}")).is_empty(), "{line}");
            commands += 1;
        }
    }
    assert_eq!((curls, commands), (2, 2), "{hints}");
    serving.end();
}
