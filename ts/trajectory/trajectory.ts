/**
 * What one run left behind. Numbers that were not measured are NaN only in `evaluations`' columns for a test
 * set that does not exist; those of a diverged run are what its arithmetic gives (Infinity, NaN).
 */
export interface Trajectory {
  /** One entry for each recorded step: the state *before* the update of that step. */
  readonly steps: {
    /** Updates made. */
    readonly step: Float64Array;
    /** Training loss of the step's batch, noise included. */
    readonly loss: Float64Array;
    /** Frobenius norm of all noise injection weights. */
    readonly niwNorm: Float64Array;
    /** `|alpha w2^T W_NI|` of the linear model (theory, section 3); empty for other networks. */
    readonly effectiveNiw: Float64Array;
    /** `eta sigma^2 lambda`, `lambda = alpha^2 (|w2|^2 + |W_NI|^2)`; empty for other networks. */
    readonly kappa: Float64Array;
    /**
     * `<W_NI, W_NI(0)> / |W_NI(0)|^2` over all noise injection weights: what they remember of their start, 1 there
     * (theory, section 4). Empty where there are none, or they start at 0.
     */
    readonly memory: Float64Array;
    /**
     * The length of one update's random part: `eta sqrt(sum over groups of sigma^2 nodes <|g|^2> / |B|)`, with
     * `g = dL_i/dz_i` at the group's layer, noise included (theory, section 2: diffusion); with momentum times
     * `1 / (1 - momentum)`, to which later updates add it up. Empty where there are no noise groups.
     */
    readonly kick: Float64Array;
    /**
     * The dose paid by the updates made: `sum <W_NI, g> / 2` over all noise groups, with `g` the gradient of the batch's
     * loss with respect to `W_NI`. To second order in the noise it is the sum of what the noise added to each step's loss
     * (theory, section 5; arXiv:2210.15764). Empty where there are no noise groups.
     */
    readonly dosePaid: Float64Array;
    /**
     * What the weights account for of it: `(|W_NI(0)|^2 - |W_NI|^2 + eta^2 sum |g|^2) / (4 eta)`. It equals `dosePaid` for
     * plain SGD, and not with momentum or weight decay. Empty where there are no noise groups.
     */
    readonly doseBudget: Float64Array;
  };
  /** One entry for each evaluation: the state *after* `step` updates, without noise unless said. */
  readonly evaluations: {
    /** Updates made. */
    readonly step: Float64Array;
    /** Epochs made. */
    readonly epoch: Float64Array;
    /** Loss over the training samples with `eps = 0`. */
    readonly unperturbedLoss: Float64Array;
    /** Fraction correct over the training samples with `eps = 0`; NaN for regression. */
    readonly trainAccuracy: Float64Array;
    /** Loss over the test samples with `eps = 0`. */
    readonly testLoss: Float64Array;
    /** Fraction correct over the test samples with `eps = 0`; NaN for regression. */
    readonly testAccuracy: Float64Array;
    /** Frobenius norm of all noise injection weights. */
    readonly niwNorm: Float64Array;
    /** As in `steps`; NaN where there is none. */
    readonly memory: Float64Array;
    /**
     * Root mean square over samples of the noise's contribution to the outputs, over `sigma`:
     * `sqrt(<|f(x, eps) - f(x, 0)|^2>) / sigma`; for the linear model its expectation `|alpha w2^T W_NI|`.
     */
    readonly effectiveNiw: Float64Array;
    /** As in `steps`; NaN where there are no noise groups. */
    readonly dosePaid: Float64Array;
    /** As in `steps`; NaN where there are no noise groups. */
    readonly doseBudget: Float64Array;
  };
}
