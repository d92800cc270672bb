import type { Interval } from "../../analysis/interval.js";
import type {
  Accuracy,
  NetworkRobustness,
  RobustnessResult,
} from "../../robustness/robustnessResult.js";
import { middleSeverity } from "../../robustness/settings.js";
import { digits, table } from "../terminal.js";

/** The command line's JSON: what was measured of the first network, and of all under `networks`. */
export function robustnessSummary({ networks, settings, dataset, backend }: RobustnessResult) {
  const { name: _, ...first } = networks[0];
  return { ...first, networks, settings, data: dataset, backend: backend.name };
}

/** A row for each measurement, a column for each network; corruptions as means, and each at the middle severity. */
export function robustnessTable({ networks, settings }: RobustnessResult): string {
  const head = ["accuracy, %", ...networks.map(({ name }) => name)];
  const row = (name: string, of: (network: NetworkRobustness) => Accuracy) => [
    name,
    ...networks.map((network) => percent(of(network))),
  ];
  const [first] = networks;
  const middle = middleSeverity(settings.severities);
  const rows = [
    row("clean", ({ clean }) => clean),
    ...first.severities.map(({ severity }, i) =>
      row(`all corruptions, severity ${severity}`, ({ severities }) => severities[i]),
    ),
    ...first.corruptions.flatMap(({ name, severity }, i) =>
      severity === middle
        ? [row(`${name}, severity ${severity}`, ({ corruptions }) => corruptions[i])]
        : [],
    ),
    ...first.attacks.map(({ name, epsilon }, i) =>
      row(`${name}, epsilon ${digits(epsilon)}`, ({ attacks }) => attacks[i]),
    ),
    ...first.shift.map(({ name }, i) => row(`shift: ${name}`, ({ shift }) => shift[i])),
  ];
  const { samples, attackSamples } = settings;
  return [
    table(head, rows),
    ...networks.flatMap(doseLine),
    `95 % intervals in brackets; ${samples} test images, ${attackSamples} of them attacked`,
    ...comparisons(networks),
  ].join("\n");
}

/** What a network's noise nodes paid in training. */
function doseLine({ name, dose }: NetworkRobustness): string[] {
  if (!dose) return [];
  const { paid, budget, ratio, seeds } = dose;
  const why = seeds.find((one) => one.why)?.why;
  const line = `${name}: dose paid ${digits(paid)}, budget ${digits(budget)}, ratio ${digits(ratio)}`;
  return [why ? `${line} (${why})` : line];
}

/** Where networks differ from the first beyond the interval of the seed-by-seed difference. */
function comparisons([first, ...others]: readonly NetworkRobustness[]): string[] {
  return others.flatMap(({ name, clean, severities }) => {
    const said = [
      ["clean", clean.difference] as const,
      ...severities.map(
        ({ severity, difference }) => [`severity ${severity}`, difference] as const,
      ),
    ].flatMap(([what, difference]) => (difference ? [`${what} ${signed(difference)}`] : []));
    return said.length > 0 ? [`${name} minus ${first.name}, in points: ${said.join(", ")}`] : [];
  });
}

function percent({ accuracy, low, high }: Accuracy): string {
  const points = (x: number) => (100 * x).toFixed(1);
  return `${points(accuracy)} [${points(low)}, ${points(high)}]`;
}

function signed({ mean, low, high }: Interval): string {
  const points = (x: number) => `${x > 0 ? "+" : ""}${(100 * x).toFixed(1)}`;
  return `${points(mean)} [${points(low)}, ${points(high)}]`;
}
