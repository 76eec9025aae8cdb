import { MACHINE_EXTENSION_URI } from '@coorchat/a2a';
import {
  type LocalRepository,
  type MachineFacts,
  machineFactsSchema,
  repositoryIdentity,
  skillIdSchema,
} from '@coorchat/contracts';
import { z } from 'zod';

const MAX_CARD_BYTES = 256 * 1024;

/** The part of an A2A 1.0 Agent Card that the registry relies on; the rest is kept as it came. */
const cardSchema = z.looseObject({
  name: z.string().min(1).max(200),
  description: z.string().max(5_000).optional(),
  version: z.string().max(100).optional(),
  capabilities: z.looseObject({
    extensions: z.array(z.looseObject({ uri: z.string().max(500), params: z.unknown().optional() })).max(50),
  }),
  skills: z.array(z.looseObject({ id: skillIdSchema, name: z.string().max(200).optional() })).max(200),
});

export type CardJson = Readonly<Record<string, unknown>> & { readonly version?: string | undefined };

export interface VerifiedCard {
  readonly card: CardJson;
  readonly facts: MachineFacts;
  readonly skills: string[];
}

export type CardVerdict =
  { readonly ok: true; readonly value: VerifiedCard } | { readonly ok: false; readonly faults: string[] };

function faultsOf(error: z.ZodError, prefix: string): string[] {
  return error.issues.slice(0, 20).map(({ path, message }) => `${[prefix, ...path].join('.')}: ${message}`);
}

/** By identity, whole clones before shallow ones. Clones whose URL means nothing elsewhere are of no use to others. */
function knownRepositories(repositories: readonly LocalRepository[]): LocalRepository[] {
  const byUrl = new Map<string, LocalRepository>();
  for (const repository of repositories) {
    const url = tryIdentity(repository.url);
    const known = url === undefined ? undefined : byUrl.get(url);
    if (url !== undefined && (!known || (known.shallow && !repository.shallow))) byUrl.set(url, { ...repository, url });
  }
  return [...byUrl.values()];
}

function tryIdentity(url: string): string | undefined {
  try {
    return repositoryIdentity(url);
  } catch {
    return undefined;
  }
}

/** What a worker says of itself, checked; it may come from a machine that belongs to someone else. */
export function verifyCard(raw: unknown): CardVerdict {
  if (JSON.stringify(raw ?? null).length > MAX_CARD_BYTES)
    return { ok: false, faults: [`card: larger than ${MAX_CARD_BYTES} bytes`] };
  const card = cardSchema.safeParse(raw);
  if (!card.success) return { ok: false, faults: faultsOf(card.error, 'card') };
  const extension = card.data.capabilities.extensions.find(({ uri }) => uri === MACHINE_EXTENSION_URI);
  if (!extension)
    return {
      ok: false,
      faults: [`card.capabilities.extensions: the machine extension ${MACHINE_EXTENSION_URI} is missing`],
    };
  const facts = machineFactsSchema.safeParse(extension.params);
  if (!facts.success) return { ok: false, faults: faultsOf(facts.error, 'machine') };
  const repositories = knownRepositories(facts.data.repositories);
  const skills = [...new Set(card.data.skills.map(({ id }) => id))];
  return { ok: true, value: { card: card.data, facts: { ...facts.data, repositories }, skills } };
}
