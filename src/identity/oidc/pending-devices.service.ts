import { Injectable } from '@nestjs/common';
import type { Client, DeviceCode, Provider } from 'oidc-provider';
import { UnitOfWork } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import type { Session } from '../accounts/session.store.js';
import { attributionOfVisitor, type Visitor } from '../accounts/visitor.js';
import { AuthorizationServer } from './authorization-server.js';
import { requestingClient } from './client-metadata.rules.js';
import { GrantEnding } from './grant-ending.service.js';
import { GrantMaking } from './grant-making.service.js';
import type { Approval, DeviceOutcome, PendingDevice } from './interactions.port.js';
import { recordHash } from './oidc-ids.js';
import { OidcRecordStore } from './oidc-record.store.js';
import { type AskedFor, askedFor } from './pending-request.rules.js';

interface Waiting {
  readonly provider: Provider;
  readonly code: DeviceCode;
  readonly client: Client;
  readonly asked: AskedFor;
}

/** As the device shows it, whatever spaces, dashes and cases were typed. */
function normalCode(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 20);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Devices that wait for the person who reads their code. A code is answered once. */
@Injectable()
export class PendingDevices {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly server: AuthorizationServer,
    private readonly records: OidcRecordStore,
    private readonly making: GrantMaking,
    private readonly ending: GrantEnding,
    private readonly outbox: Outbox,
  ) {}

  async find(userCode: string): Promise<PendingDevice | undefined> {
    const waiting = await this.waiting(userCode);
    if (waiting === undefined) return undefined;
    const { code, client, asked } = waiting;
    const normal = code.userCode ?? '';
    return {
      client: requestingClient(client),
      scopes: [...asked.scopes, ...asked.oidcScopes],
      organization: asked.organization,
      userCode: `${normal.slice(0, 4)}-${normal.slice(4)}`,
      machine: asked.machine,
      address: textOf(code.deviceInfo?.['ip']),
      userAgent: textOf(code.deviceInfo?.['ua']),
      expiresAt: new Date((code.exp ?? 0) * 1_000),
    };
  }

  async approve(userCode: string, approval: Approval): Promise<DeviceOutcome> {
    const waiting = await this.waiting(userCode);
    if (waiting === undefined) return { kind: 'gone' };
    const made = await this.making.make({ ...waiting, approval });
    if (made.kind !== 'granted') return made;
    const { asked, code } = waiting;
    const { session } = approval;
    const [resource, ...more] = asked.resources;
    const isFirst = await this.answer(code, {
      ...{ accountId: session.userId, grantId: made.grantId, amr: session.amr },
      authTime: Math.floor(session.signedInAt.getTime() / 1_000),
      scope: [...made.scopes, ...asked.oidcScopes].join(' '),
      resource: more.length > 0 ? asked.resources : resource,
    });
    if (isFirst) return { kind: 'approved' };
    await this.uow.system('identity.oauth', (tx) => this.ending.end(tx, made.grantId));
    return { kind: 'gone' };
  }

  async deny(userCode: string, { session, visitor }: { session: Session; visitor: Visitor }): Promise<void> {
    const waiting = await this.waiting(userCode);
    if (waiting === undefined) return;
    const { clientId } = waiting.client;
    const isFirst = await this.answer(waiting.code, {
      error: 'access_denied',
      errorDescription: 'the person said no',
    });
    if (!isFirst) return;
    const by = attributionOfVisitor({ visitor, actor: { kind: 'user', id: session.userId } });
    const orgId = session.orgId ?? 'platform';
    await this.uow.system('identity.oauth', (tx) =>
      this.outbox.append(tx, { type: 'identity.grant_denied', orgId, subject: clientId, data: { by, clientId } }),
    );
  }

  private answer({ jti }: DeviceCode, answer: object): Promise<boolean> {
    return this.uow.system('identity.oauth', (tx) => this.records.answerDevice(tx, recordHash(jti), answer));
  }

  private async waiting(userCode: string): Promise<Waiting | undefined> {
    const provider = await this.server.provider();
    const code = await provider.DeviceCode.findByUserCode(normalCode(userCode));
    const isOpen = code && code.isValid && !code.accountId && !code.error;
    const asked = isOpen ? askedFor(code.params) : undefined;
    const client = asked && (await provider.Client.find(asked.clientId));
    return isOpen && asked && client ? { provider, code, client, asked } : undefined;
  }
}
