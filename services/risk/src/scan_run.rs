//! Scan runs: what was imported of scanners, the DNS and logs of certificates (ITU-T X.1059). An import makes them, and nothing changes them.

use store::Rules;
use tonic::{Request, Response, Status};
use wire::risk::v1::scan_run_service_server::ScanRunService;
use wire::risk::v1::{GetScanRunRequest, ListScanRunsRequest, ListScanRunsResponse, ScanRun};

use crate::Registry;

/// All scan runs.
pub struct ScanRuns;

impl store::Resource for ScanRuns {
    type Message = ScanRun;
    const TABLE: &'static str = "scan_run";
    const COLLECTION: &'static str = "scanRuns";

    fn columns() -> &'static [store::Column<ScanRun>] {
        store::columns![ScanRun; engine: text order, scan_time: time order, source: text search, source_digest: text index]
    }

    store::head!(ScanRun;
        engine, engine_version, arguments, scope, scan_time, source, source_digest, importer, counts, drifts, drift_count, rejected_records,
    );
}

impl Rules for ScanRuns {
    type Needs = ();
}

#[tonic::async_trait]
impl ScanRunService for Registry {
    async fn get_scan_run(&self, request: Request<GetScanRunRequest>) -> Result<Response<ScanRun>, Status> {
        self.scan_runs.serve_get(request).await
    }

    async fn list_scan_runs(
        &self,
        request: Request<ListScanRunsRequest>,
    ) -> Result<Response<ListScanRunsResponse>, Status> {
        self.scan_runs.serve_list(request).await
    }
}
