import type { AgentCard } from '@a2a-js/sdk';
import { AgentCard as AgentCardCodec } from '@a2a-js/sdk';

const NAME = 'CoorChat';
const DESCRIPTION =
  'Plans software work into a graph of tasks, runs them on machines that have the repository, the toolchain and the capacity, and returns one branch.';

export const WORK_SKILL = {
  id: 'deliver-software-work',
  name: 'Deliver software work',
  description:
    'Send what should be done as text; add a data part {repository, constraints, plan} to say where and how.',
  tags: ['software', 'planning', 'git'],
  examples: ['Fix the failing test in packages/cart and add discount codes'],
  inputModes: ['text/plain', 'application/json'],
  outputModes: ['text/plain', 'application/json'],
  securityRequirements: [],
};

export function clusterCard(baseUrl: string, version: string): AgentCard {
  const url = `${baseUrl}/a2a`;
  return {
    name: NAME,
    description: DESCRIPTION,
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '0.3' },
    ],
    provider: { organization: NAME, url: baseUrl },
    version,
    documentationUrl: `${baseUrl}/docs`,
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: [] },
    securitySchemes: {
      bearer: {
        scheme: {
          $case: 'httpAuthSecurityScheme',
          value: { description: 'An API key of the organization', scheme: 'Bearer', bearerFormat: '' },
        },
      },
    },
    securityRequirements: [{ schemes: { bearer: { list: [] } } }],
    defaultInputModes: ['text/plain', 'application/json'],
    defaultOutputModes: ['text/plain', 'application/json'],
    skills: [WORK_SKILL],
    signatures: [],
  };
}

/**
 * The card as JSON for clients of both generations: the fields of A2A 1.0, and beside them those that a
 * 0.3 client looks for. Where both use one name, the value carries both shapes.
 */
export function cardDocument(card: AgentCard): Record<string, unknown> {
  const json = AgentCardCodec.toJSON(card) as Record<string, unknown>;
  const [current] = card.supportedInterfaces;
  return {
    ...json,
    protocolVersion: '0.3.0',
    url: current?.url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url: current?.url, transport: 'JSONRPC' }],
    supportsAuthenticatedExtendedCard: false,
    securitySchemes: {
      bearer: {
        httpAuthSecurityScheme: { scheme: 'Bearer', description: 'An API key of the organization' },
        type: 'http',
        scheme: 'bearer',
      },
    },
    security: [{ bearer: [] }],
  };
}
