import type { Experiment } from "../../ts/experiment/schema.js";
import { withoutDefaults } from "./withoutDefaults.js";

/** The experiment as a command line that trains it. */
export function asCommand(experiment: Experiment): string {
  const sets = fieldsOf(withoutDefaults(experiment), "").map(
    ([field, value]) => ` --set '${field}=${value}'`,
  );
  return `npx ninscope train${sets.join("")}`;
}

/** The experiment as a program. */
export function asProgram(experiment: Experiment): string {
  const json = JSON.stringify(withoutDefaults(experiment), null, 2);
  return `import { train } from "ninscope";\n\nconst { phase, evidence } = await train(${json});\nconsole.log(phase, evidence.reason);\n`;
}

function fieldsOf(value: unknown, path: string): [string, string][] {
  const groups = path === "noise" && Array.isArray(value) && value.length > 0;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!groups && !isObject)
    return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    fieldsOf(inner, path === "" ? key : `${path}.${key}`),
  );
}
