//! What the estate suggests for the rows of a statement.

use std::collections::HashMap;

use access::Context;
use fault::Outcome;
use wire::controls::v1::statement_row::{Decision, Suggestion};
use wire::controls::v1::{EstateFact, SuggestStatementResponse};

use super::{ids_of, thawed};
use crate::catalogue::grounds;
use crate::{Registry, estate, id_of, organization_of, shipped};

impl Registry {
    /// Asks the estate anew, and keeps what it suggests in the rows. No decision is touched.
    pub(super) async fn suggest(&self, context: &Context, name: &str) -> Outcome<SuggestStatementResponse> {
        let statement = self.statements.get(context, name).await?;
        thawed(&statement)?;
        let organization = organization_of(&statement.name).to_owned();
        let scope = self.scopes.get(context, &statement.scope).await?;
        let facts = estate::facts_of(&self.database, &organization, &scope.sites, &scope.services).await?;
        let suggestions: HashMap<String, shipped::Suggestion> =
            shipped::suggestions(&facts).into_iter().map(|one| (one.control.clone(), one)).collect();
        let mut tx = self.database.begin(context).await?;
        let ids = ids_of(&statement, &self.rows_of(&mut tx, &statement).await?);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let suggested = self.statement_rows.change_each(&mut tx, &organization, &ids, |context, old, new| {
            let grounds = suggestions.get(id_of(&old.name)).map(grounds);
            // What is suggested as before is not written again.
            if grounds.as_ref() != old.suggestion.as_ref().map(|before| &before.grounds) {
                new.suggestion = grounds.map(|grounds| Suggestion {
                    decision: Decision::Applicable.into(),
                    grounds,
                    suggest_time: store::timestamp(context.clock.now()),
                });
            }
            Ok(())
        });
        for outcome in suggested.await?.into_values() {
            outcome?;
        }
        let mut rows = self.rows_of(&mut tx, &statement).await?;
        rows.retain(|row| row.suggestion.is_some());
        tx.commit().await?;
        let facts = facts.into_iter().map(|(key, values)| EstateFact { key, values: values.into_iter().collect() });
        Ok(SuggestStatementResponse { rows, facts: facts.collect() })
    }
}
