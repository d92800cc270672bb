const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/**
 * The float32 nearest to `value` that is within `epsilon` of `original` and from 0 to 1. It is rounded into the ball, so
 * that no stored image lies outside.
 */
export function inBall(original: number, epsilon: number, value: number): number {
  const low = Math.max(0, original - epsilon);
  const high = Math.min(1, original + epsilon);
  const nearest = Math.fround(Math.min(Math.max(value, low), high));
  if (nearest < low) return neighbour(nearest, 1);
  return nearest > high ? neighbour(nearest, -1) : nearest;
}

/** The next float32 after a positive one, or the one before. */
function neighbour(value: number, direction: number): number {
  float[0] = value;
  bits[0] += direction;
  return float[0];
}
