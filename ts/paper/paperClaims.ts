import { largest } from "../analysis/extremes.js";
import { PHASES } from "../analysis/phase.js";
import { pathError } from "../probe/comparisons.js";
import type { FigureOne, FigureRun } from "./figureOne.js";

/** A claim of the paper, and whether our runs show it. */
export interface Claim {
  /** The claim of the paper. */
  readonly claim: string;
  /** Whether the runs show it. */
  readonly verdict: "seen" | "not seen" | "unclear";
  /** The number behind the verdict, in words. */
  readonly because: string;
}

/** The paper's claims about its Figure 1 (Levi et al., arXiv:2210.13599), compared with our runs. */
export function paperClaims(figure: FigureOne): Claim[] {
  return [
    phases(figure),
    ordered(figure),
    trained(figure),
    small(figure),
    curvature(figure),
    reading(figure),
    freshAndFixed(figure),
    similar(figure),
    boundary(figure),
  ];
}

function phases({ runs }: FigureOne): Claim {
  const seen = PHASES.filter((phase) => runs.some((run) => run.phase === phase));
  return {
    claim: "there are four phases",
    verdict: seen.length === PHASES.length ? "seen" : "not seen",
    because: `seen: ${seen.join(", ")}; unclassified ${runs.filter((r) => r.phase === "unclassified").length} of ${runs.length} runs`,
  };
}

function ordered({ boundaries }: FigureOne): Claim {
  const { decay, catapult, divergent } = boundaries.both;
  const found = [decay, catapult, divergent];
  const known = found.map(({ measured }) => measured).filter((x) => x !== null);
  const misplaced = Math.max(...found.map((b) => b.misplaced));
  const rising = known.every((x, i) => i === 0 || known[i - 1] < x);
  return {
    claim: "they follow one another as sigma grows",
    verdict: known.length < 3 ? "unclear" : rising && misplaced <= 0.1 ? "seen" : "not seen",
    because: `boundaries at ${known.map(short).join(", ")}; at most ${percent(misplaced)} of the runs on the wrong side of one`,
  };
}

function trained({ runs }: FigureOne): Claim {
  const accuracy = middle(of(runs, ["decoupled", "decay"]).map((run) => run.trainAccuracy));
  return {
    claim: "training reaches 100 % accuracy on the training samples",
    verdict: !(accuracy > 0) ? "unclear" : accuracy >= 0.999 ? "seen" : "not seen",
    because: `median ${percent(accuracy)} in the decoupled and decay phases`,
  };
}

function small({ runs }: FigureOne): Claim {
  const [decoupled, inside] = [of(runs, ["decoupled"]), of(runs, ["decay", "catapult"])].map(
    (some) => middle(some.map((run) => run.niwLeft)),
  );
  return {
    claim: "in the decay and catapult phases the noise weights end small",
    verdict: !(inside >= 0) ? "unclear" : inside < Math.exp(-1) ? "seen" : "not seen",
    because: `median |W_NI| at the end over the start ${short(inside)}, decoupled ${short(decoupled)}`,
  };
}

function curvature({ probes }: FigureOne): Claim {
  const errors = probes.flatMap(({ predictedNorm, moments, phase }) =>
    predictedNorm ? [{ phase, error: pathError(moments, predictedNorm.norm) }] : [],
  );
  const worst = largest(errors.map(({ error }) => error));
  return {
    claim: "there their evolution follows the curvature of the training loss",
    verdict:
      errors.length === 0
        ? "unclear"
        : worst < 0.25
          ? "seen"
          : worst < 0.5
            ? "unclear"
            : "not seen",
    because: `|W_NI| predicted from curvature and gradients measured during training is off by a median of ${errors.map(({ phase, error }) => `${percent(error)} (${phase})`).join(", ")}`,
  };
}

function reading({ probes }: FigureOne): Claim {
  const ratios = probes.flatMap(({ moments }) =>
    moments
      .filter(({ smoothed, antithetic }) => smoothed > 5 * antithetic.error)
      .map(({ smoothed, pointwise, antithetic }) => ({
        smoothed: antithetic.value / smoothed,
        pointwise: antithetic.value / pointwise,
      })),
  );
  const [own, other] = [
    middle(ratios.map((r) => r.smoothed)),
    middle(ratios.map((r) => r.pointwise)),
  ];
  return {
    claim: "the noise weights read the curvature of the unperturbed loss",
    verdict: !(own > 0) ? "unclear" : Math.abs(own - 1) < 0.1 ? "seen" : "not seen",
    because: `antithetic reading over directly measured curvature, median of ${ratios.length} moments: ${short(own)} (smoothed at the noise's reach), ${short(other)} (pointwise)`,
  };
}

function freshAndFixed({ boundaries, runs }: FigureOne): Claim {
  const ratios = (["decay", "catapult", "divergent"] as const).flatMap((name) => {
    const [a, b] = [boundaries.fresh[name].measured, boundaries.fixed[name].measured];
    return a === null || b === null ? [] : [{ name, ratio: b / a }];
  });
  const farthest = Math.max(...ratios.map(({ ratio }) => Math.max(ratio, 1 / ratio)));
  const same = pairs(runs);
  const agree = same.filter(([a, b]) => a.phase === b.phase).length / same.length;
  return {
    claim: "fresh and fixed noise behave alike",
    verdict: ratios.length === 0 ? "unclear" : farthest < 2 && agree > 0.7 ? "seen" : "not seen",
    because: `boundaries with fixed over those with fresh noise: ${ratios.map(({ name, ratio }) => `${name} ${short(ratio)}`).join(", ")}; the same phase in ${percent(agree)} of ${same.length} pairs`,
  };
}

function similar({ similarity, similarityChance }: FigureOne): Claim {
  const list = similarity.map(({ sigma, mode, found }) => {
    const { mean, interval } = found.own.rank;
    return {
      text: `${short(sigma)} ${mode} ${mean.toFixed(2)} (${interval.map((x) => x.toFixed(2)).join(" to ")})`,
      mean,
    };
  });
  const high = list.filter(({ mean }) => mean > 0.8).length;
  return {
    claim: "in some cases the noise weights evolve as the unperturbed loss does",
    verdict:
      list.length === 0
        ? "unclear"
        : high === 0
          ? "not seen"
          : similarityChance < 0.05
            ? "seen"
            : "unclear",
    because:
      list.length === 0
        ? "no sigma with all seeds in the decay or catapult phase"
        : `rank correlation above 0.8 in ${high} of ${list.length} cases; losses of other runs are as similar with probability ${short(similarityChance)}: ${list.map(({ text }) => text).join("; ")}`,
  };
}

function boundary({ predicted, forecast, boundaries }: FigureOne): Claim {
  const measured = boundaries.both.catapult.bracket;
  const { catapult, catapultPointwise } = predicted;
  if (!measured || !catapult) {
    return { claim: BOUNDARY, verdict: "unclear", because: "one of the two is not there" };
  }
  const off = Math.max(measured[0] / catapult.value, catapult.value / measured[1], 1) - 1;
  const beside = forecast?.catapult
    ? `; forecast by short runs: ${short(forecast.catapult.value)}`
    : "";
  return {
    claim: BOUNDARY,
    verdict: off < 0.25 ? "seen" : "not seen",
    because: `predicted ${short(catapult.value)} ± ${short(catapult.error)} (pointwise curvature: ${short(catapultPointwise?.value ?? Number.NaN)}), measured between ${short(measured[0])} and ${short(measured[1])}${beside}`,
  };
}

const BOUNDARY =
  "the catapult begins where eta sigma^2 h_max = 2 (within 25 %, h_max smoothed at the noise's reach)";

function of(runs: readonly FigureRun[], wanted: readonly string[]): FigureRun[] {
  return runs.filter(({ phase }) => wanted.includes(phase));
}

function pairs(runs: readonly FigureRun[]): [FigureRun, FigureRun][] {
  return runs
    .filter(({ mode }) => mode === "fresh")
    .flatMap((fresh): [FigureRun, FigureRun][] => {
      const fixed = runs.find(
        (run) => run.mode === "fixed" && run.sigma === fresh.sigma && run.seed === fresh.seed,
      );
      return fixed ? [[fresh, fixed]] : [];
    });
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const short = (x: number) => String(Number(x.toPrecision(3)));
const percent = (x: number) => `${Number((100 * x).toPrecision(3))} %`;
