//! Records of calls and of sessions.

use super::{Draw, Sample, values};

pub(super) const HEADER: &str =
    "record_id,start_time,duration,calling_number,called_number,imsi,imei,cell_id,ue_ip,bytes_up,bytes_down,cause\n";

/// Makes a value.
type Make = fn(&mut Draw) -> String;

/// A row under [`HEADER`].
pub(super) fn call(draw: &mut Draw, row: u64, sample: &mut Sample) {
    let [month, day, hour, minute, second] = values::moment(draw);
    let id = 100_000_000_000 + row;
    sample
        .text
        .push_str(&format!("{id},2024-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z,{},", draw.below(4_000)));
    for plus in ["+", ""] {
        let (code, rest) = values::telephone(draw);
        sample.put("MSISDN", &format!("{plus}{code}{rest}"));
        sample.text.push(',');
    }
    let identifiers: [(&'static str, Make); 4] =
        [("IMSI", values::imsi), ("IMEI", values::imei), ("LOCATION", values::cell), ("IP_ADDRESS", values::address4)];
    for (kind, make) in identifiers {
        let value = make(draw);
        sample.put(kind, &value);
        sample.text.push(',');
    }
    let (up, down) = (draw.below(1_000_000_000), draw.below(100_000_000_000));
    sample.text.push_str(&format!("{up},{down},{}\n", draw.below(128)));
}

/// A line of JSON.
pub(super) fn session(draw: &mut Draw, row: u64, sample: &mut Sample) {
    let [month, day, hour, minute, second] = values::moment(draw);
    sample.text.push_str(&format!("{{\"id\":{row},\"subscriber\":{{\"supi\":\""));
    let supi = values::supi(draw);
    sample.put("SUPI", &supi);
    sample.text.push_str("\",\"gpsi\":\"msisdn-");
    let (code, rest) = values::telephone(draw);
    sample.put("MSISDN", &format!("{code}{rest}"));
    sample.text.push_str("\",\"pei\":\"imei-");
    let imei = values::imei(draw);
    sample.put("IMEI", &imei);
    sample.text.push_str("\"},\"ueIp\":\"");
    let address = values::address6(draw);
    sample.put("IP_ADDRESS", &address);
    sample.text.push_str(&format!(
        "\",\"start\":\"2024-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z\",\"nrCellId\":\""
    ));
    let cell = values::cell(draw);
    sample.put("LOCATION", &cell);
    let (up, down) = (draw.below(1_000_000_000), draw.below(100_000_000_000));
    sample.text.push_str(&format!("\",\"uplinkBytes\":{up},\"downlinkBytes\":{down},\"dnn\":\"internet\"}}\n"));
}
