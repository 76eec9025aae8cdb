import { AgentCard } from '@a2a-js/sdk';
import { TASK_EXTENSION_URI } from '@coorchat/a2a';
import { type CredentialDemand, TUNNEL_PATH, TunnelUnauthorized, TunnelWorker, tunnelUrl } from '@coorchat/tunnel';
import { isAppError, messageOf } from '@coorchat/kernel';
import type { WorkerRpc } from '../a2a/worker-rpc.js';
import type { WorkerTokens } from '../enrolment/worker-tokens.js';
import type { AttemptDesk } from '../attempt/attempt-desk.js';
import type { Logger } from '../log/logger.js';
import type { MachineCard } from '../process/machine-card.js';

export interface TunnelRoadOptions {
  /** Address of the control plane. */
  readonly url: string;
  readonly tokens: WorkerTokens;
  readonly rpc: WorkerRpc;
  readonly desk: AttemptDesk;
  /** Said in each hello, from what was known last: a look at the machine takes seconds and delays no session. */
  readonly card: Pick<MachineCard, 'current' | 'refresh'>;
  readonly load: () => unknown;
  readonly logger: Logger;
}

/** The line that the worker dials itself: nothing has to reach the machine from outside. */
export function tunnelRoad(options: TunnelRoadOptions): TunnelWorker {
  const { url, tokens, rpc, desk, load, logger, card } = options;
  const tunnel: TunnelWorker = new TunnelWorker({
    url: tunnelUrl(url),
    credential: (demand) => credentialFor(tokens, demand),
    handler: (request, context) => rpc.handle(request, context),
    hooks: {
      hello: () =>
        Promise.resolve({
          card: AgentCard.toJSON(card.current),
          features: [TASK_EXTENSION_URI],
          held: desk.held(),
        }),
      onWelcome: ({ epoch, verdicts }) => {
        logger.info('connected', { url, session: epoch });
        desk.openIntake();
        desk.decide(verdicts);
        void showChange(tunnel, options);
      },
      onAck: (acks) => desk.acknowledge(acks),
      onLease: (leases) => desk.extendLeases(leases),
      onVerdict: (verdicts) => desk.decide(verdicts),
      onDrain: () => {
        logger.info('takes no more work: the control plane drains this worker');
        desk.closeIntake();
      },
      load,
      onFault: (error, where) => logger.error(`the tunnel's ${where} failed`, { error: messageOf(error) }),
      onState: (state, detail) => {
        if (state === 'waiting') logger.warn('not connected, tries again', { reason: detail });
        else logger.debug(`line: ${state}`, { detail });
      },
    },
  });
  return tunnel;
}

/** A refusal for good ends the worker; everything else is tried again. */
async function credentialFor(tokens: WorkerTokens, demand: CredentialDemand) {
  try {
    return await tokens.show('GET', TUNNEL_PATH, demand);
  } catch (error) {
    const isFinal = isAppError(error) && error.kind === 'unauthenticated';
    throw isFinal ? new TunnelUnauthorized(error.message) : error;
  }
}

async function showChange(tunnel: TunnelWorker, { card, logger }: TunnelRoadOptions): Promise<void> {
  try {
    if (await card.refresh()) tunnel.sendCard(AgentCard.toJSON(card.current));
  } catch (error) {
    logger.warn('could not look at the machine again', { error: messageOf(error) });
  }
}
