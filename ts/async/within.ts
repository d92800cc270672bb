/**
 * The answer, if it comes in time.
 * @throws Error with the message `late` if it does not.
 */
export async function within<T>(seconds: number, answer: Promise<T>, late: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late)), 1000 * seconds);
  });
  try {
    return await Promise.race([answer, patience]);
  } finally {
    clearTimeout(timer);
  }
}
