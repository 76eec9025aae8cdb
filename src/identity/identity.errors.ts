import { AppError } from '@coorchat/kernel';

export const identityErrors = {
  keyNotFound: (id: string) =>
    new AppError({ code: 'identity.key_not_found', kind: 'not_found', message: `There is no API key ${id}.` }),
  scopeNotHeld: (scopes: readonly string[]) =>
    new AppError({
      code: 'identity.scope_not_held',
      kind: 'forbidden',
      message: `A key can give only scopes that it has itself; it lacks ${scopes.join(', ')}.`,
      details: { scopes },
    }),
  enrolmentRefused: () =>
    new AppError({
      code: 'identity.enrolment_refused',
      kind: 'unauthenticated',
      message: 'The enrolment token is unknown, used or expired. Ask an administrator for a new one.',
    }),
};
