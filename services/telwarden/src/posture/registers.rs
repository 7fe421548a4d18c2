//! The registers of ITU-T X.1051: interconnects, essential users, security levels of services, disclosure requests.

use std::collections::BTreeSet;

use anyhow::Result;
use tonic::Code;
use wire::Choice as _;
use wire::assets::v1::disclosure_request_service_client::DisclosureRequestServiceClient;
use wire::assets::v1::essential_user_service_client::EssentialUserServiceClient;
use wire::assets::v1::interconnect_service_client::InterconnectServiceClient;
use wire::assets::v1::service_security_level_service_client::ServiceSecurityLevelServiceClient;
use wire::assets::v1::{
    Interconnect, ListDisclosureRequestsRequest, ListEssentialUsersRequest, ListInterconnectsRequest,
    ListServiceSecurityLevelsRequest, disclosure_request, interconnect, service_security_level,
};

use super::{Tally, count, may, pages, past, tallied};
use crate::client::{Client, explain};
use crate::surveys::time;

/// What it takes to read disclosure requests: not every viewer may.
const RESTRICTED: &str = "assets.disclosureRequests.readRestricted";
/// Entries to a page.
const PAGE: i32 = 1000;
/// How many isolated interconnects are named.
const NAMED: usize = 10;

/// The registers, counted.
#[derive(Debug, Default)]
pub struct Registers {
    /// Interconnects by state.
    pub interconnects: Tally,
    /// Those that are cut off.
    pub isolated: Vec<Interconnect>,
    /// How many are IN_FORCE though their agreement has ended.
    pub lapsed: i64,
    /// Essential users by category.
    pub essential_users: Tally,
    /// How many of them are due to be looked at again.
    pub reviews_due: i64,
    /// Security levels of services by state.
    pub security_levels: Tally,
    /// Those that are PUBLISHED, by level.
    pub published: Tally,
    /// Disclosure requests that are open; none where the caller may not read them.
    pub disclosures: Option<Disclosures>,
}

/// Disclosure requests that are neither fulfilled nor refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disclosures {
    /// How many came in and are not verified.
    pub received: i64,
    /// How many are verified.
    pub verified: i64,
    /// How many of both should have been answered by now.
    pub overdue: i64,
}

/// Reads the registers of an organization. Where `roles` are known not to hold what disclosure requests take, they are not asked
/// for: who looks at a screen is not to leave the trace of an attempt to see them.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str, roles: Option<&BTreeSet<String>>) -> Result<Registers> {
    let parent = format!("organizations/{organization}");
    let mut registers = Registers::default();
    interconnects(&mut registers, client.clone(), &parent).await?;
    essential_users(&mut registers, client.clone(), &parent).await?;
    security_levels(&mut registers, client.clone(), &parent).await?;
    if may(roles, RESTRICTED) {
        registers.disclosures = disclosures(client, &parent).await?;
    }
    Ok(registers)
}

async fn interconnects(registers: &mut Registers, client: Client, parent: &str) -> Result<()> {
    let mut client = InterconnectServiceClient::new(client).max_decoding_message_size(ANSWER);
    pages(async |page_token| {
        let request =
            ListInterconnectsRequest { parent: parent.to_owned(), page_size: PAGE, page_token, ..Default::default() };
        let page = client.list_interconnects(request).await.map_err(|status| explain(&status))?.into_inner();
        for interconnect in page.interconnects {
            count(&mut registers.interconnects, interconnect.state().text());
            match interconnect.state() {
                interconnect::State::InForce if past(interconnect.agreement_end_time.as_ref()) => registers.lapsed += 1,
                interconnect::State::Isolated => registers.isolated.push(interconnect),
                _ => {}
            }
        }
        Ok(page.next_page_token)
    })
    .await
}

async fn essential_users(registers: &mut Registers, client: Client, parent: &str) -> Result<()> {
    let mut client = EssentialUserServiceClient::new(client).max_decoding_message_size(ANSWER);
    pages(async |page_token| {
        let request =
            ListEssentialUsersRequest { parent: parent.to_owned(), page_size: PAGE, page_token, ..Default::default() };
        let page = client.list_essential_users(request).await.map_err(|status| explain(&status))?.into_inner();
        for user in page.essential_users {
            registers.reviews_due += i64::from(past(user.review_time.as_ref()));
            count(&mut registers.essential_users, user.category);
        }
        Ok(page.next_page_token)
    })
    .await
}

async fn security_levels(registers: &mut Registers, client: Client, parent: &str) -> Result<()> {
    let mut client = ServiceSecurityLevelServiceClient::new(client).max_decoding_message_size(ANSWER);
    pages(async |page_token| {
        let request = ListServiceSecurityLevelsRequest {
            parent: parent.to_owned(),
            page_size: PAGE,
            page_token,
            ..Default::default()
        };
        let page = client.list_service_security_levels(request).await.map_err(|status| explain(&status))?.into_inner();
        for level in page.service_security_levels {
            count(&mut registers.security_levels, level.state().text());
            if level.state() == service_security_level::State::Published {
                count(&mut registers.published, level.level);
            }
        }
        Ok(page.next_page_token)
    })
    .await
}

/// None where the caller may not read them.
async fn disclosures(client: Client, parent: &str) -> Result<Option<Disclosures>> {
    let mut client = DisclosureRequestServiceClient::new(client).max_decoding_message_size(ANSWER);
    let (mut open, mut denied) = (Disclosures::default(), false);
    pages(async |page_token| {
        let request = ListDisclosureRequestsRequest {
            parent: parent.to_owned(),
            page_size: PAGE,
            page_token,
            filter: "state=RECEIVED OR state=VERIFIED".to_owned(),
            ..Default::default()
        };
        let page = match client.list_disclosure_requests(request).await {
            Ok(page) => page.into_inner(),
            Err(status) if status.code() == Code::PermissionDenied => {
                denied = true;
                return Ok(String::new());
            }
            Err(status) => return Err(explain(&status)),
        };
        for request in page.disclosure_requests {
            let received = request.state() == disclosure_request::State::Received;
            open.received += i64::from(received);
            open.verified += i64::from(!received);
            open.overdue += i64::from(past(request.due_time.as_ref()));
        }
        Ok(page.next_page_token)
    })
    .await?;
    Ok((!denied).then_some(open))
}

/// How large a page may be: a thousand entries with their procedures.
const ANSWER: usize = 128 << 20;

/// The registers for people.
#[must_use]
pub fn text(registers: &Registers) -> String {
    let and = |count: i64, what: &str| if count > 0 { format!("; {count} {what}") } else { String::new() };
    let mut out = format!(
        "\n  Registers (X.1051)\n    {:<16}{}{}\n",
        "Interconnects",
        tallied(&registers.interconnects),
        and(registers.lapsed, "in force past the end of their agreement")
    );
    for interconnect in registers.isolated.iter().take(NAMED) {
        out.push_str(&format!(
            "      cut off since {}: {} ({}), {}\n",
            time(interconnect.isolate_time.as_ref()),
            interconnect.display_name,
            interconnect.peer,
            interconnect.isolate_reason
        ));
    }
    if registers.isolated.len() > NAMED {
        out.push_str("      … and more (filter state=ISOLATED)\n");
    }
    out.push_str(&format!(
        "    {:<16}{}{}\n",
        "Essential users",
        tallied(&registers.essential_users),
        and(registers.reviews_due, "due to be looked at again")
    ));
    let published = if registers.published.is_empty() {
        String::new()
    } else {
        format!("; published: {}", tallied(&registers.published))
    };
    out.push_str(&format!("    {:<16}{}{published}\n", "Security levels", tallied(&registers.security_levels)));
    let disclosures = match registers.disclosures {
        None => format!("not shown: it takes the permission {RESTRICTED}"),
        Some(open) => format!(
            "{} requests open, {} of them not verified{}",
            open.received + open.verified,
            open.received,
            and(open.overdue, "overdue")
        ),
    };
    out.push_str(&format!("    {:<16}{disclosures}\n", "Disclosure"));
    out
}

/// The registers for programs: `disclosureRequests` is null where the caller may not read them.
#[must_use]
pub fn json(registers: &Registers) -> serde_json::Value {
    let isolated = registers.isolated.iter().map(|interconnect| {
        serde_json::json!({"name": interconnect.name, "displayName": interconnect.display_name, "peer": interconnect.peer,
            "reason": interconnect.isolate_reason, "since": interconnect.isolate_time.as_ref().map(ToString::to_string)})
    });
    let disclosures = registers.disclosures.map(|open| {
        serde_json::json!({"open": open.received + open.verified, "received": open.received, "verified": open.verified, "overdue": open.overdue})
    });
    serde_json::json!({
        "interconnects": {"states": registers.interconnects, "pastAgreement": registers.lapsed, "isolated": isolated.collect::<Vec<_>>()},
        "essentialUsers": {"categories": registers.essential_users, "reviewsDue": registers.reviews_due},
        "securityLevels": {"states": registers.security_levels, "published": registers.published},
        "disclosureRequests": disclosures,
    })
}
