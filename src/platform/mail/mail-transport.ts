import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@coorchat/kernel';
import type { MailConfig } from '../config/index.js';
import type { Logger } from '../telemetry/index.js';
import type { Mail } from './letter.js';

/** Takes one mail to where it goes. */
export interface MailTransport {
  deliver(mail: Mail): Promise<void>;
  close(): void;
}

const TIMEOUT_MS = 20_000;

async function smtpTransport(url: string, from: string): Promise<MailTransport> {
  const { createTransport } = await import('nodemailer');
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  // Letters never make the server read files or URLs, whatever a name contains.
  const transport = createTransport({ url, ...timeouts }, { from, disableFileAccess: true, disableUrlAccess: true });
  return {
    deliver: async (mail) => void (await transport.sendMail(mail)),
    close: () => transport.close(),
  };
}

/** For development: the whole message as a file that mail programs open, its address on the console. */
async function folderTransport({ from, folder }: MailConfig, logger: Logger): Promise<MailTransport> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' }, { from });
  return {
    deliver: async (mail) => {
      const { message } = await transport.sendMail(mail);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${newId('event').slice(4)}.eml`);
      await writeFile(file, message as Buffer, { mode: 0o600 });
      logger.warn(`no COORCHAT_SMTP_URL: a mail became a file`, { to: mail.to, subject: mail.subject, file });
    },
    close: () => transport.close(),
  };
}

/** The library is loaded with the first mail. */
export function mailTransport(config: MailConfig, logger: Logger): Promise<MailTransport> {
  return config.smtpUrl === undefined ? folderTransport(config, logger) : smtpTransport(config.smtpUrl, config.from);
}
