//! The settings of `[trust]`: whose tokens are believed.

use std::path::PathBuf;

use access::{Provider, Trust, Verifier};
use anyhow::{Context as _, Result, bail};
use process::config::Period;
use serde::Deserialize;

/// Who mints the tokens of the embedded default, and for whom.
const EMBEDDED: &str = "telwarden";

/// The settings of `[trust]`; the built-in TOML explains each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustSection {
    issuer: Option<String>,
    audience: Option<String>,
    key_set: Option<PathBuf>,
    key_set_url: Option<String>,
    key_set_authority: Option<PathBuf>,
    key_set_every: Period,
    key_set_patience: Period,
}

impl TrustSection {
    /// Half-set security does not start.
    pub(super) async fn verifier(self) -> Result<Verifier> {
        match (self.key_set, self.key_set_url) {
            (Some(_), Some(_)) => {
                bail!("trust.key_set and trust.key_set_url are both set: keys come from one place, so set one of them")
            }
            (None, None) => bail!(
                "neither trust.key_set nor trust.key_set_url is set: name the file, or the address, that holds the keys of the issuer"
            ),
            (Some(key_set), None) => {
                if self.key_set_authority.is_some() {
                    bail!("trust.key_set_authority is set, but trust.key_set_url, which it is for, is not");
                }
                let or_embedded = |setting: Option<String>| setting.unwrap_or_else(|| EMBEDDED.to_owned());
                let (issuer, audience) = (or_embedded(self.issuer), or_embedded(self.audience));
                Verifier::new(Trust { issuer, audience, key_set }).context("trust")
            }
            (None, Some(key_set_url)) => {
                let needed = |setting: Option<String>, name: &str| {
                    setting.with_context(|| {
                        format!(
                            "trust.{name} is not set, but trust.key_set_url is: a token of anyone could be believed"
                        )
                    })
                };
                let provider = Provider {
                    issuer: needed(self.issuer, "issuer")?,
                    audience: needed(self.audience, "audience")?,
                    key_set_url,
                    authority: self.key_set_authority,
                    every: self.key_set_every.get(),
                    patience: self.key_set_patience.get(),
                };
                Verifier::fetching(provider).await.context("trust")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(trust: &[(&str, &str)]) -> String {
        #[derive(Deserialize)]
        struct Whole {
            trust: TrustSection,
        }
        let defaults = crate::serve::defaults("gateway").unwrap();
        let variables =
            trust.iter().map(|(key, value)| (format!("TELWARDEN_TRUST__{}", key.to_uppercase()), (*value).to_owned()));
        let start = defaults.find("[trust]").unwrap();
        let end = defaults.find("[tls]").unwrap();
        let section = defaults.get(start..end).unwrap();
        let whole: Whole = process::config::load(section, None, variables).unwrap();
        whole.trust.verifier().await.map_or_else(|error| format!("{error:#}"), |_| String::new())
    }

    #[tokio::test]
    async fn half_set_trust_does_not_start_and_the_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        access::LocalKey::open(folder.path()).unwrap();
        let file = folder.path().join("key-set.json");
        let file = file.to_str().unwrap();
        let url = ("key_set_url", "http://127.0.0.1:9/jwks");
        let (issuer, audience) = (("issuer", "i"), ("audience", "a"));
        assert_eq!(said(&[("key_set", file)]).await, "");
        let table = [
            (vec![], "trust.key_set nor"),
            (vec![issuer, audience], "trust.key_set nor"),
            (vec![("key_set", file), url], "both set"),
            (vec![("key_set", file), ("key_set_authority", file)], "trust.key_set_authority"),
            (vec![url], "trust.issuer is not set"),
            (vec![url, issuer], "trust.audience is not set"),
            (vec![url, audience], "trust.issuer is not set"),
            (vec![url, issuer, audience, ("key_set_patience", "0s"), ("key_set_every", "0s")], "key_set_every"),
            (vec![url, issuer, audience, ("key_set_patience", "0s")], "no key set comes from http://127.0.0.1:9/jwks"),
        ];
        for (settings, expected) in table {
            let text = said(&settings).await;
            assert!(text.contains(expected), "{settings:?}: {text}");
        }
    }
}
