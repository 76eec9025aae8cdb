import type { AgentCard, AgentSkill } from '@a2a-js/sdk';
import { AgentCard as AgentCardCodec } from '@a2a-js/sdk';
import { legacyRequirements, legacyScheme, requirements, securitySchemes } from './card-security.js';

const NAME = 'CoorChat';
const DESCRIPTION =
  'Plans software work into a graph of tasks, runs them on machines that have the repository, the toolchain and the capacity, and returns one branch.';

export const WORK_SKILL: AgentSkill = {
  id: 'deliver-software-work',
  name: 'Deliver software work',
  description:
    'Send what should be done as text; add a data part {repository, constraints, plan} to say where and how.',
  tags: ['software', 'planning', 'git'],
  examples: ['Fix the failing test in packages/cart and add discount codes'],
  inputModes: ['text/plain', 'application/json'],
  outputModes: ['text/plain', 'application/json'],
  securityRequirements: requirements(['work:submit']),
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
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: true, extensions: [] },
    securitySchemes: securitySchemes(baseUrl),
    securityRequirements: requirements(['work:read']),
    defaultInputModes: ['text/plain', 'application/json'],
    defaultOutputModes: ['text/plain', 'application/json'],
    skills: [WORK_SKILL],
    signatures: [],
  };
}

/** A skill of the machines, as the grants name it. */
function machineSkill(id: string): AgentSkill {
  return {
    ...WORK_SKILL,
    id,
    name: id,
    description: `Tasks of a plan may need ${id}: machines of the organization offer it.`,
    tags: ['machine'],
    examples: [],
    securityRequirements: requirements(['work:submit', `skill:${id}`]),
  };
}

export interface Usable {
  readonly mayDeliver: boolean;
  /** Skills of machines that the caller may reach. */
  readonly skills: readonly string[];
}

/** The card for a caller who is known. */
export function extendedCard(card: AgentCard, { mayDeliver, skills }: Usable): AgentCard {
  return { ...card, skills: mayDeliver ? [...card.skills, ...skills.map(machineSkill)] : [] };
}

interface CardJson extends Record<string, unknown> {
  readonly skills?: readonly object[];
  readonly securitySchemes?: Readonly<Record<string, object>>;
}

/**
 * The card as JSON for clients of both generations: the fields of A2A 1.0, and beside them those that a
 * 0.3 client looks for. Where both use one name, the value carries both shapes.
 */
export function cardDocument(card: AgentCard): Record<string, unknown> {
  const json = AgentCardCodec.toJSON(card) as CardJson;
  const { skills = [], securitySchemes: schemes = {} } = json;
  const [current] = card.supportedInterfaces;
  return {
    ...json,
    protocolVersion: '0.3.0',
    url: current?.url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url: current?.url, transport: 'JSONRPC' }],
    supportsAuthenticatedExtendedCard: true,
    skills: card.skills.map((skill, n) => ({ ...skills[n], security: legacyRequirements(skill.securityRequirements) })),
    securitySchemes: Object.fromEntries(
      Object.entries(card.securitySchemes).map(([name, each]) => [name, { ...schemes[name], ...legacyScheme(each) }]),
    ),
    security: legacyRequirements(card.securityRequirements),
  };
}
