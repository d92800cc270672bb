import { type Body, type Dispatch, Kernel, type Part, THREADS } from "./kernel.js";

/**
 * One dispatch of several parts. Each part has its own workgroups, so parts must not depend on each other, and must have the
 * same number of threads per workgroup.
 */
export function sideBySide(parts: readonly Part[]): Dispatch {
  const k = new Kernel();
  const bodies = withOwnNames(parts.map((part) => part(k)));
  if (bodies.length === 1) return k.dispatch(bodies[0]);
  let end = 0;
  const mains = bodies.map(({ main, grid: [x, y, z], replica = "group.z" }, i) => {
    const first = k.u32(end);
    end += x * y * z;
    return `${i < bodies.length - 1 ? `if (group.x < ${k.u32(end)}) ` : ""}{
let group = placeOf(group.x - ${first}, ${k.u32(x)}, ${k.u32(y)});
let replica = ${replica};
${main}
}`;
  });
  return k.dispatch({
    declarations: [PLACE_OF, ...bodies.map(({ declarations }) => declarations)].join("\n"),
    main: mains.join(" else "),
    grid: [end, 1, 1],
    threads: bodies[0].threads ?? THREADS,
    subgroups: bodies.some(({ subgroups }) => subgroups),
  });
}

/** The workgroup of a part's own grid that has the number `i`. */
const PLACE_OF = `fn placeOf(i: u32, width: u32, height: u32) -> vec3u {
return vec3u(i % width, i / width % height, i / (width * height));
}`;

/**
 * The same bodies, in which every name is declared once: a declaration that several bodies have in common stays in the first
 * of them, and one that differs from an earlier declaration of its name gets another name. Workgroup memory is shared by this:
 * a workgroup runs one part only.
 */
function withOwnNames(bodies: readonly Body[]): Body[] {
  const known = new Map<string, string>();
  return bodies.map((body, i) => {
    let { declarations = "", main } = body;
    const clash = () => listed(declarations).find(([name, text]) => isOther(known.get(name), text));
    for (let found = clash(); found; found = clash()) {
      const [name] = found;
      const renamed = (text: string) =>
        text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}_${i}`);
      [declarations, main] = [renamed(declarations), renamed(main)];
    }
    const own = listed(declarations).filter(([name]) => !known.has(name));
    for (const [name, text] of own) known.set(name, text);
    return { ...body, main, declarations: own.map(([, text]) => text).join("\n") };
  });
}

function isOther(before: string | undefined, text: string): boolean {
  return before !== undefined && before !== text;
}

/** The functions and variables that a text declares, by their names. Each begins its line. */
function listed(declarations: string): [name: string, text: string][] {
  return declarations
    .split(/^(?=fn |var<)/m)
    .map((text): [string, string] => [/^\S+ (\w+)/.exec(text)?.[1] ?? "", text.trim()])
    .filter(([name]) => name !== "");
}
