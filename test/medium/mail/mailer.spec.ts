import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BackgroundMailer } from '../../../src/platform/mail/background-mailer.js';
import { type Letter } from '../../../src/platform/mail/index.js';
import { Metrics, silentLogger } from '../../../src/platform/telemetry/index.js';
import { testConfig } from '../../support/test-config.js';

const LETTER: Letter = {
  to: 'ada@example.com',
  subject: 'Grüße',
  paragraphs: ['Hello.'],
  action: { label: 'Open', url: 'https://coorchat.example/auth/verify?token=abc' },
  footer: 'Why this came.',
};
const FROM = 'CoorChat <coorchat@example.com>';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Takes mail as RFC 5321 has it; refuses the first `busy` of them for a moment. */
async function mailbox(busy: number): Promise<{ url: string; received: string[] }> {
  const received: string[] = [];
  let refusals = busy;
  const server: Server = createServer((socket) => {
    let text = '';
    let inData = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const answer = (line: string) => {
      if (/^(EHLO|HELO)/.test(line)) return say('250 mailbox');
      if (line.startsWith('MAIL')) return say(refusals-- > 0 ? '451 later' : '250 ok');
      if (line === 'DATA') return (inData = say('354 go on'));
      if (line === 'QUIT') return socket.end('221 bye\r\n');
      return say('250 ok');
    };
    say('220 mailbox');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (inData && text.includes('\r\n.\r\n')) {
        received.push(text.slice(0, text.indexOf('\r\n.\r\n')));
        [text, inData] = ['', false];
        return say('250 taken');
      }
      if (inData) return;
      const lines = text.split('\r\n');
      text = lines.pop() ?? '';
      lines.forEach(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `smtp://127.0.0.1:${address.port}?ignoreTLS=true`, received };
}

async function mailer(smtpUrl?: string): Promise<{ mailer: BackgroundMailer; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'coorchat-mail-'));
  const config = testConfig({ mail: { from: FROM, folder, smtpUrl } });
  const made = new BackgroundMailer(config, silentLogger(), new Metrics());
  cleanups.push(() => rm(folder, { recursive: true }));
  cleanups.push(() => made.onApplicationShutdown());
  return { mailer: made, folder };
}

describe('mail', () => {
  it('becomes files that a mail program opens where no server is set', async () => {
    const { mailer: post, folder } = await mailer();
    post.post(LETTER);
    const [name = ''] = await vi.waitFor(async () => {
      const names = await readdir(folder);
      expect(names).toHaveLength(1);
      return names;
    });
    const text = await vi.waitFor(async () => {
      const content = await readFile(join(folder, name), 'utf8');
      expect(content).toContain('multipart/alternative');
      return content;
    });
    expect(text).toContain(`From: ${FROM}`);
    expect(text).toContain('To: ada@example.com');
    expect(text).toContain('text/plain');
    expect(text).toContain('text/html');
  });

  it('goes to the server with both parts', async () => {
    const { url, received } = await mailbox(0);
    const { mailer: post } = await mailer(url);
    post.post(LETTER);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(received[0]).toContain('To: ada@example.com');
    expect(received[0]).toContain('Subject: =?UTF-8?');
    expect(received[0]).toContain('token=3Dabc');
  });

  it('is tried again when the server is busy, and once only when it took it', async () => {
    const { url, received } = await mailbox(1);
    const { mailer: post } = await mailer(url);
    post.post(LETTER);
    await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5_000 });
    await post.onApplicationShutdown();
    expect(received).toHaveLength(1);
  });
});
