// Runs `heyhitool emulate` for a test. Needs the environment variables
// HEYHI_BIN_DIR (where heyhitool is) and HEYHI_TESTDATA (the recorded cases).

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

function requiredVariable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

async function waitForFile(path, emulator) {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!existsSync(path)) {
    if (emulator.exitCode !== null) throw new Error(`heyhitool ended with ${emulator.exitCode}`);
    if (Date.now() > deadline) throw new Error(`no ${path} within ${START_LIMIT_MS} ms`);
    await pause(10);
  }
}

// Starts an emulator on free ports. Its log goes to our standard error.
// Resolves to {https, http, caFile, stop}; stop() must be called, and resolves
// to the exit code.
export async function startEmulator() {
  const directory = mkdtempSync(join(tmpdir(), "heyhi-emulator-"));
  const readyFile = join(directory, "ready.json");
  const caFile = join(directory, "ca.pem");
  const emulator = spawn(
    join(requiredVariable("HEYHI_BIN_DIR"), "heyhitool"),
    ["emulate", "--testdata", requiredVariable("HEYHI_TESTDATA"),
      "--ready-file", readyFile, "--tls.ca-file", caFile],
    { stdio: ["ignore", "inherit", "inherit"] });
  const exited = new Promise((resolve, reject) => {
    emulator.once("error", reject);
    emulator.once("exit", resolve);
  });

  async function stop() {
    emulator.kill("SIGTERM");
    const limit = setTimeout(() => emulator.kill("SIGKILL"), STOP_LIMIT_MS);
    try {
      return await exited;
    } finally {
      clearTimeout(limit);
      rmSync(directory, { recursive: true, force: true });
    }
  }

  try {
    const failed = exited.then((code) => { throw new Error(`heyhitool ended with ${code}`); });
    failed.catch(() => {}); // once it is up, its end is no failure
    await Promise.race([waitForFile(readyFile, emulator), failed]);
    return { ...JSON.parse(readFileSync(readyFile, "utf8")), caFile, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}
