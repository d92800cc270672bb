import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PageServer, servePage } from "../../ts/cli/lab/pageServer.js";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

let folder: string;
let server: PageServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-lab-"));
  const page = join(folder, "page");
  await mkdir(join(page, "assets"), { recursive: true });
  await mkdir(join(folder, "page-beside"));
  await writeFile(join(folder, "secret.js"), "secret");
  await writeFile(join(folder, "page-beside", "secret.js"), "secret");
  await writeFile(join(page, "index.html"), "the page");
  await writeFile(join(page, "notes.txt"), "secret");
  await writeFile(join(page, ".hidden.js"), "secret");
  await writeFile(join(page, "assets", "code-1a2b.js"), "code");
  await symlink(join(folder, "secret.js"), join(page, "assets", "link.js"));
  await symlink(folder, join(page, "up"));
  await symlink(join(page, "assets", "code-1a2b.js"), join(page, "inside.js"));
  server = await servePage(page, 0);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Asks with a path exactly as it is given: `fetch` would tidy it first. */
function ask(path: string, { method = "GET", host = "" } = {}): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const headers = host ? { host } : {};
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      let body = "";
      answer.on("data", (part) => {
        body += part;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("the page's server", () => {
  it.each(["/", "/index.html", "/?x=/../../secret.js"])("serves the page at %s", async (path) => {
    const { status, headers, body } = await ask(path);
    expect([status, body]).toEqual([200, "the page"]);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  });

  it("sends a strict policy with every answer", async () => {
    for (const path of ["/", "/assets/code-1a2b.js", "/nothing.js"]) {
      const { headers } = await ask(path);
      const policy = String(headers["content-security-policy"]);
      expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
      expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  it("lets hashed assets be kept, and nothing else", async () => {
    expect((await ask("/assets/code-1a2b.js")).headers["cache-control"]).toMatch(/immutable/);
    expect((await ask("/")).headers["cache-control"]).toBe("no-cache");
  });

  it("follows a link that stays in the folder", async () => {
    expect((await ask("/inside.js")).body).toBe("code");
  });

  it.each([
    "/../secret.js",
    "/..%2fsecret.js",
    "/%2e%2e/secret.js",
    "/%2e%2e%2fsecret.js",
    "/..%5csecret.js",
    "/%252e%252e%252fsecret.js",
    "/assets/../../secret.js",
    "/assets/..%2f..%2fsecret.js",
    "/../page-beside/secret.js",
    "//secret.js",
    "/assets/link.js",
    "/up/secret.js",
    "/up/page-beside/secret.js",
    "/.hidden.js",
    "/notes.txt",
    "/assets",
    "/assets/",
    "/index.html%00.js",
    "/%",
    "/%c0%ae%c0%ae/secret.js",
    "/./secret.js",
    `/${"a/".repeat(3000)}x.js`,
    "http://elsewhere/secret.js",
  ])("keeps %s to itself", async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret\n");
    expect(body).toBe("no such file\n");
  });

  it("answers no other name, and no other method", async () => {
    expect((await ask("/", { host: "evil.example" })).status).toBe(421);
    expect((await ask("/", { host: "127.0.0.1.evil.example" })).status).toBe(421);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
    expect((await ask("/", { method: "HEAD" })).body).toBe("");
  });

  it("takes a free port where the asked one is taken", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address() as AddressInfo;
    const second = await servePage(join(folder, "page"), port);
    expect(second.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(second.url).not.toContain(`:${port}/`);
    await second.close();
    await new Promise((done) => other.close(done));
  });

  it("says that a folder holds no page", async () => {
    await expect(servePage(join(folder, "nothing"), 0)).rejects.toThrow(
      /the page is not in .*: build it/,
    );
  });
});
