"""GraphQL over campaigns, influencers and agencies."""
