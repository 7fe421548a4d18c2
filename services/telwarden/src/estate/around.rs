//! What lies around an asset, asked for once and drawn as a tree or as a picture.

use anyhow::Result;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::explore_asset_neighbourhood_request::Direction;
use wire::assets::v1::{ExploreAssetNeighbourhoodRequest, ExploreAssetNeighbourhoodResponse};

use crate::client::{Client, explain};

/// Around which asset, how far and which way.
#[derive(Clone, Debug, clap::Args)]
pub struct Around {
    /// Its id, or its whole name.
    pub asset: String,
    /// How many dependencies away at most.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=64))]
    pub depth: i32,
    /// Only up: what depends on it.
    #[arg(long, conflicts_with = "down")]
    pub up: bool,
    /// Only down: what it depends on.
    #[arg(long)]
    pub down: bool,
    /// How many assets to draw at most: the nearest, and of those the most valuable.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub most: i32,
    /// Whose register.
    #[arg(long)]
    pub organization: String,
}

impl Around {
    /// Which way was asked for; both where none was.
    #[must_use]
    pub fn direction(&self) -> Direction {
        match (self.up, self.down) {
            (true, _) => Direction::Dependents,
            (_, true) => Direction::Supporting,
            _ => Direction::Unspecified,
        }
    }

    /// Asks for what lies one way, or both.
    ///
    /// # Errors
    /// What the service has against the call.
    pub async fn explore(
        &self,
        client: &mut AssetServiceClient<Client>,
        direction: Direction,
    ) -> Result<ExploreAssetNeighbourhoodResponse> {
        let request = ExploreAssetNeighbourhoodRequest {
            name: super::name(&self.asset, &self.organization),
            max_depth: self.depth,
            direction: direction.into(),
            max_assets: self.most,
        };
        Ok(client.explore_asset_neighbourhood(request).await.map_err(|status| explain(&status))?.into_inner())
    }
}

/// How many assets there are beyond those given.
#[must_use]
pub fn left_out(answer: &ExploreAssetNeighbourhoodResponse) -> i64 {
    answer.total - i64::try_from(answer.assets.len()).unwrap_or(i64::MAX)
}
