import { corrupted, setting } from "./choice.mjs";

/** 97.5 % points of Student's t, by degrees of freedom from 1 on. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** The corruptions in groups of a kind. */
const KINDS = {
  noise: ["gaussian-noise", "shot-noise", "impulse-noise", "uniform-noise"],
  blur: ["gaussian-blur", "glass-blur", "motion-blur"],
  geometry: ["shear", "scale", "rotation", "translation"],
  "brightness and fog": ["brightness", "fog"],
  contrast: ["contrast"],
  "things in front": ["spatter", "stripe", "dotted-line", "zigzag"],
  edges: ["edges"],
};

/** What is reported of a network: for each seed, an accuracy. */
const MEASURES = {
  clean: ({ clean }) => clean.seeds,
  "all corruptions": ({ severities }) => meanOf(severities),
  "severity 5": ({ severities }) => severities.find(({ severity }) => severity === 5).seeds,
  "FGSM 0.05": attacked("fgsm", 0.05),
  "PGD 0.02": attacked("pgd", 0.02),
  "PGD 0.05": attacked("pgd", 0.05),
  "square 0.05": attacked("square", 0.05),
};

/** The study's tables in Markdown. */
export function report({ methods, tuned, chosen, result }) {
  const { networks } = result;
  const [none] = networks;
  const dropout = networks.find(({ name }) => name === "dropout");
  const measured = Object.keys(MEASURES);
  const others = (first) => networks.filter((network) => network !== first);
  return [
    "Tuning: clean accuracy and, after the stroke, that on corrupted images, both on the validation images, in %; bold is what each method",
    "chose. The sigma of the NINR settings comes from a forecast.",
    "",
    table(["method", "what varies", "", "", "", ""], tuningRows(methods, tuned, chosen)),
    "",
    `Test, in %: mean over ${none.clean.seeds.length} seeds (95 % interval); attacks by their epsilon.`,
    "",
    table(
      ["", ...measured, "dose paid"],
      networks.map((network) => [
        network.name,
        ...measured.map((name) => percent(interval(MEASURES[name](network)))),
        network.dose ? network.dose.paid.toFixed(0) : "",
      ]),
    ),
    "",
    "Seed by seed, minus the network without anything, in points; bold is beyond the 95 % interval:",
    "",
    differences(others(none), none),
    "",
    ...(dropout ? ["The same minus dropout:", "", differences(others(dropout), dropout), ""] : []),
    "By kind of corruption, over all severities, minus the network without anything:",
    "",
    kinds(others(none), none),
  ].join("\n");
}

function tuningRows(methods, tuned, chosen) {
  return Object.entries(methods).map(([method, { varies }]) => {
    const choice = chosen.find((one) => one.method === method)?.label;
    const cells = tuned[method].map((one) => {
      const { label, measured, why } = one;
      if (!measured) return `${setting(one)}: ${why}`;
      const points = [measured.clean.accuracy, corrupted(measured)].map((x) =>
        (100 * x).toFixed(1),
      );
      const text = `${setting(one)}: ${points.join(" / ")}`;
      return label === choice ? `**${text}**` : text;
    });
    return [method, varies, ...cells];
  });
}

function differences(networks, first) {
  const names = Object.keys(MEASURES);
  return table(
    ["", ...names],
    networks.map((network) => [
      network.name,
      ...names.map((name) => difference(MEASURES[name](network), MEASURES[name](first))),
    ]),
  );
}

function kinds(networks, first) {
  const of = ({ corruptions }, names) =>
    meanOf(corruptions.filter(({ name }) => names.includes(name)));
  return table(
    ["", ...Object.keys(KINDS)],
    networks.map((network) => [
      network.name,
      ...Object.values(KINDS).map((names) => difference(of(network, names), of(first, names))),
    ]),
  );
}

function attacked(attack, epsilon) {
  return ({ attacks }) =>
    attacks.find((one) => one.name === attack && one.epsilon === epsilon).seeds;
}

/** Seed by seed, the mean of several accuracies. */
function meanOf(all) {
  return all[0].seeds.map((_, k) => all.reduce((sum, { seeds }) => sum + seeds[k], 0) / all.length);
}

function interval(values) {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = T[values.length - 2] * Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean, low: mean - half, high: mean + half };
}

function percent({ mean, low, high }) {
  const points = (x) => (100 * Math.min(1, Math.max(0, x))).toFixed(1);
  return `${points(mean)} (${points(low)} to ${points(high)})`;
}

function difference(own, first) {
  const { mean, low, high } = interval(own.map((value, k) => value - first[k]));
  const points = (x) => `${x > 0 ? "+" : ""}${(100 * x).toFixed(1)}`;
  const text = `${points(mean)} (${points(low)} to ${points(high)})`;
  return low > 0 || high < 0 ? `**${text}**` : text;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
