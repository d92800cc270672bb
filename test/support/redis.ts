import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this machine has a Redis server; that it has none is a failure in CI. */
export function hasRedis(): boolean {
  const found = spawnSync("redis-server", ["--version"]).status === 0;
  if (!found && process.env.CI)
    throw new Error("no redis-server: install the package of that name");
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A Redis server of our own, on loopback. */
export class RedisServer {
  readonly #folder: string;
  readonly #port: number;
  readonly #keeps: "yes" | "no";
  #process: ChildProcess | null = null;

  /** @param keeps whether it has after a restart what it had before. */
  static async start(keeps: "yes" | "no" = "yes"): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "ninscope-redis-"));
    const server = new RedisServer(folder, await freePort(), keeps);
    await server.up();
    return server;
  }

  private constructor(folder: string, port: number, keeps: "yes" | "no") {
    this.#folder = folder;
    this.#port = port;
    this.#keeps = keeps;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async up(): Promise<void> {
    const bind = ["--bind", "127.0.0.1", "--port", String(this.#port), "--dir", this.#folder];
    const child = spawn("redis-server", [...bind, "--save", "", "--appendonly", this.#keeps]);
    this.#process = child;
    for await (const text of child.stdout) if (/Ready to accept/.test(String(text))) break;
    child.stdout.resume();
  }

  /** Killed without warning: up to a second of what it was told is lost. */
  async kill(): Promise<void> {
    if (!this.#process) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    this.#process = null;
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
