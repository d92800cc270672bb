import type { Redis } from "ioredis";
import { InputError, RunError } from "../../../errors/errors.js";

/** The two packages that queues need; nothing else does, so they are loaded when a queue is asked for. */
async function packages(): Promise<{
  bullmq: typeof import("bullmq");
  Redis: typeof Redis;
}> {
  try {
    return { bullmq: await import("bullmq"), Redis: (await import("ioredis")).Redis };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new InputError("--queue", "--queue needs two packages: npm install bullmq ioredis");
  }
}

export interface Connected {
  readonly bullmq: typeof import("bullmq");
  readonly redis: Redis;
}

/**
 * Connects to a Redis or Valkey server. A connection that is lost later is made again, for as long as it takes.
 * @throws InputError if `url` is none; RunError if nobody answers there.
 */
export async function connect(url: string): Promise<Connected> {
  if (!/^rediss?:\/\/[^/]/.test(url)) {
    throw new InputError("--queue", `--queue is "${url}": takes redis://host:port`);
  }
  const { bullmq, Redis: Client } = await packages();
  const redis = new Client(url, {
    lazyConnect: true,
    // Blocking calls wait as long as they take, also over a restart of the server.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * times, 2000),
  });
  let problem = "";
  redis.on("error", (error: Error) => {
    problem = error.message;
  });
  const patience = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("no answer")), 5000).unref();
  });
  try {
    await Promise.race([redis.connect(), patience]);
  } catch (cause) {
    redis.disconnect();
    const { host } = new URL(url);
    throw new RunError(`no queue at ${host}: ${problem || (cause as Error).message}`, { cause });
  }
  return { bullmq, redis };
}
