import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { PageVisitor } from '../../support/page-visitor.js';

const PASSWORD = 'plover magnet 41 kiosk';
const PATIENCE = { timeout: 20_000 };

/** Somebody who follows the guides on a machine of their own: signs up, and works with pages, letters and a shell. */
export class Reader {
  /** What they noted down from answers, by the names that the guides use. */
  readonly notes: Record<string, string>;
  readonly browser: PageVisitor;

  private constructor(
    readonly plane: TestControlPlane,
    readonly folder: string,
    key: string,
  ) {
    this.notes = { COORCHAT_URL: plane.url, COORCHAT_KEY: key };
    this.browser = new PageVisitor(plane);
  }

  static async start(): Promise<Reader> {
    const folder = await mkdtemp(path.join(tmpdir(), 'coorchat-guides-'));
    const plane = await TestControlPlane.start({
      mail: { from: 'coorchat@example.com', folder: path.join(folder, 'mail') },
    });
    const reader = new Reader(plane, folder, await plane.key());
    const person = { name: 'Grace', email: 'grace@example.com', organization: 'Acme', password: PASSWORD };
    await reader.browser.submit('/auth/sign-up', person);
    await reader.follows(reader.browser, person.email, { password: PASSWORD });
    return reader;
  }

  async close(): Promise<void> {
    await this.plane.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  note(name: string, value: unknown): void {
    if (typeof value !== 'string' || value === '') throw new Error(`The answer has nothing for $${name}.`);
    this.notes[name] = value;
  }

  /** Links in the letters to somebody. */
  private async linksTo(email: string): Promise<URL[]> {
    const mail = path.join(this.folder, 'mail');
    const texts = await Promise.all((await readdir(mail)).map((name) => readFile(path.join(mail, name), 'utf8')));
    return texts.flatMap((text) => {
      const plain = text.replace(/=\r?\n/g, '').replaceAll('=3D', '=');
      const link = plain.includes(email) ? /http:\S+token=[\w-]+/.exec(plain)?.[0] : undefined;
      return link === undefined ? [] : [new URL(link)];
    });
  }

  /** Follows the link in a letter and sends the form that is there; an older letter's link has ended. */
  private follows(browser: PageVisitor, email: string, fields: Record<string, string>): Promise<void> {
    return vi.waitFor(async () => {
      for (const { pathname, search, searchParams } of await this.linksTo(email)) {
        const token = searchParams.get('token') ?? '';
        if ((await browser.submit(pathname + search, { token, ...fields })).status === 303) return;
      }
      throw new Error(`No letter to ${email} leads on.`);
    }, PATIENCE);
  }

  /** Somebody follows the link of an invitation, and is a member. */
  async accepts(email: string): Promise<PageVisitor> {
    const browser = new PageVisitor(this.plane);
    await this.follows(browser, email, { name: 'Ada Lovelace', password: PASSWORD });
    return browser;
  }

  /** Approves what a program asks for, at the address that it showed. */
  async approves(address: string, browser = this.browser): Promise<void> {
    const { pathname, search, searchParams } = new URL(address);
    const user_code = searchParams.get('user_code') ?? '';
    const page = await (await browser.submit(pathname + search, { user_code })).text();
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
    const answer = { csrf: field('csrf'), user_code: field('user_code'), organization: field('organization') };
    const done = await browser.send('/auth/device/confirm', { ...answer, decision: 'approve' });
    if (done.status !== 200) throw new Error(`${done.status} ${await done.text()}`);
  }

  async cancels(workRequestId: string): Promise<void> {
    await this.plane.call('POST', `/v1/work-requests/${workRequestId}/cancel`);
  }

  async memberOf(email: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.notes['TOKEN'] ?? ''}` };
    const answer = await fetch(`${this.plane.url}/v1/members`, { headers });
    const { items } = (await answer.json()) as { items: { id: string; email: string }[] };
    const found = items.find((member) => member.email === email);
    if (!found) throw new Error(`${email} is no member.`);
    return found.id;
  }
}
