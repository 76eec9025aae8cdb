import { setTimeout as pause } from 'node:timers/promises';
import { backoffDelayMs } from '@coorchat/kernel';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { outsideTransaction } from '../db/index.js';
import { Logger, Metrics } from '../telemetry/index.js';
import { type Letter, type Mail, mailOf } from './letter.js';
import { type MailTransport, mailTransport } from './mail-transport.js';
import { Mailer } from './mailer.js';

const MAX_TRIES = 4;
const RETRY = { baseMs: 1_000, maxMs: 30_000, factor: 4, jitter: 0.2 };

@Injectable()
export class BackgroundMailer extends Mailer implements OnApplicationShutdown {
  private transport: Promise<MailTransport> | undefined;
  private readonly pending = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {
    super();
  }

  override post(letter: Letter): void {
    const posted = outsideTransaction(() => this.deliver(mailOf(letter)));
    this.pending.add(posted);
    void posted.finally(() => this.pending.delete(posted));
  }

  /** What is under way is finished; nothing is tried again. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.pending);
    (await this.transport)?.close();
  }

  private async deliver(mail: Mail): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        this.transport ??= mailTransport(this.config.mail, this.logger);
        await (await this.transport).deliver(mail);
        return this.metrics.count('mail.sent');
      } catch (error) {
        if (!(await this.mayTryAgain(tries))) {
          this.metrics.count('mail.failed');
          return this.logger.error('a mail could not be sent', { subject: mail.subject, error });
        }
      }
    }
  }

  private async mayTryAgain(tries: number): Promise<boolean> {
    if (tries === MAX_TRIES || this.stopping.signal.aborted) return false;
    const delayMs = backoffDelayMs(RETRY, tries);
    const waited = pause(delayMs, true, { signal: this.stopping.signal, ref: false });
    return waited.catch(() => false);
  }
}
