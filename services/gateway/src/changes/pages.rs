//! A place between two pages of the list over all ledgers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fault::{Fault, Outcome};
use serde::{Deserialize, Serialize};
use wire::changes::v1::ListChangesRequest;
use wire::fault::v1::ErrorReason;

/// Which ledger is next, and its own token; both empty at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageToken {
    /// The service whose ledger is next.
    pub(crate) service: String,
    /// Where in that ledger; empty at its start.
    pub(crate) page_token: String,
}

/// A token as it travels, with the query it belongs to.
#[derive(Serialize, Deserialize)]
struct Written {
    service: String,
    token: String,
    query: u64,
}

impl PageToken {
    /// Reads the token of a request.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`: it was not made here, or for another query.
    pub(crate) fn read(asked: &ListChangesRequest) -> Outcome<Self> {
        if asked.page_token.is_empty() {
            return Ok(Self::default());
        }
        let bytes = URL_SAFE_NO_PAD.decode(&asked.page_token).ok();
        let written = bytes.and_then(|bytes| serde_json::from_slice::<Written>(&bytes).ok());
        match written {
            Some(Written { service, token, query }) if query == digest(asked) => {
                Ok(Self { service, page_token: token })
            }
            _ => {
                let text = "the page token was not made for this query: send the next_page_token of the page before, \
                            with the other fields unchanged";
                Err(Fault::invalid(ErrorReason::PageTokenInvalid, text).on("page_token"))
            }
        }
    }

    /// Base64 (URL alphabet, no padding) of a JSON object.
    pub(crate) fn write(self, asked: &ListChangesRequest) -> String {
        let written = Written { service: self.service, token: self.page_token, query: digest(asked) };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
    }
}

/// What tells one query from another: FNV-1a, the same in every build. It guards against mistakes, not against forgers,
/// who gain nothing: the ledgers check every call.
fn digest(asked: &ListChangesRequest) -> u64 {
    let parts = [&asked.parent, &asked.resource].into_iter().chain(&asked.kinds);
    let bytes = parts.flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_its_own_query_alone() {
        let mut asked = ListChangesRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
        let token = PageToken { service: "risk".to_owned(), page_token: "x".to_owned() };
        asked.page_token = token.clone().write(&asked);
        asked.page_size = 7;
        assert_eq!(PageToken::read(&asked).unwrap(), token);
        for wrong in [
            ListChangesRequest { kinds: vec!["a".to_owned()], ..asked.clone() },
            ListChangesRequest { parent: "organizations/other".to_owned(), ..asked.clone() },
            ListChangesRequest { page_token: "x".to_owned(), ..asked.clone() },
        ] {
            assert_eq!(PageToken::read(&wrong).unwrap_err().reason(), "PAGE_TOKEN_INVALID");
        }
    }
}
