import type { AgentCard, AgentInterface } from '@a2a-js/sdk';
import { machineExtension, TASK_EXTENSION_URI, TUNNEL_BINDING_URI } from '@coorchat/a2a';
import type { MachineFacts } from '@coorchat/contracts';
import { skillsOf } from '../facts/skills.rules.js';

export interface CardOptions {
  readonly name: string;
  readonly version: string;
  readonly facts: MachineFacts;
  readonly agent: boolean;
  /** Address of the control plane, when the worker holds a tunnel to it. */
  readonly tunnelUrl: string | undefined;
  /** Address of the worker's own listener. */
  readonly listenerUrl: string | undefined;
}

const PROTOCOL_VERSION = '1.0';

function interfaces({ tunnelUrl, listenerUrl }: CardOptions): AgentInterface[] {
  const tunnel = { url: tunnelUrl ?? '', protocolBinding: TUNNEL_BINDING_URI };
  const listener = { url: listenerUrl ?? '', protocolBinding: 'JSONRPC' };
  return [tunnel, listener]
    .filter(({ url }) => url !== '')
    .map((offered) => ({ ...offered, tenant: '', protocolVersion: PROTOCOL_VERSION }));
}

/** The worker as an A2A 1.0 agent. */
export function workerCard(options: CardOptions): AgentCard {
  const { name, version, facts, agent, listenerUrl } = options;
  const bearer = {
    scheme: {
      $case: 'httpAuthSecurityScheme' as const,
      value: { description: '', scheme: 'Bearer', bearerFormat: '' },
    },
  };
  return {
    name,
    description: `CoorChat worker on ${facts.platform} (${facts.architecture}), ${facts.cpuCores} cores`,
    supportedInterfaces: interfaces(options),
    provider: undefined,
    version,
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: [
        machineExtension(facts),
        {
          uri: TASK_EXTENSION_URI,
          description: 'Assignments, sequenced events, gap reading and acknowledgement',
          required: true,
          params: undefined,
        },
      ],
    },
    securitySchemes: listenerUrl === undefined ? {} : { bearer },
    securityRequirements: listenerUrl === undefined ? [] : [{ schemes: { bearer: { list: [] } } }],
    defaultInputModes: ['application/json'],
    defaultOutputModes: ['text/plain', 'application/json'],
    skills: skillsOf(facts, { agent }),
    signatures: [],
  };
}

/** What anybody may read: nothing of the machine. */
export function publicCard(card: AgentCard): AgentCard {
  const extensions = card.capabilities?.extensions.filter(({ uri }) => uri === TASK_EXTENSION_URI) ?? [];
  const skills = card.skills.map((skill) => ({ ...skill, description: skill.name, tags: [] }));
  return {
    ...card,
    description: 'CoorChat worker',
    skills,
    capabilities: card.capabilities && { ...card.capabilities, extensions },
  };
}
