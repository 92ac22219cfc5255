/** The browser of the machine. `node tools/chromium.ts` says where it is, or what to do if there is none. */
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** The program: named by CHROMIUM, or found on the PATH. Throws with words if there is none. */
export function findChromium(): string {
  const { CHROMIUM } = process.env;
  const candidates = CHROMIUM ? [CHROMIUM] : ['chromium', 'chromium-browser', 'google-chrome'];
  for (const name of candidates) {
    if (spawnSync(name, ['--version']).status !== 0) continue;
    return name.includes('/') ? name : spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim();
  }
  throw new Error(
    `Chromium is missing: none of ${candidates.join(', ')} can be started. Install it (Debian: apt-get install chromium), or set CHROMIUM to its path.`,
  );
}

/** Starts it without a window, and without a sandbox of its own, which root does not get. It asks nobody for anything. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), chromiumSandbox: false });
}

if (import.meta.main) {
  try {
    console.log(findChromium());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
