import { AgentLoop, type AgentOutcome, type AgentRun } from '../attempt/agent-loop.port.js';

/** Loads the agent loop and the model's SDK with the first agent task: a worker of tool tasks stays small. */
export class LazyAgent extends AgentLoop {
  #loop: Promise<AgentLoop> | undefined;

  constructor(private readonly load: () => Promise<AgentLoop>) {
    super();
  }

  async run(run: AgentRun): Promise<AgentOutcome> {
    this.#loop ??= this.load();
    return (await this.#loop).run(run);
  }
}
