-- An order, or what a person met without ordering (`placed_at` null), which a month's fit alone reads. `month`
-- is the fit its Markov weights are of. Of an order that is not paid both counts are 0: weighed, not learnt of.
CREATE TEMP TABLE journey (
    partner_id uuid NOT NULL,
    journey_id uuid NOT NULL,
    month date NOT NULL,
    conversions bigint NOT NULL,
    nulls bigint NOT NULL,
    placed_at timestamptz
) ON COMMIT DROP;
-- What was met, oldest first from position 1.
CREATE TEMP TABLE step (
    partner_id uuid NOT NULL,
    journey_id uuid NOT NULL,
    position int NOT NULL,
    kol_id uuid NOT NULL,
    collaboration_id uuid NOT NULL,
    kind text NOT NULL,
    touched_at timestamptz NOT NULL,
    is_exclusive_code bool NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE removal_effect (
    partner_id uuid NOT NULL,
    month date NOT NULL,
    kol_id uuid NOT NULL,
    effect numeric(16, 15) NOT NULL
) ON COMMIT DROP;
-- Weights have 18 decimals each as they are written.
CREATE TEMP TABLE weight (
    partner_id uuid NOT NULL,
    journey_id uuid NOT NULL,
    collaboration_id uuid NOT NULL,
    first_weight numeric NOT NULL,
    last_weight numeric NOT NULL,
    linear_weight numeric NOT NULL,
    position_weight numeric NOT NULL,
    time_decay_weight numeric NOT NULL,
    shapley_weight numeric NOT NULL,
    markov_weight numeric NOT NULL,
    code_first_weight numeric NOT NULL,
    touches int NOT NULL,
    first_touched_at timestamptz NOT NULL,
    last_touched_at timestamptz NOT NULL,
    is_last bool NOT NULL
) ON COMMIT DROP;
