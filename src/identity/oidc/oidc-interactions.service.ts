import { Injectable } from '@nestjs/common';
import { type Client, errors, type Interaction, type InteractionResults, type Provider } from 'oidc-provider';
import { UnitOfWork } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Clusters, Members } from '../../tenancy/index.js';
import type { Session } from '../accounts/session.store.js';
import { attributionOfVisitor, type Visitor } from '../accounts/visitor.js';
import { grantableScopes, isOfMachine } from './asked-scopes.rules.js';
import { AuthorizationServer } from './authorization-server.js';
import { requestingClient } from './client-metadata.rules.js';
import { GrantMaking } from './grant-making.service.js';
import {
  type AccessRequest,
  type Approval,
  type ApprovalRefusal,
  type DeviceOutcome,
  type GoOn,
  type GrantableOrganization,
  Interactions,
  type PendingDevice,
  type PendingRequest,
  type RawExchange,
} from './interactions.port.js';
import { OauthGrantStore } from './oauth-grant.store.js';
import { type AskedFor, askedFor, signedInSince } from './pending-request.rules.js';
import { PendingDevices } from './pending-devices.service.js';
import { INTERACTION_PATH } from './provider-configuration.js';

const GONE = { kind: 'gone' } as const;

interface Open {
  readonly provider: Provider;
  readonly interaction: Interaction;
  readonly client: Client;
  readonly asked: AskedFor;
}

function loginOf({ userId, signedInAt, amr }: Session): NonNullable<InteractionResults['login']> {
  return { accountId: userId, ts: Math.floor(signedInAt.getTime() / 1_000), amr: [...amr], remember: false };
}

function isRecentEnough({ interaction, asked }: Open, { signedInAt }: Session): boolean {
  const since = signedInSince(asked, interaction.iat ?? 0);
  return since === undefined || signedInAt >= since;
}

/** The pages' side of oidc-provider. Sign-in and consent are handed in together: it remembers nobody. */
@Injectable()
export class OidcInteractions extends Interactions {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly server: AuthorizationServer,
    private readonly making: GrantMaking,
    private readonly devices: PendingDevices,
    private readonly grants: OauthGrantStore,
    private readonly members: Members,
    private readonly clusters: Clusters,
    private readonly outbox: Outbox,
  ) {
    super();
  }

  override async details(exchange: RawExchange): Promise<PendingRequest | undefined> {
    const open = await this.open(exchange);
    if (open === undefined) return undefined;
    const { interaction, client, asked } = open;
    return {
      uid: interaction.uid,
      step: interaction.result?.login ? 'consent' : 'sign_in',
      client: requestingClient(client),
      scopes: [...asked.scopes, ...asked.oidcScopes],
      organization: asked.organization,
      signedInSince: signedInSince(asked, interaction.iat ?? 0),
      loginHint: asked.loginHint,
      redirectsTo: asked.redirectsTo,
    };
  }

  override async finishLogin(exchange: RawExchange, session: Session): Promise<GoOn | { readonly kind: 'gone' }> {
    const open = await this.open(exchange);
    if (open === undefined || !isRecentEnough(open, session)) return GONE;
    await this.hand(open, exchange, { login: loginOf(session) });
    return { kind: 'go_on', url: `${INTERACTION_PATH}/${open.interaction.uid}` };
  }

  override async choices(request: AccessRequest, session: Session): Promise<GrantableOrganization[]> {
    const { organization, scopes } = request;
    const memberships = await this.uow.system('tenancy.memberships', (tx) => this.members.ofUser(tx, session.userId));
    const choices = memberships
      .filter(({ id, eraseAt }) => eraseAt === null && (organization === undefined || organization === id))
      .map(({ id, name, role }) => ({ orgId: id, name, role, scopes: grantableScopes(role, scopes) }));
    return isOfMachine(scopes) ? Promise.all(choices.map((each) => this.withClusters(each))) : choices;
  }

  private async withClusters(choice: GrantableOrganization): Promise<GrantableOrganization> {
    if (choice.scopes.length === 0) return choice;
    const { orgId } = choice;
    const clusters = await this.uow.tenantRead({ orgId }, (tx) => this.clusters.list(tx));
    return { ...choice, clusters: clusters.map(({ id, name }) => ({ id, name })) };
  }

  override async isGranted(request: AccessRequest, session: Session, orgId: string): Promise<boolean> {
    if (request.client.isFirstParty) return true;
    if (request.client.isInstalled) return false;
    const granted = await this.uow.system('identity.oauth', (tx) => this.grants.listLive(tx, session.userId));
    const earlier = granted.filter((grant) => grant.clientId === request.client.id && grant.orgId === orgId);
    const [choice] = (await this.choices(request, session)).filter((each) => each.orgId === orgId);
    return choice !== undefined && earlier.some(({ scopes }) => choice.scopes.every((each) => scopes.includes(each)));
  }

  override async finishConsent(exchange: RawExchange, approval: Approval): Promise<GoOn | ApprovalRefusal> {
    const open = await this.open(exchange);
    if (open === undefined || !isRecentEnough(open, approval.session)) return GONE;
    const made = await this.making.make({ ...open, approval });
    if (made.kind !== 'granted') return made;
    const result = { login: loginOf(approval.session), consent: { grantId: made.grantId } };
    return { kind: 'go_on', url: await this.hand(open, exchange, result) };
  }

  override async abort(exchange: RawExchange, visitor: Visitor): Promise<GoOn | { readonly kind: 'gone' }> {
    const open = await this.open(exchange);
    if (open === undefined) return GONE;
    const denied = { error: 'access_denied', error_description: 'the person said no' };
    const url = await this.hand(open, exchange, denied);
    await this.tellDenied(open, visitor);
    return { kind: 'go_on', url };
  }

  override findDevice(userCode: string): Promise<PendingDevice | undefined> {
    return this.devices.find(userCode);
  }

  override approveDevice(userCode: string, approval: Approval): Promise<DeviceOutcome> {
    return this.devices.approve(userCode, approval);
  }

  override denyDevice(userCode: string, who: { session: Session; visitor: Visitor }): Promise<void> {
    return this.devices.deny(userCode, who);
  }

  private async open({ request, reply }: RawExchange): Promise<Open | undefined> {
    const provider = await this.server.provider();
    const interaction = await findInteraction(provider, request, reply);
    const asked = interaction && askedFor(interaction.params);
    const client = asked && (await provider.Client.find(asked.clientId));
    return interaction && asked && client && { provider, interaction, client, asked };
  }

  /** @returns where the library goes on */
  private hand({ provider }: Open, { request, reply }: RawExchange, result: InteractionResults): Promise<string> {
    return provider.interactionResult(request, reply, result, { mergeWithLastSubmission: false });
  }

  private async tellDenied({ client, asked }: Open, visitor: Visitor): Promise<void> {
    const by = attributionOfVisitor({ visitor, actor: { kind: 'client', id: client.clientId } });
    const data = { by, clientId: client.clientId, scopes: asked.scopes };
    await this.uow.system('identity.oauth', (tx) =>
      this.outbox.append(tx, { type: 'identity.grant_denied', orgId: 'platform', subject: client.clientId, data }),
    );
  }
}

async function findInteraction(
  provider: Provider,
  ...[request, reply]: Parameters<Provider['interactionDetails']>
): Promise<Interaction | undefined> {
  try {
    return await provider.interactionDetails(request, reply);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}
