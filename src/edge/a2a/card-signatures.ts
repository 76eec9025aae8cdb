import { createHash, type KeyObject } from 'node:crypto';
import {
  type AgentCard,
  AgentCard as AgentCardCodec,
  canonicalizeAgentCard,
  generateAgentCardSignature,
} from '@a2a-js/sdk';

export interface CardKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** Where its public half is. */
  readonly jku: string;
}

type Signatures = AgentCard['signatures'];

const MAX_KEPT = 100;

async function sign(json: AgentCard, { kid, privateKey, jku }: CardKey): Promise<Signatures> {
  const { signatures } = await generateAgentCardSignature(privateKey, { alg: 'ES256', typ: 'JOSE', kid, jku })(json);
  return signatures;
}

/** Signatures of cards by key and content: the same card, asked for again, is not signed again. */
export class CardSignatures {
  readonly #kept = new Map<string, Promise<Signatures>>();

  /**
   * Signs the card as it is sent. The SDK leaves `securitySchemes` out when it is given its own object, so that
   * anybody could change where clients ask for tokens.
   */
  async of(card: AgentCard, key: CardKey): Promise<Signatures> {
    const json = AgentCardCodec.toJSON(card) as AgentCard;
    const id = createHash('sha256')
      .update(`${key.kid} ${key.jku} ${canonicalizeAgentCard(json)}`)
      .digest('base64');
    const kept = this.#kept.get(id) ?? sign(json, key);
    this.#keep(id, kept);
    try {
      return await kept;
    } catch (error) {
      this.#kept.delete(id);
      throw error;
    }
  }

  /** As the youngest; the oldest goes when there are too many. */
  #keep(id: string, signatures: Promise<Signatures>): void {
    this.#kept.delete(id);
    this.#kept.set(id, signatures);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}
