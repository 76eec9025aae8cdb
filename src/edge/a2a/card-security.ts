import type { AgentCard, SecurityRequirement } from '@a2a-js/sdk';
import { USER_SCOPES } from '@coorchat/contracts';
import { API_KEY_HEADER } from '../../identity/index.js';

const SCOPE_TEXTS = Object.fromEntries(
  [...USER_SCOPES, 'skill:*'].map((scope) => [scope, `The permission ${scope}`]),
) as Readonly<Record<string, string>>;

const WITHOUT_SCOPES = ['bearer', 'apiKey'];
const WITH_SCOPES = ['oauth2', 'oauth2Device', 'oauth2Program', 'openIdConnect'];

type Schemes = AgentCard['securitySchemes'];

function oauthSchemes(baseUrl: string): Schemes {
  const tokenUrl = `${baseUrl}/oidc/token`;
  const refreshing = { tokenUrl, refreshUrl: tokenUrl, scopes: { ...SCOPE_TEXTS } };
  const oauth2MetadataUrl = `${baseUrl}/.well-known/oauth-authorization-server`;
  const authorizationCode = { ...refreshing, authorizationUrl: `${baseUrl}/oidc/auth`, pkceRequired: true };
  const deviceCode = { ...refreshing, deviceAuthorizationUrl: `${baseUrl}/oidc/device/auth` };
  const clientCredentials = { tokenUrl, refreshUrl: '', scopes: { ...SCOPE_TEXTS } };
  const scheme = (description: string, flow: NonNullable<OauthFlow>): Schemes[string] => ({
    scheme: { $case: 'oauth2SecurityScheme', value: { description, flows: { flow }, oauth2MetadataUrl } },
  });
  return {
    oauth2: scheme('A person allows it in the browser', { $case: 'authorizationCode', value: authorizationCode }),
    oauth2Device: scheme('A person allows it on another device', { $case: 'deviceCode', value: deviceCode }),
    oauth2Program: scheme('A client of the organization', { $case: 'clientCredentials', value: clientCredentials }),
  };
}

type OauthScheme = Extract<NonNullable<Schemes[string]['scheme']>, { $case: 'oauth2SecurityScheme' }>['value'];
type OauthFlow = NonNullable<OauthScheme['flows']>['flow'];

/** Every way in. */
export function securitySchemes(baseUrl: string): Schemes {
  const openIdConnectUrl = `${baseUrl}/.well-known/openid-configuration`;
  return {
    bearer: {
      scheme: {
        $case: 'httpAuthSecurityScheme',
        value: { description: 'An API key of the organization', scheme: 'Bearer', bearerFormat: '' },
      },
    },
    apiKey: {
      scheme: {
        $case: 'apiKeySecurityScheme',
        value: { description: 'An API key of the organization', location: 'header', name: API_KEY_HEADER },
      },
    },
    openIdConnect: {
      scheme: { $case: 'openIdConnectSecurityScheme', value: { description: 'Sign in', openIdConnectUrl } },
    },
    ...oauthSchemes(baseUrl),
  };
}

/** Any one of the ways in; tokens need these scopes. */
export function requirements(scopes: readonly string[]): SecurityRequirement[] {
  const one = (name: string, list: readonly string[]) => ({ schemes: { [name]: { list: [...list] } } });
  return [...WITHOUT_SCOPES.map((name) => one(name, [])), ...WITH_SCOPES.map((name) => one(name, scopes))];
}

type LegacyRequirement = Readonly<Record<string, readonly string[]>>;

/** `security` of a 0.3 card or skill. */
export function legacyRequirements(current: readonly SecurityRequirement[]): LegacyRequirement[] {
  return current.map(({ schemes }) => Object.fromEntries(Object.entries(schemes).map(([k, { list }]) => [k, list])));
}

type LegacyScheme = Readonly<Record<string, unknown>>;

/** 0.3 has no word for device authorization: it is found through the authorization server's own metadata. */
function legacyOauth({ flows, oauth2MetadataUrl }: OauthScheme): LegacyScheme {
  const flow = flows?.flow;
  if (flow === undefined || flow.$case === 'deviceCode')
    return { type: 'openIdConnect', openIdConnectUrl: oauth2MetadataUrl };
  const { refreshUrl, ...value } = flow.value;
  return { type: 'oauth2', flows: { [flow.$case]: { ...value, ...(refreshUrl !== '' && { refreshUrl }) } } };
}

/** What a 0.3 client looks for in a scheme, by the names of OpenAPI. */
export function legacyScheme({ scheme }: Schemes[string]): LegacyScheme {
  switch (scheme?.$case) {
    case 'httpAuthSecurityScheme':
      return { type: 'http', scheme: scheme.value.scheme.toLowerCase() };
    case 'apiKeySecurityScheme':
      return { type: 'apiKey', in: scheme.value.location, name: scheme.value.name };
    case 'openIdConnectSecurityScheme':
      return { type: 'openIdConnect', openIdConnectUrl: scheme.value.openIdConnectUrl };
    case 'oauth2SecurityScheme':
      return legacyOauth(scheme.value);
    default:
      return {};
  }
}
