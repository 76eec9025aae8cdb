import { AppError } from '@coorchat/kernel';

export const identityErrors = {
  keyNotFound: (id: string) =>
    new AppError({ code: 'identity.key_not_found', kind: 'not_found', message: `There is no API key ${id}.` }),
  keyEnded: (id: string) =>
    new AppError({
      code: 'identity.key_ended',
      kind: 'conflict',
      message: `The API key ${id} has ended or was rotated already.`,
    }),
  keyNeedsOwner: () =>
    new AppError({
      code: 'identity.key_needs_owner',
      kind: 'forbidden',
      message: 'Only members make personal keys, and only those who manage keys make keys of the organization.',
    }),
  keyOfAnother: () =>
    new AppError({
      code: 'identity.key_of_another',
      kind: 'forbidden',
      message: 'A personal key is rotated by the person whose key it is. You may revoke it.',
    }),
  scopeNotHeld: (scopes: readonly string[]) =>
    new AppError({
      code: 'identity.scope_not_held',
      kind: 'forbidden',
      message: `A key can carry only what its maker may do; you lack ${scopes.join(', ')}.`,
      details: { scopes },
    }),
  clientNotFound: (id: string) =>
    new AppError({ code: 'identity.client_not_found', kind: 'not_found', message: `There is no OAuth client ${id}.` }),
  clientEnded: (id: string) =>
    new AppError({
      code: 'identity.client_ended',
      kind: 'conflict',
      message: `The OAuth client ${id} was revoked, or has no secret.`,
    }),
  badClientKey: () =>
    new AppError({
      code: 'identity.bad_client_key',
      kind: 'invalid',
      message: 'Each key must be the public half of an EC P-256, Ed25519 or RSA (2048 bits and more) key, as a JWK.',
    }),
  badKeyProof: () =>
    new AppError({
      code: 'identity.bad_key_proof',
      kind: 'invalid',
      message: 'The proof does not show that the machine holds its key, or was made for another token or time.',
    }),
  enrolmentRefused: () =>
    new AppError({
      code: 'identity.enrolment_refused',
      kind: 'unauthenticated',
      message: 'The enrolment token is unknown, used or expired. Ask an administrator for a new one.',
    }),
};
