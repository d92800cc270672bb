import type { Streams } from "../random/streams.js";
import type { AttackName } from "./attacks/attacks.js";
import { corrupt } from "./corruptions/corrupt.js";
import type { CorruptionName } from "./corruptions/corruptions.js";
import { PIXELS } from "./corruptions/image.js";
import { halfResolution } from "./halfResolution.js";
import type { LabelledImages } from "./images.js";
import type { FullSettings } from "./settings.js";

/** One number that is measured of each network. */
export type Task =
  | { readonly kind: "clean" }
  | { readonly kind: "corruption"; readonly name: CorruptionName; readonly severity: number }
  | { readonly kind: "attack"; readonly name: AttackName; readonly epsilon: number }
  | { readonly kind: "shift"; readonly name: string };

/** Other images, on which a network is tested too. */
export interface OtherImages extends LabelledImages {
  /** Name in results. */
  readonly name: string;
}

/** The name of the shift that is made if no other images are given. */
export const GENERATED_SHIFT = "half-resolution";

/** All that is measured. */
export function tasksOf(settings: FullSettings, others: readonly OtherImages[]): Task[] {
  const { corruptions, severities, attacks, epsilons } = settings;
  const shifts = others.length > 0 ? others.map(({ name }) => name) : [GENERATED_SHIFT];
  return [
    { kind: "clean" },
    ...corruptions.flatMap((name) =>
      severities.map((severity) => ({ kind: "corruption", name, severity }) as const),
    ),
    ...attacks.flatMap((name) =>
      epsilons.map((epsilon) => ({ kind: "attack", name, epsilon }) as const),
    ),
    ...shifts.map((name) => ({ kind: "shift", name }) as const),
  ];
}

/** The images of a task, the same for every network; for an attack, those that it starts from. */
export function imagesFor(
  task: Task,
  clean: LabelledImages,
  others: readonly OtherImages[],
  settings: FullSettings,
  streams: Streams,
): LabelledImages {
  const { images, labels } = clean;
  switch (task.kind) {
    case "clean":
      return clean;
    case "corruption":
      return { images: corrupt(images, task.name, task.severity, streams), labels };
    case "attack": {
      const { attackSamples: count } = settings;
      return { images: images.subarray(0, count * PIXELS), labels: labels.subarray(0, count) };
    }
    case "shift": {
      const other = others.find(({ name }) => name === task.name);
      return other ?? { images: halfResolution(images), labels };
    }
  }
}
