import { setTimeout as pause } from 'node:timers/promises';
import { hostname } from 'node:os';
import type { MachineFacts } from '@coorchat/contracts';
import { AppError } from '@coorchat/kernel';
import { z } from 'zod';
import { httpCall } from './http-call.js';
import { unreachable } from './unreachable.js';

export interface ApprovalOptions {
  readonly url: string;
  readonly name: string;
  readonly facts?: MachineFacts;
  /** Ids of what the machine offers; the person grants some of them, or every skill. */
  readonly skills?: readonly string[];
  /** Tells a person where to say yes. */
  readonly show: (code: string, page: string) => void;
}

const CLIENT_ID = 'coorchat-worker';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const TIMEOUT_MS = 15_000;
const SLOWER_S = 5;
const MAX_MACHINE_LENGTH = 4_000;

const startedSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  expires_in: z.number(),
  interval: z.number().default(SLOWER_S),
});
const grantedSchema = z.object({ access_token: z.string() });
const errorSchema = z.object({ error: z.string() });

/**
 * The device flow (RFC 8628): somebody who may manage the cluster lets this machine in. The token that comes of it
 * serves for one enrolment.
 * @throws AppError `worker.not_approved`
 */
export async function approvalByPerson({ url, name, facts, skills = [], show }: ApprovalOptions): Promise<string> {
  const scope = ['worker:register', ...skills.map((skill) => `skill:${skill}`), 'skill:*'].join(' ');
  const form = { client_id: CLIENT_ID, scope, machine: machineText(name, facts) };
  const first = await post(`${url}/oidc/device/auth`, form).catch((error: unknown) => {
    throw notApproved(unreachable(url, error));
  });
  const started = startedSchema.safeParse(first);
  if (!started.success) throw notApproved(`${url} does not let machines in this way. Use an enrolment token.`);
  const { device_code, user_code, verification_uri, expires_in, interval } = started.data;
  show(user_code, verification_uri);
  const until = Date.now() + expires_in * 1_000;
  for (let waitS = interval; Date.now() < until;) {
    await pause(waitS * 1_000);
    const question = { grant_type: DEVICE_CODE, client_id: CLIENT_ID, device_code };
    // When nobody answers, the next try may be heard.
    const answer = await post(`${url}/oidc/token`, question).catch(() => undefined);
    const granted = grantedSchema.safeParse(answer);
    if (granted.success) return granted.data.access_token;
    const error = errorSchema.safeParse(answer).data?.error;
    if (error === 'access_denied') throw notApproved('Somebody said no to this machine.');
    if (error === 'expired_token') break;
    if (error === 'slow_down') waitS += SLOWER_S;
  }
  throw notApproved('Nobody let this machine in in time. Start it again for another code.');
}

/** What the machine says of itself, without what would be too long to read. */
function machineText(name: string, facts: MachineFacts | undefined): string {
  const machine = { name, hostname: hostname(), ...facts, repositories: facts?.repositories.map((each) => each.name) };
  const text = JSON.stringify(machine);
  if (text.length <= MAX_MACHINE_LENGTH) return text;
  return JSON.stringify({
    ...machine,
    repositories: [],
    toolchains: [],
    mcpServers: [],
    labels: machine.labels?.slice(0, 20),
  });
}

async function post(url: string, form: Readonly<Record<string, string>>): Promise<unknown> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(form).toString();
  return (await httpCall({ url, method: 'POST', headers, body, timeoutMs: TIMEOUT_MS })).body;
}

function notApproved(message: string): AppError {
  return new AppError({ code: 'worker.not_approved', kind: 'unauthenticated', message });
}
