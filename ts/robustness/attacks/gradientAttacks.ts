import { type Attack, type AttackSettings, type Hunt, rowsOf } from "./attack.js";
import { inBall } from "./ball.js";

/**
 * The fast gradient sign method: one step of length epsilon along the sign of the gradient. I. Goodfellow, J. Shlens,
 * C. Szegedy, "Explaining and harnessing adversarial examples", arXiv:1412.6572.
 */
export const fgsm: Attack = async (hunt, { epsilon }) => {
  const { images, labels } = hunt.left;
  const { gradients } = await hunt.session.gradients(images, labels);
  const moved = images.map((value, i) =>
    inBall(value, epsilon, value + epsilon * Math.sign(gradients[i])),
  );
  hunt.judge(moved, await hunt.session.logits(moved));
};

/** The steps together are this many times as long as the ball's radius. */
const REACH = 2.5;

/**
 * Projected gradient descent: steps of `2.5 epsilon / steps` along the sign of the gradient from random starts in the
 * ball, each followed by a projection. A. Madry et al., "Towards deep learning models resistant to adversarial attacks",
 * arXiv:1706.06083. A sample is fooled if any image on the way fools the model.
 */
export const pgd: Attack = async (hunt, settings, { streams, samples }) => {
  for (let restart = 0; restart < settings.restarts && hunt.left.labels.length > 0; restart++) {
    const words = streams.words("attack", 0, restart, samples, hunt.session.inputs);
    await descend(hunt, settings, words);
  }
};

async function descend(
  hunt: Hunt,
  { epsilon, steps }: AttackSettings,
  words: Uint32Array,
): Promise<void> {
  const { inputs } = hunt.session;
  const length = (REACH * epsilon) / steps;
  const { images, numbers } = hunt.left;
  let at = images.map((value, i) => {
    const word = words[numbers[Math.floor(i / inputs)] * inputs + (i % inputs)];
    return inBall(value, epsilon, value + epsilon * (word / 2 ** 31 - 1));
  });
  for (let step = 0; step < steps && at.length > 0; step++) {
    const { outputs, gradients } = await hunt.session.gradients(at, hunt.left.labels);
    const stay = hunt.judge(at, outputs);
    const slopes = rowsOf(gradients, stay, inputs);
    const originals = hunt.left.images;
    at = rowsOf(at, stay, inputs).map((value, i) =>
      inBall(originals[i], epsilon, value + length * Math.sign(slopes[i])),
    );
  }
  if (at.length > 0) hunt.judge(at, await hunt.session.logits(at));
}
