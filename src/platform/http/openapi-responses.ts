import type { OpenAPIObject } from '@nestjs/swagger';
import type { BookedRoute } from './route-book.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Components = NonNullable<OpenAPIObject['components']>;

const CONTENT = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

function text(description: string, example: string) {
  return { description, schema: { type: 'string' as const }, example };
}

const HEADERS = {
  'X-Request-Id': text('Quote it when you ask for help', 'req_01m7ys30mbbf866x7397m4f34k'),
  'WWW-Authenticate': text(
    'Which credentials are taken, or what the one that was shown lacks',
    'Bearer realm="coorchat"',
  ),
  'DPoP-Nonce': text('For the next proof, when one is asked for', 'CVOeYIg0'),
  'Retry-After': text('Seconds', '12'),
  RateLimit: text(
    'The policy that is nearest to its end, what is left of it, and for how many seconds',
    '"credential";r=0;t=12',
  ),
  'RateLimit-Policy': text('Every policy that holds: requests and seconds', '"credential";q=30000;w=60'),
};

type HeaderName = keyof typeof HEADERS;

interface Fault {
  readonly name: string;
  readonly description: string;
  readonly headers?: readonly HeaderName[];
}

const FAULTS = {
  400: { name: 'BadRequest', description: 'The input is not valid' },
  401: {
    name: 'Unauthenticated',
    description: 'No credential, or one that is not taken',
    headers: ['WWW-Authenticate', 'DPoP-Nonce'],
  },
  403: {
    name: 'Forbidden',
    description: 'The credential lacks a permission, or a limit of the organization is reached',
    headers: ['WWW-Authenticate'],
  },
  404: { name: 'NotFound', description: 'Not there, or not yours' },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests of the organization, the credential or the address',
    headers: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  },
  default: { name: 'Fault', description: 'Any other fault' },
} as const satisfies Record<string, Fault>;

type Status = keyof typeof FAULTS;

function headerRefs(names: readonly HeaderName[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Answers that operations share. */
export function problemComponents(): Pick<Components, 'responses' | 'headers'> {
  const faults: Fault[] = Object.values(FAULTS);
  const responses = faults.map(({ name, description, headers = [] }) => [
    name,
    { description, headers: headerRefs(['X-Request-Id', ...headers]), content: CONTENT },
  ]);
  return { headers: { ...HEADERS }, responses: Object.fromEntries(responses) as Components['responses'] & object };
}

function statusesOf(operation: Operation, { access }: BookedRoute['config']): Status[] {
  const hasInput = operation.requestBody !== undefined || (operation.parameters?.length ?? 0) > 0;
  const hasId = operation.parameters?.some((parameter) => 'in' in parameter && parameter.in === 'path') ?? false;
  const guarded: Status[] = access ? [401, 403] : [];
  return [...(hasInput ? ([400] as const) : []), ...guarded, ...(hasId ? ([404] as const) : []), 429, 'default'];
}

export function addProblems(operation: Operation, config: BookedRoute['config']): void {
  for (const status of statusesOf(operation, config)) {
    operation.responses[status] ??= { $ref: `#/components/responses/${FAULTS[status].name}` };
  }
}
