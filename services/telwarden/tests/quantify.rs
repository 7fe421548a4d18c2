//! `telwarden risk quantify`, as a risk manager types it: a file without a running suite, and a risk of the register.

#[cfg(test)]
mod quantify {
    use std::path::{Path, PathBuf};
    use std::process::Output;
    use std::time::Duration;

    use serde_json::Value;
    use telwarden::suite::{self, Options, Suite};

    /// The two scenarios of docs/quantify.md.
    const MODEL: &str = "\
scenarios:
  - id: ransomware
    frequency: {distribution: poisson, rate: 2}
    severity: {distribution: discrete, values: [100000, 300000], weights: [0.5, 0.5]}
    policy: {excess: 50000, limit: 150000, coinsurance: 0, aggregate_limit: 200000, aggregate_deductible: 0}
  - id: outage
    frequency: {distribution: negative_binomial, mean: 1.5, variance: 3}
    severity: {distribution: lognormal, p05: 50000, p95: 2000000}
";

    /// A folder of its own for one test, empty.
    fn folder(name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Runs the command; of a running suite, or of none.
    async fn run(running: Option<&Suite>, arguments: &[&str]) -> Output {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_telwarden"));
        command.args(["risk", "quantify"]).args(arguments).env_remove("TELWARDEN_GATEWAY");
        if let Some(running) = running {
            let token = running.token("mia", &["acme"], &["risk-manager"]).unwrap();
            command.env("TELWARDEN_GATEWAY", running.url()).env("TELWARDEN_TOKEN", token);
        }
        command.output().await.unwrap()
    }

    /// The JSON line that it printed last.
    fn told(output: &Output) -> Value {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    /// Why it failed.
    fn refused(output: &Output) -> String {
        assert_eq!((output.status.success(), output.stdout.is_empty()), (false, true), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_is_simulated_without_a_suite() {
        let folder = folder("quantify");
        let (file, picture) = (folder.join("model.yaml"), folder.join("curve.svg"));
        std::fs::write(&file, MODEL).unwrap();
        let (path, svg) = (file.to_str().unwrap(), picture.to_str().unwrap());
        let arguments = [path, "--years", "20000", "--seed", "7", "--svg", svg];
        let json = run(None, &[&arguments[..], &["--output", "json"]].concat()).await;
        let seen = told(&json);
        // Two events a year of 200,000 in the mean; the policy takes what is above 50,000 of each, 200,000 a year at most.
        let of = &seen["scenarios"]["ransomware"];
        let (mean, error) = (of["mean"].as_f64().unwrap(), of["mean_error"].as_f64().unwrap());
        assert!(error < 5_000.0 && (mean - 400_000.0).abs() < 5.0 * error, "{mean} ± {error}");
        assert!(of["transferred"]["p99"].as_f64().unwrap() <= 200_000.0, "{of}");
        let split = of["retained"]["mean"].as_f64().unwrap() + of["transferred"]["mean"].as_f64().unwrap();
        assert!((split - mean).abs() < 1e-6 * mean, "what is retained and what is transferred are all of it");
        for name in ["mean", "mean_error", "sd", "p05", "p50", "p90", "p95", "p99", "var95", "tvar95"] {
            for of in [&of["retained"], &of["transferred"], &seen["scenarios"]["outage"], &seen["portfolio"]] {
                assert!(of[name].is_number(), "{name} of {of}");
            }
        }
        assert!(seen["scenarios"]["outage"]["retained"].is_null(), "no policy, nothing retained");
        assert!(std::fs::read_to_string(&picture).unwrap().starts_with("<svg"));
        assert_eq!(
            run(None, &[&arguments[..], &["--output", "json"]].concat()).await.stdout,
            json.stdout,
            "the same, to the last digit"
        );
        let screen = String::from_utf8(run(None, &arguments).await.stdout).unwrap();
        for part in ["ransomware transferred", "all together retained", "TVaR95"] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_wrong_with_a_file_is_said_by_its_field() {
        let folder = folder("quantify-wrong");
        let file = folder.join("model.yaml");
        let wrong = MODEL.replace("rate: 2", "rate: -2").replace("p05: 50000", "p05: 5000000");
        std::fs::write(&file, wrong).unwrap();
        let path = file.to_str().unwrap();
        let said = refused(&run(None, &[path]).await);
        for field in ["scenarios[0].frequency.rate", "scenarios[1].severity.p95"] {
            assert!(said.contains(field), "{field}: {said}");
        }
        std::fs::write(&file, MODEL).unwrap();
        assert!(refused(&run(None, &[path, "--years", "1"]).await).contains("years"));
        assert!(refused(&run(None, &["no-such-file.yaml"]).await).contains("for a risk give its whole name"));
        // More than a model may have is not read to its end.
        std::fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        assert!(refused(&run(None, &[path]).await).contains("8388608"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_risk_is_quantified_by_the_model_given_and_then_by_its_last() {
        let folder = folder("quantify-risk");
        let listen = "127.0.0.1:0".parse().unwrap();
        let gateway = gateway::Settings::default();
        let options = Options { data: folder.join("data"), listen, postgres: None, gateway, tls: None };
        let running = suite::start(options).await.unwrap();
        let file = folder.join("model.yaml");
        std::fs::write(&file, MODEL).unwrap();
        let path = file.to_str().unwrap();
        let call = async |method: &str, body: &str| {
            let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_telwarden"));
            let token = running.token("mia", &["acme"], &["administrator"]).unwrap();
            command.env("TELWARDEN_GATEWAY", running.url()).env("TELWARDEN_TOKEN", token);
            command.args(["call", method, body]).output().await.unwrap()
        };
        let asset = r#"{"parent": "organizations/acme", "asset_id": "billing", "asset": {"display_name": "Billing", "type": "router"}}"#;
        let made = call("telwarden.assets.v1.AssetService/CreateAsset", asset).await;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let of = r#"{"parent": "organizations/acme", "risk_id": "r", "risk": {"display_name": "Ransomware in billing", "asset": "organizations/acme/assets/billing"}}"#;
        // The service of risks hears of the asset a moment later.
        let created = async {
            while !call("telwarden.risk.v1.RiskService/CreateRisk", of).await.status.success() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), created).await.expect("the asset is heard of within 30 s");
        let risk = "organizations/acme/risks/r";
        let arguments = ["--years", "5000", "--seed", "7", "--output", "json"];
        let said = refused(&run(Some(&running), &[&[risk][..], &arguments].concat()).await);
        assert!(said.contains("never quantified"), "{said}");
        let with_file = told(&run(Some(&running), &[&[risk, "--model", path][..], &arguments].concat()).await);
        assert_eq!(with_file, told(&run(Some(&running), &[&[risk][..], &arguments].concat()).await));
        let alone = told(&run(None, &[&[path][..], &arguments].concat()).await);
        for figure in ["/portfolio/mean", "/portfolio/retained/tvar99", "/scenarios/ransomware/transferred/mean"] {
            let (here, there) = (with_file.pointer(figure).unwrap(), alone.pointer(figure).unwrap());
            assert_eq!(here, there, "{figure} is that of the engine without a suite");
        }
        running.stop().await.unwrap();
    }
}
