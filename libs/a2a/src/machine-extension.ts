import type { AgentCard, AgentExtension } from '@a2a-js/sdk';
import { type MachineFacts, machineFactsSchema } from '@coorchat/contracts';
import { MACHINE_EXTENSION_URI } from './extension-uris.js';

export function machineExtension(facts: MachineFacts): AgentExtension {
  return {
    uri: MACHINE_EXTENSION_URI,
    description: 'Platform, hardware, toolchains and repositories of the machine',
    required: false,
    params: facts,
  };
}

/** Undefined when the card has no machine extension or its facts are malformed. */
export function machineFactsOf(card: AgentCard): MachineFacts | undefined {
  const extension = card.capabilities?.extensions.find(({ uri }) => uri === MACHINE_EXTENSION_URI);
  const parsed = machineFactsSchema.safeParse(extension?.params);
  return parsed.success ? parsed.data : undefined;
}
