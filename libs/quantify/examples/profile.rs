use quantify::{Model, Settings, Watch, run};
fn main() {
    let mut yaml = String::from("scenarios:\n");
    for at in 0..100 { yaml += &format!("  - id: s{at}\n    frequency: {{distribution: poisson, rate: 1}}\n    severity: {{distribution: lognormal, mu: 11, sigma: 1}}\n"); }
    let model = Model::from_yaml(&yaml).unwrap();
    let t = std::time::Instant::now();
    let o = run(&model, &Settings { years: 100_000, seed: 1, threads: 1, curves: false }, &Watch::new()).unwrap();
    println!("{:?} {}", t.elapsed(), o.portfolio.losses.gross.mean);
}
