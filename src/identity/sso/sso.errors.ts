import { AppError } from '@coorchat/kernel';

export const ssoErrors = {
  noConnection: () =>
    new AppError({
      code: 'identity.sso_not_configured',
      kind: 'not_found',
      message: 'The organization has no identity provider.',
    }),
  secretNeeded: () =>
    new AppError({
      code: 'identity.sso_secret_needed',
      kind: 'invalid',
      message: 'The provider’s client secret is missing; private_key_jwt takes none.',
    }),
  issuerRefused: (why: string) =>
    new AppError({
      code: 'identity.sso_issuer_refused',
      kind: 'invalid',
      message: `The issuer is not called: ${why}.`,
    }),
  badDomain: () => new AppError({ code: 'identity.bad_domain', kind: 'invalid', message: 'This is no domain name.' }),
  domainNotFound: (id: string) =>
    new AppError({ code: 'identity.domain_not_found', kind: 'not_found', message: `There is no domain ${id}.` }),
  domainKnown: () =>
    new AppError({ code: 'identity.domain_known', kind: 'conflict', message: 'The domain is on your list already.' }),
  domainTaken: () =>
    new AppError({
      code: 'identity.domain_taken',
      kind: 'conflict',
      message: 'Another organization has verified this domain.',
    }),
  domainUnproven: (name: string) =>
    new AppError({
      code: 'identity.domain_unproven',
      kind: 'conflict',
      message: `No TXT record at ${name} has the value that we gave you. DNS may need some time.`,
    }),
};
