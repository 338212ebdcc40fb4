import { execFileSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { atEnd } from './cleanup.ts';
import { provideProgram, type WantedProgram } from './provide-program.ts';

const CHROMIUM: WantedProgram = {
  title: 'Chromium',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  installers: [
    ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'],
    ['dnf', 'install', '-y', 'chromium'],
    ['apk', 'add', '--no-cache', 'chromium'],
  ],
  advice: 'put chromium or google-chrome on the PATH',
};

/** A page of a real browser that can reach this machine and nothing else. */
export interface WatchedPage {
  readonly page: Page;
  /** Every address that was asked for. */
  readonly requested: string[];
  /** What the browser complained about: console messages of any kind, uncaught errors, what a policy forbade. */
  readonly complaints: string[];
}

/** Starts a browser, gone after the file's tests, and returns what opens a page with a profile of its own. */
export async function startBrowser(): Promise<() => Promise<WatchedPage>> {
  const program = provideProgram(CHROMIUM);
  const browser = await chromium.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).trim(),
    // Its own sandbox works neither for root nor in most containers. Names of other hosts lead nowhere.
    chromiumSandbox: false,
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--disable-dev-shm-usage'],
  });
  atEnd(() => browser.close());
  return () => openPage(browser);
}

async function openPage(browser: Browser): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('websocket', (socket) => requested.push(socket.url()));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`${error}`));
  return { page, requested, complaints };
}
