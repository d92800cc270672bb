/**
 * A figure for programs that know no style sheet variables and no schemes: as it looks on light paper, or on dark.
 * @throws Error if it is not one of our figures.
 */
export function still(svg: string, scheme: "light" | "dark"): string {
  const sheet = /<style>([\s\S]*?)<\/style>/.exec(svg)?.[1] ?? "";
  const [light, dark] = sheet.split("@media (prefers-color-scheme: dark)");
  if (!dark) throw new Error("it is no figure of ninscope");
  const values = new Map(variables(light));
  if (scheme === "dark") for (const [name, value] of variables(dark)) values.set(name, value);
  return svg
    .replace(/@media \(prefers-color-scheme: dark\) \{ svg \{[^}]*\} \}/, "")
    .replace(/--[\w-]+: [^;]+;\s*/g, "")
    .replace(/var\((--[\w-]+)\)/g, (whole, name) => values.get(name) ?? whole)
    .replaceAll("currentColor", values.get("--ink") ?? "currentColor");
}

function variables(declarations: string): [string, string][] {
  return [...declarations.matchAll(/(--[\w-]+): ([^;]+);/g)].map(([, name, value]) => [
    name,
    value,
  ]);
}
