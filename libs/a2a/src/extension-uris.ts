/** Machine facts in an Agent Card's capabilities, see `machineFactsSchema`. */
export const MACHINE_EXTENSION_URI = 'https://coorchat.io/a2a/extensions/machine/v1';

/** Assignments, sequenced events, gap reading and acknowledgement between control plane and worker. */
export const TASK_EXTENSION_URI = 'https://coorchat.io/a2a/extensions/task/v1';

/** A2A 1.0 JSON-RPC over a WebSocket that the agent opened outward. */
export const TUNNEL_BINDING_URI = 'https://coorchat.io/a2a/bindings/websocket-tunnel/v1';
