import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TxtRecords } from '../../src/identity/index.js';
import { commandsOf, isDefinition, run } from './guides/guide-commands.js';
import { Reader } from './guides/reader.js';

interface Step {
  /** Which commands of the guide. */
  readonly at: RegExp;
  /** What the guide's words say to do before. */
  readonly before?: (reader: Reader) => Promise<unknown>;
  /** Why it cannot be done here. */
  readonly notHere?: string;
  /** The guide shows how something is refused. */
  readonly isRefused?: boolean;
  /** What is noted down from the answer. */
  readonly after?: (reader: Reader, answer: Readonly<Record<string, string>>) => Promise<unknown> | void;
}

const SOMEBODY = 'ada@example.com';

const TOKEN: readonly Step[] = [
  {
    at: /device\/auth/,
    after: async (reader, answer) => {
      reader.note('DEVICE_CODE', answer['device_code']);
      await reader.approves(answer['verification_uri_complete'] ?? '');
    },
  },
  { at: /oidc\/token/, after: (reader, answer) => reader.note('TOKEN', answer['access_token']) },
];

/** A member invites somebody, who joins and takes a token: what one needs who leaves. */
async function somebodyElse(reader: Reader): Promise<void> {
  const [, invite = ''] = commandsOf('organizations-and-roles.md').filter((it) =>
    /device\/auth|invitations" -d/.test(it),
  );
  const [ask = '', take = ''] = commandsOf('organizations-and-roles.md').filter((it) => /\/oidc\//.test(it));
  const [api = ''] = commandsOf('organizations-and-roles.md').filter(isDefinition);
  const shell = { env: reader.notes, cwd: reader.folder };
  const invited = await run(`${api}\n${invite.replace(SOMEBODY, 'eve@example.com')}`, shell);
  expect(invited.code, invited.output).toBe(0);
  const browser = await reader.accepts('eve@example.com');
  const asked = JSON.parse((await run(ask, shell)).output) as Record<string, string>;
  await reader.approves(asked['verification_uri_complete'] ?? '', browser);
  const env = { ...reader.notes, DEVICE_CODE: asked['device_code'] ?? '' };
  const token = JSON.parse((await run(take, { ...shell, env })).output) as Record<string, string>;
  reader.note('OWN_TOKEN', reader.notes['TOKEN']);
  reader.note('TOKEN', token['access_token']);
}

const PLAN = 'tasks:\n  - {key: a, kind: agent, title: Count each item}\n';

const GUIDES: Readonly<Record<string, readonly Step[]>> = {
  'api.md': [
    { at: /^export /, notHere: 'says where the control plane is' },
    { at: /result\.bundle|artifacts/, notHere: 'needs a machine and a model' },
    { at: /-i "\$COORCHAT_URL|v1\/costs" \|/, isRefused: true },
    { at: /v1\/work-requests" -d/, after: (reader, { id }) => reader.note('ID', id) },
    // Without a machine, a stream ends when the work is canceled.
    { at: /-sSN /, before: (reader) => reader.cancels(reader.notes['ID'] ?? '') },
    { at: /plan\.yaml/, before: (reader) => writeFile(path.join(reader.folder, 'plan.yaml'), PLAN) },
  ],
  'a2a.md': [],
  'plans.md': [],
  'organizations-and-roles.md': [
    ...TOKEN,
    { at: /invitations" -d/, after: (reader, { id }) => reader.note('INVITATION', id) },
    {
      at: /PATCH .*members/,
      before: async (reader) => {
        await reader.accepts(SOMEBODY);
        reader.note('MEMBER', await reader.memberOf(SOMEBODY));
      },
    },
    {
      at: /members\/me/,
      before: somebodyElse,
      after: (reader) => reader.note('TOKEN', reader.notes['OWN_TOKEN']),
    },
    { at: /clusters" -d/, after: (reader, { id }) => reader.note('CLUSTER', id) },
  ],
  'api-keys.md': [{ at: /api-keys" -d/, after: (reader, { id }) => reader.note('KEY_ID', id) }],
  'oauth-clients.md': [
    {
      at: /oauth-clients/,
      after: (reader, { id, secret }) => {
        reader.note('CLIENT_ID', id);
        reader.note('SECRET', secret);
      },
    },
  ],
  'sso-and-scim.md': [
    {
      at: /sso\/domains"/,
      after: (reader, answer) => {
        reader.note('DOMAIN', answer['id']);
        const { record } = answer as unknown as { record: { value: string } };
        vi.spyOn(TxtRecords.prototype, 'at').mockResolvedValue([record.value]);
      },
    },
    {
      at: /scim\/tokens/,
      after: async (reader, answer) => {
        const group = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Builders' };
        const headers = { authorization: `Bearer ${answer['token']}`, 'content-type': 'application/scim+json' };
        const pushed = await fetch(`${answer['baseUrl']}/Groups`, {
          method: 'POST',
          headers,
          body: JSON.stringify(group),
        });
        reader.note('GROUP', ((await pushed.json()) as { id?: string }).id);
      },
    },
  ],
};

/** Guides for a person start with a token, as the first of them says. */
const NEED_A_TOKEN = ['sso-and-scim.md'];

describe.each(Object.entries(GUIDES))('somebody who follows %s', (guide, steps) => {
  let reader: Reader;
  const defined: string[] = [];

  beforeAll(async () => {
    reader = await Reader.start();
    if (!NEED_A_TOKEN.includes(guide)) return;
    for (const command of commandsOf('organizations-and-roles.md').filter((it) => /\/oidc\//.test(it)))
      await follow(command, TOKEN);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await reader.close();
  });

  async function follow(command: string, known: readonly Step[]): Promise<void> {
    const mine = known.filter(({ at }) => at.test(command));
    for (const { before } of mine) await before?.(reader);
    const script = [...defined, command].join('\n');
    const isRefused = mine.some((step) => step.isRefused === true);
    const { code, output, complaints } = await run(script, { env: reader.notes, cwd: reader.folder, isRefused });
    expect(code, output + complaints).toBe(0);
    const json = output.trim();
    for (const { after } of mine)
      await after?.(reader, JSON.parse(json === '' ? '{}' : json) as Record<string, string>);
  }

  const isDoneHere = (command: string) => !steps.some(({ at, notHere }) => notHere !== undefined && at.test(command));

  it.each(commandsOf(guide).filter(isDoneHere))('%s', async (command) => {
    if (isDefinition(command)) defined.push(command);
    else await follow(command, steps);
  });
});
