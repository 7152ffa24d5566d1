"""What customers will be worth: models of how often they buy and for how much, tested before use."""
