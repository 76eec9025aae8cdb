import { Global, Module } from '@nestjs/common';
import { AccountPagesModule } from '../../../src/identity/index.js';
import { Interactions } from '../../../src/identity/oidc/interactions.port.js';
import { BlobModule } from '../../../src/platform/blob/index.js';
import { ConfigModule } from '../../../src/platform/config/index.js';
import { DatabaseModule } from '../../../src/platform/db/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import {
  createHttpApp,
  type HttpApp,
  HttpModule,
  PublicUrl,
  RefusalsModule,
} from '../../../src/platform/http/index.js';
import { type Letter, Mailer } from '../../../src/platform/mail/index.js';
import { OutboxModule } from '../../../src/platform/outbox/index.js';
import { QueueModule } from '../../../src/platform/queue/index.js';
import { RevocationModule } from '../../../src/platform/revocation/index.js';
import { TelemetryModule } from '../../../src/platform/telemetry/index.js';
import { PortBindingsModule } from '../../../src/processes/port-bindings.module.js';
import { expect, vi } from 'vitest';
import type { TestDatabase } from '../../support/database.js';

/** Letters of a test, in the order in which they were posted. */
export class LetterBox extends Mailer {
  readonly letters: Letter[] = [];

  override post(letter: Letter): void {
    this.letters.push(letter);
  }

  /** The newest letter to an address with this subject. */
  async next(to: string, subject: RegExp): Promise<Letter> {
    return vi.waitFor(() => {
      const found = this.letters.findLast((letter) => letter.to === to && subject.test(letter.subject));
      expect(found, `a letter to ${to} about ${subject}`).toBeDefined();
      return found as Letter;
    });
  }

  async token(to: string, subject: RegExp): Promise<string> {
    const { action } = await this.next(to, subject);
    return new URL(action?.url ?? '').searchParams.get('token') ?? '';
  }
}

export interface AccountsApp {
  readonly app: HttpApp;
  readonly url: string;
  readonly letters: LetterBox;
  get<T>(type: abstract new (...parameters: never[]) => T): T;
}

/** Accounts and their pages over HTTP, on a database of their own; with pages for programs where there are interactions. */
export async function startAccounts(database: TestDatabase, interactions?: Interactions): Promise<AccountsApp> {
  const letters = new LetterBox();

  @Global()
  @Module({ providers: [{ provide: Mailer, useValue: letters }], exports: [Mailer] })
  class LetterBoxModule {}

  @Module({ providers: [{ provide: Interactions, useValue: interactions }], exports: [Interactions] })
  class ProgramsModule {}

  @Module({
    imports: [
      ConfigModule.with(database.config),
      LetterBoxModule,
      TelemetryModule,
      DatabaseModule,
      QueueModule,
      OutboxModule,
      RevocationModule,
      BlobModule,
      HttpModule,
      RefusalsModule,
      HealthModule,
      PortBindingsModule,
      AccountPagesModule.with(interactions && ProgramsModule),
    ],
  })
  class AccountsTestModule {}

  const app = await createHttpApp(AccountsTestModule, database.config);
  await app.listen();
  const get = <T>(type: abstract new (...parameters: never[]) => T): T => app.nest.get<T>(type, { strict: false });
  return { app, url: get(PublicUrl).value, letters, get };
}
