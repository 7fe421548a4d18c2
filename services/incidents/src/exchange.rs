//! Exchange: incidents from other registers and to others (VERIS, STIX), never beyond their labels (TLP 2.0).
//!
//! What is brought in is laid over what was brought in before, by its id, so that the same again writes nothing. What a record holds beyond what an incident has
//! is kept with it, and given out again.

mod stix;
mod veris;

use access::Context;
use classify::{Audience, TrafficLight};
use fault::{Fault, Outcome};
use store::{open, reply};
use tonic::{Request, Response, Status};
use wire::incidents::v1 as api;
use wire::incidents::v1::exchange_service_server::ExchangeService;
use wire::incidents::v1::import_incidents_response::RejectedRecord;
use wire::incidents::v1::{ErrorReason, ExchangeAudience, Incident, incident};

use crate::Registry;

/// The lock of what is imported: two of the same would each create what the other does.
const IMPORTS: i32 = 7_310_691;

/// JSON with its control characters escaped, which fields of messages must not hold bare.
#[must_use]
pub fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // Within strings alone: between them JSON has none but white space.
        if c.is_control() && !c.is_ascii_whitespace() {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// What cannot be read in a record: the field, and why.
pub(crate) type Unreadable = (String, String);

impl Registry {
    async fn bring(&self, context: &Context, r: api::ImportIncidentsRequest) -> Outcome<api::ImportIncidentsResponse> {
        let organization = store::enter(context, &r.parent, "parent")?;
        if r.format() == api::ExchangeFormat::Stix {
            let message = "STIX is given out, not brought in: give VERIS";
            return Err(Fault::invalid(wire::fault::v1::ErrorReason::FieldInvalid, message).on("format"));
        }
        let mut told = api::ImportIncidentsResponse { read: count(r.records.len()), ..Default::default() };
        let (mut items, mut places) = (Vec::new(), Vec::new());
        for record in r.records {
            match veris::read(&record.document) {
                Ok(item) => {
                    items.push(item);
                    places.push(record.place);
                }
                Err((field, message)) => {
                    let fault = Fault::invalid(ErrorReason::IncidentRecordInvalid, format!("{field}: {message}"));
                    told.rejected_records.push(rejected(record.place, &fault));
                }
            }
        }
        let mut tx = self.database.begin(context).await?;
        tx.hold(IMPORTS, &organization, store::Hold::Alone).await?;
        let laid = self.incidents.lay(&mut tx, &organization, items, veris::lay).await?;
        tx.commit().await?;
        for (at, fault) in &laid.refused {
            told.rejected_records.push(rejected(places.get(*at).cloned().unwrap_or_default(), fault));
        }
        (told.created, told.updated, told.unchanged) = (laid.created, laid.updated, laid.unchanged);
        told.rejected = count(told.rejected_records.len());
        Ok(told)
    }

    async fn give(&self, context: &Context, r: &api::ExportIncidentRequest) -> Outcome<api::ExportIncidentResponse> {
        let incident = self.incidents.get(context, &r.name).await?;
        let label = shared(&incident, r.audience())?;
        let document = match r.format() {
            api::ExchangeFormat::Stix => stix::write(&incident, label)?,
            api::ExchangeFormat::Veris | api::ExchangeFormat::Unspecified => veris::write(&incident)?,
        };
        Ok(api::ExportIncidentResponse { document, media_type: "application/json".to_owned() })
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn rejected(place: String, fault: &Fault) -> RejectedRecord {
    RejectedRecord { place, reason: fault.reason().to_owned(), message: fault.message().to_owned() }
}

/// The label of an incident, where it lets an audience have it. What has no label is the organization's alone.
fn shared(incident: &Incident, audience: ExchangeAudience) -> Outcome<TrafficLight> {
    let label = match incident.traffic_light() {
        incident::TrafficLight::Clear => TrafficLight::Clear,
        incident::TrafficLight::Green => TrafficLight::Green,
        incident::TrafficLight::Amber => TrafficLight::Amber,
        incident::TrafficLight::AmberStrict | incident::TrafficLight::Unspecified => TrafficLight::AmberStrict,
        incident::TrafficLight::Red => TrafficLight::Red,
    };
    let to = match audience {
        ExchangeAudience::NamedRecipients => Audience::Named,
        ExchangeAudience::OwnOrganization | ExchangeAudience::Unspecified => Audience::Organization,
        ExchangeAudience::Clients => Audience::Clients,
        ExchangeAudience::Community => Audience::Community,
        ExchangeAudience::Public => Audience::World,
    };
    label.share(to).map(|()| label).map_err(|beyond| {
        Fault::precondition(ErrorReason::TrafficLightForbids, beyond.to_string())
            .with("label", format!("TLP:{label}"))
            .with("audience", audience.as_str_name())
            .on("audience")
    })
}

// === The API ===

#[tonic::async_trait]
impl ExchangeService for Registry {
    async fn import_incidents(
        &self,
        request: Request<api::ImportIncidentsRequest>,
    ) -> Result<Response<api::ImportIncidentsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.bring(&context, r).await)
    }

    async fn export_incident(
        &self,
        request: Request<api::ExportIncidentRequest>,
    ) -> Result<Response<api::ExportIncidentResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.give(&context, &r).await)
    }
}
