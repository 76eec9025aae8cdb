import { request as httpRequest } from 'node:http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { CallerAddress, type HttpApp, RawRoutes, refuseUpgrade } from '../../../src/platform/http/index.js';
import { listen, startProbe } from './probe-app.js';

@Injectable()
class ProbeUpgrade implements OnModuleInit {
  constructor(
    private readonly routes: RawRoutes,
    private readonly callers: CallerAddress,
  ) {}

  onModuleInit(): void {
    this.routes.upgrade({
      path: '/probe',
      authenticatedBy: 'a probe',
      handler: (request, socket) =>
        refuseUpgrade(socket, '403 Forbidden', { 'X-Caller': this.callers.of(request) ?? '?' }),
    });
  }
}

let app: HttpApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(trustedProxies: readonly string[]): Promise<string> {
  app = await startProbe([], [ProbeUpgrade], { trustedProxies });
  return listen(app);
}

type Headers = Record<string, string>;

const callerOf = async (url: string, headers: Headers) =>
  (await (await fetch(`${url}/v1/caller`, { headers })).json()) as { ip: string; protocol: string };

const upgraderOf = (url: string, headers: Headers) =>
  new Promise<string | undefined>((resolve, reject) => {
    const sent = { connection: 'Upgrade', upgrade: 'websocket', ...headers };
    const call = httpRequest(`${url}/probe`, { headers: sent });
    call.on('response', (response) => {
      response.resume();
      resolve(String(response.headers['x-caller']));
    });
    call.on('error', reject).end();
  });

const SAID = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };

describe('a header that says for whom a caller speaks', () => {
  it('is ignored when no proxy is trusted', async () => {
    const url = await start([]);
    expect(await callerOf(url, SAID)).toEqual({ ip: '127.0.0.1', protocol: 'http' });
    expect(await upgraderOf(url, SAID)).toBe('127.0.0.1');
  });

  it('is ignored from anybody but a trusted proxy', async () => {
    const url = await start(['10.0.0.0/8']);
    expect(await callerOf(url, SAID)).toEqual({ ip: '127.0.0.1', protocol: 'http' });
    expect(await upgraderOf(url, SAID)).toBe('127.0.0.1');
  });

  it('is believed from a trusted proxy', async () => {
    const url = await start(['127.0.0.0/8']);
    expect(await callerOf(url, SAID)).toEqual({ ip: '203.0.113.9', protocol: 'https' });
    expect(await upgraderOf(url, SAID)).toBe('203.0.113.9');
  });

  it('is believed no further than the last proxy that is trusted', async () => {
    const url = await start(['127.0.0.1', '10.0.0.0/8']);
    const forged = { 'x-forwarded-for': '192.0.2.1, 203.0.113.9, 10.0.0.7' };
    expect((await callerOf(url, forged)).ip).toBe('203.0.113.9');
    expect(await upgraderOf(url, forged)).toBe('203.0.113.9');
  });
});
