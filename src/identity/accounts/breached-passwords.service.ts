import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { Logger } from '../../platform/telemetry/index.js';

const TIMEOUT_MS = 2_000;
const PREFIX_LENGTH = 5;

/** Asks a range API for passwords that were stolen elsewhere; only five characters of a SHA-1 leave. Off unless configured. */
@Injectable()
export class BreachedPasswords {
  constructor(
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  /** False, too, when the API does not answer: nobody is locked out by an outage. */
  async knows(password: string): Promise<boolean> {
    const { breachedPasswordsUrl } = this.config.mail;
    if (breachedPasswordsUrl === undefined) return false;
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const suffixes = await this.range(breachedPasswordsUrl + hash.slice(0, PREFIX_LENGTH));
      return suffixes.includes(hash.slice(PREFIX_LENGTH));
    } catch (error) {
      this.logger.warn('breached passwords could not be looked up', { error });
      return false;
    }
  }

  /** Lines are `SUFFIX:COUNT`; padding has the count 0. */
  private async range(url: string): Promise<string[]> {
    const headers = { 'add-padding': 'true', 'user-agent': 'CoorChat' };
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await response.text())
      .split(/\r?\n/)
      .filter((line) => !line.endsWith(':0'))
      .map((line) => line.split(':')[0] ?? '');
  }
}
