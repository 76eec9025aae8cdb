import { Inject, Injectable } from '@nestjs/common';
import { type Actor, type Origin, type TenantContext, tenantContext } from '@coorchat/kernel';
import type { Caller, Role } from '@coorchat/contracts';
import { AppConfig } from '../../platform/config/index.js';
import { type Challenge, type CredentialOwner, PublicUrl } from '../../platform/http/index.js';
import type { AccessClaims } from './access-claims.js';
import { AccessTokens } from './access-tokens.service.js';
import { invalidProof, invalidToken } from './challenge.js';
import { DpopProofs } from './dpop-proofs.service.js';
import { MemberRoles } from './member-roles.service.js';
import { actorOf, presenceOf, type Standing, standingOf, tokenOwner } from './token-context.rules.js';

/** A token as it was shown. */
export interface ShownToken {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
  /** The `DPoP` header. */
  readonly proof: string | undefined;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** `Host` header. */
  readonly host: string | undefined;
  readonly requestId: string;
  readonly origin?: Origin;
}

export type TokenOutcome =
  | { readonly context: TenantContext; readonly claims: AccessClaims }
  | {
      readonly challenge: Challenge;
      /** Whose token it is, where we signed it: for the audit trail. */
      readonly owner?: CredentialOwner;
    };

interface Held {
  readonly claims: AccessClaims;
  readonly actor: Actor;
  readonly role: Role | undefined;
  readonly now: Date;
}

interface KnownStanding extends Pick<Held, 'role'> {
  readonly presence: Caller['presence'];
  readonly standing: Standing;
}

/** Access tokens, bound or not, as the caller's context. Also the injection token. */
@Injectable()
export class TokenAuthenticator {
  private readonly standings = new WeakMap<AccessClaims, KnownStanding>();

  constructor(
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(DpopProofs) private readonly proofs: DpopProofs,
    @Inject(MemberRoles) private readonly roles: MemberRoles,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
    @Inject(AppConfig) private readonly config: AppConfig,
  ) {}

  /** For a proof that is asked for. */
  nonce(): string {
    return this.proofs.nonce();
  }

  /** For an unbound token that was verified before; undefined where more than memory has to be asked. */
  known(token: string, now = new Date()): Standing | undefined {
    const claims = this.tokens.known(token, now);
    if (claims === undefined || claims.keyThumbprint !== undefined) return undefined;
    const actor = this.standings.get(claims)?.standing.actor ?? actorOf(claims);
    if (actor === undefined) return undefined;
    const role = actor.kind === 'user' ? this.roles.known(claims.orgId, actor.id) : undefined;
    return actor.kind === 'user' && !role ? undefined : this.standing({ claims, actor, role, now });
  }

  async authenticate(shown: ShownToken, now = new Date()): Promise<TokenOutcome> {
    const checked = await this.tokens.verify(shown.token, now);
    if ('challenge' in checked) return refused(checked.challenge, checked.signed);
    const { claims } = checked;
    const challenge = await this.bindingFault(shown, claims, now);
    if (challenge) return refused(challenge, claims);
    const actor = actorOf(claims);
    if (!actor) return refused(invalidToken('The subject of the token is none of ours.'), claims);
    const { requestId, origin } = shown;
    const role = actor.kind === 'user' ? await this.roles.roleOf(claims.orgId, actor.id) : undefined;
    if (actor.kind === 'user' && !role) return refused(invalidToken('The person is no member any more.'), claims);
    const standing = this.standing({ claims, actor, role, now });
    return { context: tenantContext({ ...standing, requestId, ...(origin && { origin }) }), claims };
  }

  /** Made anew when the role has changed, or the sign-in is not recent any more. */
  private standing({ claims, actor, role, now }: Held): Standing {
    const presence = presenceOf(actor, claims, now);
    const known = this.standings.get(claims);
    if (known && known.role === role && known.presence === presence) return known.standing;
    const standing = standingOf({ actor, presence, ...(role && { role }) }, claims);
    this.standings.set(claims, { role, presence, standing });
    return standing;
  }

  /** RFC 9449 section 7.1: a bound token needs its proof, and an unbound one is no DPoP token. */
  private async bindingFault(shown: ShownToken, claims: AccessClaims, now: Date): Promise<Challenge | undefined> {
    const { scheme, proof, method, path, token } = shown;
    const bound = claims.keyThumbprint;
    if (bound === undefined) return scheme === 'dpop' ? invalidToken('The token is not bound to a key.') : undefined;
    if (scheme !== 'dpop') return invalidToken('The token is bound to a key: show it as DPoP with a proof.');
    if (proof === undefined) return invalidProof('A proof is needed in the header DPoP.');
    const origins = this.originsFor(shown.host);
    const outcome = await this.proofs.check(proof, { method, path, origins, accessToken: token }, now);
    if ('challenge' in outcome) return outcome.challenge;
    return outcome.keyThumbprint === bound ? undefined : invalidProof('The proof was made with another key.');
  }

  /** Where the operator named no public URL, callers reach us under any name that leads here. */
  private originsFor(host: string | undefined): string[] {
    const own = new URL(this.publicUrl.value);
    if (this.config.publicUrl !== undefined || host === undefined) return [own.origin];
    const asCalled = `${own.protocol}//${host}`;
    return URL.canParse(asCalled) ? [own.origin, new URL(asCalled).origin] : [own.origin];
  }
}

function refused(challenge: Challenge, claims: AccessClaims | undefined): TokenOutcome {
  return { challenge, ...(claims && { owner: tokenOwner(claims) }) };
}
