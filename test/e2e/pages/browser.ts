import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium as playwright, type Page } from 'playwright-core';
import { expect } from 'vitest';

const QUIET = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 375, height: 812 } } as const;
const NARROWEST_PX = 320;
const MAX_TABS = 80;

/** Chromium of the npm package on Linux; elsewhere the one that COORCHAT_TEST_BROWSER names, or Chrome. */
export async function launchBrowser(): Promise<Browser> {
  const given = process.env['COORCHAT_TEST_BROWSER'];
  if (given) return playwright.launch({ executablePath: given, args: QUIET });
  if (process.platform !== 'linux') return playwright.launch({ channel: 'chrome' });
  // In one process, the first window that closes ends the browser.
  const own = chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote');
  return playwright.launch({ executablePath: await chromium.executablePath(), args: [...own, ...QUIET] });
}

/** Somebody at a browser who uses the keyboard only. */
export class Person {
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly base: string,
  ) {
    page.on('console', (message) => {
      const isAnswer = /the server responded with a status of 4\d\d/.test(message.text());
      if (message.type() === 'error' && !isAnswer) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async at(browser: Browser, base: string): Promise<Person> {
    const context = await browser.newContext({ viewport: SIZES.desktop, locale: 'en' });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    return new Person(context, page, base);
  }

  async opens(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.base).href);
  }

  get path(): string {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }

  get heading(): Promise<string | null> {
    return this.page.textContent('h1');
  }

  /** Presses Tab until the thing of this name has the focus. */
  async tabsTo(name: string | RegExp): Promise<void> {
    await this.page.evaluate('document.activeElement?.blur()');
    for (let tabs = 0; tabs < MAX_TABS; tabs++) {
      await this.page.keyboard.press('Tab');
      const found = await this.page.evaluate<string>(NAME_OF_FOCUS);
      if (typeof name === 'string' ? found === name : name.test(found)) return;
    }
    throw new Error(`${String(name)} is out of reach of the keyboard on ${this.page.url()}`);
  }

  async fills(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) {
      await this.tabsTo(name);
      await this.page.keyboard.press('ControlOrMeta+a');
      await this.page.keyboard.insertText(value);
    }
  }

  /** Presses a button or follows a link, and waits for the page that comes. */
  async presses(name: string | RegExp): Promise<void> {
    await this.tabsTo(name);
    await Promise.all([this.page.waitForEvent('framenavigated'), this.page.keyboard.press('Enter')]);
    await this.page.waitForLoadState('load');
  }

  /** No violation in light or dark, nothing wider than a small phone. Pictures go to COORCHAT_TEST_SCREENSHOTS. */
  async looksAround(name: string): Promise<void> {
    await this.page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      const { violations } = await this.page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      expect(found, `${name} in ${colorScheme}`).toEqual([]);
      await this.takesPictures(`${name}-${colorScheme}`);
    }
    await this.page.setViewportSize({ width: NARROWEST_PX, height: 640 });
    const width = await this.page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width, `${name} on a small phone`).toBeLessThanOrEqual(NARROWEST_PX);
    await this.page.setViewportSize(SIZES.desktop);
    expect(this.complaints).toEqual([]);
  }

  private async takesPictures(name: string): Promise<void> {
    const folder = process.env['COORCHAT_TEST_SCREENSHOTS'];
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await this.page.setViewportSize(viewport);
      await this.page.screenshot({ path: join(folder, `${name}-${size}.png`), fullPage: true });
    }
    await this.page.setViewportSize(SIZES.desktop);
  }
}

/** Runs in the browser: what a screen reader would call the focused thing. */
const NAME_OF_FOCUS = `(() => {
  const element = document.activeElement;
  const text = element?.labels?.[0]?.textContent ?? element?.getAttribute('aria-label') ?? element?.textContent ?? '';
  return text.replace(/\\s+/g, ' ').trim();
})()`;

/** A security device that says yes to everything, as a person's finger would. */
export async function plugInAuthenticator(person: Person): Promise<void> {
  const devtools = await person.context.newCDPSession(person.page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
