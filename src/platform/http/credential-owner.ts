import type { Actor, Authentication } from '@coorchat/kernel';

/** Whose credential it is that was shown: known even where it is not taken any more. */
export interface CredentialOwner {
  readonly orgId: string;
  readonly actor: Actor;
  readonly authentication?: Authentication;
}

const owners = new WeakMap<Error, CredentialOwner>();

/** The same error; the audit trail will name whose credential was refused, the caller is not told. */
export function ownedBy<E extends Error>(error: E, owner: CredentialOwner | undefined): E {
  if (owner) owners.set(error, owner);
  return error;
}

export function ownerOf(error: unknown): CredentialOwner | undefined {
  return error instanceof Error ? owners.get(error) : undefined;
}
