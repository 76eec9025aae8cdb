import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { PageVisitor } from '../../support/page-visitor.js';

let plane: TestControlPlane;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coorchat-mail-'));
  plane = await TestControlPlane.start({ mail: { from: 'coorchat@example.com', folder } });
});

afterAll(async () => {
  await plane.close();
  await rm(folder, { recursive: true });
});

/** The link in the one letter in the folder of mails. */
async function linkInLetter(): Promise<URL> {
  return vi.waitFor(async () => {
    const [name = ''] = await readdir(folder);
    const text = (await readFile(join(folder, name), 'utf8')).replace(/=\n/g, '').replace(/=3D/g, '=');
    return new URL(/http:\S+token=[\w-]+/.exec(text)?.[0] ?? '');
  });
}

/** Who typed a code with which nothing waits, as the organizations' trails have it. */
async function guessesOnRecord(reader: pg.Client): Promise<string[]> {
  const { rows } = await reader.query<{ actor: string }>(
    `SELECT data->'by'->'actor'->>'id' AS actor FROM outbox_event
     WHERE type = 'identity.credential_refused' AND data->>'code' = 'identity.unknown_device_code' AND org_id LIKE 'org_%'`,
  );
  return rows.map(({ actor }) => actor);
}

describe('a control plane as it is shipped', () => {
  it('lets somebody sign up with the letter that lies in its folder', async () => {
    const browser = new PageVisitor(plane);
    const password = 'plover magnet 41 kiosk';
    const person = { name: 'Ada', email: 'ada@example.com', organization: 'Engines', password };
    expect((await browser.submit('/auth/sign-up', person)).headers.get('location')).toBe(
      '/auth/check-mail?for=sign-up',
    );
    const { pathname, search, searchParams } = await linkInLetter();
    const fields = { token: searchParams.get('token') ?? '', password };
    expect((await browser.submit(pathname + search, fields)).headers.get('location')).toBe('/auth/account');
    expect(await (await browser.send('/auth/account')).text()).toContain('Engines');
    const device = await browser.send('/auth/device?user_code=ABCD-EFGH');
    expect(device.status).toBe(200);
    expect(await device.text()).toContain('value="ABCD-EFGH"');
    expect((await browser.submit('/auth/device', { user_code: 'ABCD-EFGH' })).status).toBe(422);
    const reader = await plane.database.connect('backup');
    await vi.waitFor(
      async () => expect(await guessesOnRecord(reader)).toEqual([expect.stringMatching(/^usr_/)]),
      10_000,
    );
    expect((await browser.send('/auth/interaction/unknown')).status).toBe(410);
  });
});
