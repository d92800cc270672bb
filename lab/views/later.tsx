import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { told } from "./session.js";

/** Views that are loaded when they are first shown, so that the page itself stays small. */
const VIEWS = {
  sweep: () => import("./sweep/sweepView.js").then(({ SweepView }) => SweepView),
  data: () => import("./data/ownDataView.js").then(({ OwnDataView }) => OwnDataView),
  checks: () => import("./checksView.js").then(({ ChecksView }) => ChecksView),
} as const satisfies Record<string, () => Promise<ComponentType>>;

export function Later({ name }: { readonly name: keyof typeof VIEWS }) {
  const [shown, show] = useState<{ name: string; View: ComponentType } | null>(null);
  useEffect(() => {
    VIEWS[name]().then((View) => show({ name, View }), told);
  }, [name]);
  if (shown?.name !== name) return <p>The view is being loaded.</p>;
  return <shown.View />;
}
