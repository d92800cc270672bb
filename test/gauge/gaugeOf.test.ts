import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { curvatureOver } from "../../ts/gauge/curvatureOver.js";
import { gaugeCsv, gaugeLogHeader, gaugeLogLine } from "../../ts/gauge/exportRecords.js";
import { gaugeOf } from "../../ts/gauge/gaugeOf.js";
import { readGaugeLog } from "../../ts/gauge/readGaugeLog.js";
import { type GaugeRecord, RECORD_KEYS } from "../../ts/gauge/record.js";
import { withError } from "../../ts/gauge/verdict.js";

const nodes = { width: 8, nodes: 2, sigma: 1, learningRate: 0.1, batch: 10 };

/** Records of a loop whose curvature, memory and loss are functions of the step. */
function recordsOf(count: number, of: (step: number) => Partial<GaugeRecord>): GaugeRecord[] {
  return Array.from({ length: count }, (_, step) => ({
    ...{ step, loss: 1 / (1 + step), norm: 1, memory: 1, kick: 0.001 },
    ...{ reading: 0.5, readingError: 0.05, antithetic: Number.NaN, antitheticError: Number.NaN },
    ...of(step),
  }));
}
/** A reading that scatters by a tenth. */
const scattered = (value: number, step: number) => value * (1 + 0.1 * Math.sin(12.9 * step ** 1.3));

describe("a gauge's verdict", () => {
  test("has the curvature with its error, the stable learning rate and the phase", () => {
    const found = gaugeOf(
      nodes,
      recordsOf(200, (step) => ({ reading: scattered(0.5, step), memory: Math.exp(-step / 50) })),
    );
    expect(found.phase).toBe("decay");
    expect(found.curvature.length).toBe(20);
    expect(found.now.value).toBeCloseTo(0.5, 1);
    expect(found.verdict).toMatch(
      /^curvature along the noise 0\.\d+ ± 0\.0\d+ \(by step, over 10 steps\); learning rate stable up to [34]\.?\d* along it; the noise is in the decay phase \(kappa 0\.0\d+, unstable from 2 on\)$/,
    );
    expect(found.alarms).toEqual([]);
    expect(found.timeScales.memory.tau).toBeCloseTo(50, 0);
  });

  test("does not call a curvature that is not resolved a limit", () => {
    const found = gaugeOf(
      nodes,
      recordsOf(40, (step) => ({ reading: Math.sin(12.9 * step ** 1.3), readingError: 1 })),
    );
    expect(found.verdict).toMatch(/too small to be told from 0/);
  });

  test("of noise weights that do not train judges the loss, or nothing", () => {
    const bystander = { ...nodes, learningRate: 0 };
    const { evidence, verdict } = gaugeOf(
      bystander,
      recordsOf(40, () => ({ readingError: 0 })),
    );
    expect(evidence.measure).toBe("loss");
    // sigma^2 |W|^2 h / 2 = 0.25, of a loss of 1/40.
    expect(verdict).toMatch(/the noise weights do not train, and add at most 1000 % to the loss$/);
    const untold = gaugeOf(
      bystander,
      recordsOf(40, () => ({ loss: Number.NaN })),
    );
    expect(untold.evidence).toMatchObject({
      phase: "unclassified",
      reason: expect.stringMatching(/nothing to judge/),
    });
  });

  test("without losses is told from the noise weights", () => {
    const fading = (step: number) => ({ loss: Number.NaN, memory: Math.exp(-step / 10) });
    const { phase, evidence } = gaugeOf(nodes, recordsOf(100, fading));
    expect(phase).toBe("decay");
    expect(evidence.lossEnd).toBeNaN();
  });
});

describe("a gauge's alarms", () => {
  const alarms = (records: GaugeRecord[], other = {}) =>
    gaugeOf({ ...nodes, ...other }, records).alarms;

  test("tell that training diverges", () => {
    const blown = recordsOf(40, (step) => (step > 30 ? { loss: Number.POSITIVE_INFINITY } : {}));
    expect(alarms(blown)).toEqual([
      expect.stringMatching(/^training diverges: a number left the finite range/),
    ]);
  });

  test("tell that kappa comes close to 2", () => {
    const strong = recordsOf(40, (step) => ({ reading: scattered(0.5, step) }));
    expect(alarms(strong, { sigma: 6 })).toEqual([expect.stringMatching(/^kappa is 1\.\d+ of 2/)]);
  });

  test("tell that the layer's curvature is near 2/eta, or will be there", () => {
    const rising = (pace: number) =>
      recordsOf(400, (step) => ({ reading: scattered(2 * Math.exp(step / pace), step) }));
    // 2/eta is 20; sigma keeps kappa small.
    const weak = { sigma: 0.01 };
    expect(alarms(rising(1e9), weak)).toEqual([]);
    const [soon] = alarms(rising(250), weak);
    expect(soon).toMatch(
      /^the curvature along the noise rose from .* to .* in 100 steps; at this pace it reaches 2\/eta = 20 in about \d+ steps/,
    );
    const left = Number(soon.match(/about (\d+) steps/)?.[1]);
    // Exact: 250 ln(20 / 2) steps from the start, less the middle of the last window.
    expect(Math.abs(left - (250 * Math.log(10) - 389.5))).toBeLessThan(60);
    expect(alarms(rising(180), weak)).toEqual([
      expect.stringMatching(/of 2\/eta = 20: steps of the layer are close to unstable/),
    ]);
    expect(alarms(rising(180), { ...weak, trainingRate: 0.001 })[0]).toMatch(
      /reaches 2\/eta = 2000/,
    );
  });

  test("tell that noise weights grew", () => {
    const grown = recordsOf(60, (step) => ({
      norm: step < 20 ? 1 + step / 10 : 0.5,
      memory: step < 20 ? 1 : 0.1,
    }));
    expect(alarms(grown)).toEqual([
      expect.stringMatching(/^the noise weights rose to 2\.9 of their start/),
    ]);
  });
});

test("records go into a log of JSON lines and come back, and into a table", () => {
  const antithetic = (step: number) => (step % 2 ? { antithetic: 0.4, antitheticError: 0.01 } : {});
  const records = recordsOf(30, (step) => ({ reading: scattered(0.5, step), ...antithetic(step) }));
  const untold = records.map((record, i) => (i === 3 ? { ...record, loss: Number.NaN } : record));
  const text = [gaugeLogHeader(nodes), ...untold.map(gaugeLogLine)].join("");
  const log = readGaugeLog(new TextEncoder().encode(text), "log.jsonl");
  expect(log.nodes).toEqual(nodes);
  for (const [i, record] of log.records.entries()) {
    for (const key of RECORD_KEYS) {
      if (Number.isNaN(untold[i][key])) expect(record[key], `${key} ${i}`).toBeNaN();
      else expect(record[key], `${key} ${i}`).toBeCloseTo(untold[i][key], 12);
    }
  }
  const [head, ...lines] = gaugeCsv(untold).trimEnd().split("\n");
  expect(head.split(",")).toEqual(RECORD_KEYS);
  expect(lines.length).toBe(30);
  expect(lines[3]).toMatch(/^3,,1,1,0\.001,/);
  const half = text.replace(/"kick":0\.001,/, "");
  expect(() => readGaugeLog(new TextEncoder().encode(half), "log.jsonl")).toThrow(
    /line 2: kick is missing: takes the kick beside a reading/,
  );
});

test("the mean of readings weighs them by |W|^2, and its error is that of their scatter", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.double({ min: 0.1, max: 10, noNaN: true }),
          fc.double({ min: -1, max: 1, noNaN: true }),
        ),
        { minLength: 1, maxLength: 40 },
      ),
      (pairs) => {
        const records = recordsOf(pairs.length, (i) => ({
          norm: pairs[i][0],
          reading: pairs[i][1],
        }));
        const { value, error, steps } = curvatureOver(records);
        const weights = pairs.reduce((sum, [w]) => sum + w * w, 0);
        const mean = pairs.reduce((sum, [w, x]) => sum + w * w * x, 0) / weights;
        expect(value).toBeCloseTo(mean, 10);
        expect(steps).toBe(pairs.length);
        expect(error).toBeGreaterThanOrEqual(0);
        expect(curvatureOver(records, 1).value).toBeCloseTo(pairs[pairs.length - 1][1], 12);
      },
    ),
  );
  const equal = recordsOf(400, (step) => ({ reading: step % 2 }));
  expect(curvatureOver(equal).error).toBeCloseTo(0.5 / Math.sqrt(399), 12);
});

test("a number shows as many digits as its error allows", () => {
  expect(withError(0.0213456, 0.0023)).toBe("0.0213 ± 0.0023");
  expect(withError(213456, 2300)).toBe("213500 ± 2300");
  expect(withError(0.5, Number.NaN)).toBe("0.5");
});
