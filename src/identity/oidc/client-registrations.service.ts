import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { UnitOfWork } from '../../platform/db/index.js';
import { PLATFORM_ORG } from '../../platform/outbox/index.js';
import { OidcRecordStore } from './oidc-record.store.js';
import { judgeRegistration, type PublicClientMetadata } from './registration.rules.js';
import { TokenNews } from './token-news.js';

/** Together, whoever registered them; those that nobody uses are forgotten after a while. */
const MAX_CLIENTS = 10_000;

export type Judged =
  | { readonly kind: 'accepted'; readonly metadata: PublicClientMetadata }
  | { readonly kind: 'refused'; readonly status: number; readonly error: string; readonly why: string };

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** Programs that nobody here knows register themselves, MCP clients above all: public, few, and not for ever. */
@Injectable()
export class ClientRegistrations {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly records: OidcRecordStore,
    private readonly news: TokenNews,
  ) {}

  async judge(body: string | undefined, request: FastifyRequest): Promise<Judged> {
    const judged = judgeRegistration(parse(body));
    if (judged.kind === 'refused') return this.refuse(request, { ...judged, status: 400 });
    const count = await this.uow.system('identity.oauth', (tx) => this.records.count(tx, 'Client'));
    if (count < MAX_CLIENTS) return judged;
    const why = 'too many clients are registered; try again later';
    return this.refuse(request, { kind: 'refused', status: 503, error: 'temporarily_unavailable', why });
  }

  private refuse({ id, ip }: FastifyRequest, refusal: Extract<Judged, { kind: 'refused' }>): Judged {
    const { error, why: detail } = refusal;
    const who = { orgId: PLATFORM_ORG, clientId: 'unknown', subject: 'unknown', grantType: 'registration' };
    const origin = { address: ip };
    this.news.note({ type: 'identity.registration_refused', ...who, error, detail, requestId: id, origin });
    return refusal;
  }
}
