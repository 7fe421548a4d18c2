"""The FAIR tree of the benchmark with pyfair: years, risks. One risk is a model, more are a metamodel. Prints JSON."""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import pyfair

years, risks = int(sys.argv[1]), int(sys.argv[2])


def model(name):
    made = pyfair.FairModel(name=name, n_simulations=years)
    made.input_data("Threat Event Frequency", low=1, mode=4, high=10)
    made.input_data("Threat Capability", low=0.1, mode=0.5, high=0.9)
    made.input_data("Control Strength", low=0.3, mode=0.6, high=0.95)
    made.input_data("Primary Loss", low=10_000, mode=50_000, high=500_000)
    made.input_data("Secondary Loss Event Frequency", low=0.05, mode=0.1, high=0.4)
    made.input_data("Secondary Loss Event Magnitude", low=50_000, mode=200_000, high=2_000_000)
    return made


begun = time.perf_counter()
if risks == 1:
    single = model("risk 0")
    single.calculate_all()
    results = single.export_results()
    risk = results["Risk"]
    vulnerability = float(results["Vulnerability"].iloc[0])
else:
    whole = pyfair.FairMetaModel(name="portfolio", models=[model(f"risk {at}") for at in range(risks)])
    whole.calculate_all()
    risk = whole.export_results()["Risk"]
    vulnerability = 0.0
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - begun,
            "mean": float(risk.mean()),
            "sd": float(risk.std()),
            "p95": float(risk.quantile(0.95)),
            "vulnerability": vulnerability,
        }
    )
)
