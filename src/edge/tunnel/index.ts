export { TUNNEL_PATH } from './tunnel-gateway.service.js';
export { TunnelModule } from './tunnel.module.js';
